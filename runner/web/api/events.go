package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"

	"rundown/runner/view"
	"rundown/runner/web/access"
)

const (
	eventsPath = "/api/v1/events"
	tickEvery  = 15 * time.Second // so that proxies keep the connection, and a client notices that it is gone
	maxStreams = 256
)

// Change tells of an entry of the event log: something about the class, or about the daemon, is not as it was.
type Change struct {
	Seq        int64   `json:"seq" doc:"Rising; the id of the event"`
	At         *string `json:"at"`
	Occurrence *string `json:"occurrence" doc:"Identity of the class; null: about the daemon or a plan"`
	Kind       string  `json:"kind" doc:"planned, intent, answer, state, outcome, command, plan, …"`
	Who        *string `json:"who" doc:"null: the daemon"`
	Text       string  `json:"text"`
}

// Tick tells that the stream is alive.
type Tick struct {
	At *string `json:"at" doc:"The clock of the daemon"`
}

type eventsInput struct {
	LastEventID string `header:"Last-Event-ID" pattern:"^[0-9]{0,18}$" doc:"Begin after this event. Default: the newest"`
}

func (a *API) registerEvents() {
	op := route(http.MethodGet, eventsPath, "streamEvents", "Changes as server-sent events",
		"Tells of each change as it happens. A client that comes back with Last-Event-ID hears of what it missed, up to 1000 changes; "+
			"one that missed more begins with the newest, so it should read anew what it shows.", "Status")
	op.Middlewares = huma.Middlewares{a.allowStream}
	sse.Register(a.huma, op, map[string]any{"change": Change{}, "tick": Tick{}}, func(ctx context.Context, in *eventsInput, send sse.Sender) {
		after, err := strconv.ParseInt(in.LastEventID, 10, 64)
		if err != nil {
			after = -1
		}
		a.stream(ctx, after, send)
	})
}

// allowStream refuses a stream before it begins: afterwards there is no status to say it with.
func (a *API) allowStream(ctx huma.Context, next func(huma.Context)) {
	refuse := func(p *access.Problem) {
		_, w := humago.Unwrap(ctx)
		p.Write(w)
	}
	if err := lookAt(ctx.Context()); err != nil {
		refuse(access.NewProblem(http.StatusForbidden, err.Error()))
		return
	}
	release, ok := a.changes.reserve()
	if !ok {
		refuse(access.NewProblem(http.StatusServiceUnavailable, "too many streams of events are open"))
		return
	}
	defer release()
	next(ctx)
}

// stream sends changes until the client has gone or the API is closed. A client that is too slow is let go: it comes back
// with its last event.
func (a *API) stream(ctx context.Context, after int64, send sse.Sender) {
	feed, begin, err := a.changes.follow(ctx, after)
	if err != nil {
		a.Log.Error("events cannot be read", "error", err)
		return
	}
	defer a.changes.leave(feed)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	now := a.Now()
	if send(sse.Message{Data: Tick{view.SessionTime(&now)}, Retry: 2000}) != nil {
		return
	}
	for _, c := range begin {
		if send(sse.Message{ID: int(c.Seq), Data: c}) != nil {
			return
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case c, open := <-feed:
			if !open || send(sse.Message{ID: int(c.Seq), Data: c}) != nil {
				return
			}
		case <-tick.C:
			now := a.Now()
			if send.Data(Tick{view.SessionTime(&now)}) != nil {
				return
			}
		}
	}
}

// streamed is the answer of a stream of events, which may be quiet for longer than a write may take. Over HTTP/2 a deadline
// resets a stream when it passes, also while nothing is written, so each ends with the message that it is for.
type streamed struct{ http.ResponseWriter }

// Flush sends a message.
func (s streamed) Flush() {
	c := http.NewResponseController(s.ResponseWriter)
	_ = c.Flush() // the next write has the error
	_ = c.SetWriteDeadline(time.Time{})
}

// Unwrap gives the connection's deadlines to who sets them.
func (s streamed) Unwrap() http.ResponseWriter { return s.ResponseWriter }
