package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rundown/runner/view"
	"rundown/runner/web/access"
)

const (
	tickEvery   = 15 * time.Second // so that proxies keep the connection, and a client notices that it is gone
	writeWithin = 5 * time.Second  // of one message
	maxStreams  = 256
	comeBack    = 2 * time.Second // when a client whose stream ends tries again
)

// message is one of a stream of server-sent events.
type message struct {
	id    int64 // 0: none, so that the client keeps the one before
	event string
	data  any    // which JSON can hold; nil: it is sent to nobody
	text  []byte // as it is sent, once it is encoded: it is encoded once for all who follow
}

// subscription is what a client follows.
type subscription struct {
	follower *follower
	last     string // the client's Last-Event-ID
	wants    func(message) bool
}

// Tick tells that the stream is alive.
type Tick struct {
	At *string `json:"at" doc:"The clock of the daemon"`
}

// Missed tells that the client missed more than it hears of, so that it must read anew what it shows.
type Missed struct {
	After int64 `json:"after" doc:"The Last-Event-ID that the client came back with"`
}

// StreamInput is where a stream begins.
type StreamInput struct {
	LastEventID string `header:"Last-Event-ID" pattern:"^[0-9]{0,18}$" doc:"Begin after this message. Default: the newest"`
}

// said is a message of a stream, for the document.
type said struct{ event, description string }

// registerStream adds a route that sends messages. told are those that carry data like the example.
func registerStream[I any](a *API, op huma.Operation, example any, told []said, subscribe func(in *I) (*subscription, error)) {
	kinds := []*huma.Schema{}
	add := func(kind said, data any) {
		kinds = append(kinds, &huma.Schema{
			Title: kind.event, Description: kind.description, Type: huma.TypeObject, Required: []string{"event", "data"},
			Properties: map[string]*huma.Schema{
				"id":    {Type: huma.TypeString, Description: "What Last-Event-ID takes"},
				"event": {Type: huma.TypeString, Enum: []any{kind.event}},
				"data":  a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(data), true, kind.event),
			},
		})
	}
	for _, kind := range told {
		add(kind, example)
	}
	add(said{"missed", "The client missed more than it hears of"}, Missed{})
	add(said{"tick", "The stream is alive; every 15 seconds"}, Tick{})
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Messages, as the WHATWG HTML standard describes server-sent events. Each item is one of them.",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: kinds}}}},
	}}
	op.Middlewares = huma.Middlewares{a.allowStream}
	a.streams[op.Path] = true
	huma.Register(a.huma, op, func(_ context.Context, in *I) (*huma.StreamResponse, error) {
		sub, err := subscribe(in)
		if err != nil {
			return nil, a.problem(err)
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			_, w := humago.Unwrap(ctx)
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("X-Accel-Buffering", "no") // nginx would hold messages back
			s := &stream{a: a, w: w, connection: http.NewResponseController(w)}
			s.follow(ctx.Context(), sub)
			_ = s.connection.SetWriteDeadline(time.Now().Add(writeWithin)) // of what ends the answer
		}}, nil
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
	if a.open.Add(1) > maxStreams {
		a.open.Add(-1)
		refuse(access.NewProblem(http.StatusServiceUnavailable, "too many streams of events are open"))
		return
	}
	defer a.open.Add(-1)
	next(ctx)
}

// stream is an answer that goes on. It may be quiet for longer than a write may take. Over HTTP/2 a deadline resets a
// stream when it passes, also while nothing is written, so each ends with the message that it is for.
type stream struct {
	a          *API
	w          http.ResponseWriter
	connection *http.ResponseController
}

// send writes messages, all of them or an error.
func (s *stream) send(messages ...message) error {
	var b bytes.Buffer
	for _, m := range messages {
		if m.text == nil {
			if err := m.encode(); err != nil {
				return err
			}
		}
		b.Write(m.text)
	}
	return s.write(b.Bytes())
}

// write sends a text at once. The deadline is taken back behind it, since a stream may be quiet for longer.
func (s *stream) write(text []byte) error {
	if err := s.connection.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	if err := s.connection.Flush(); err != nil {
		return err
	}
	return s.connection.SetWriteDeadline(time.Time{})
}

// encode makes the text of the message. JSON has no line breaks.
func (m *message) encode() error {
	data, err := json.Marshal(m.data)
	if err != nil {
		return err
	}
	if m.id > 0 {
		m.text = fmt.Appendf(m.text, "id: %d\n", m.id)
	}
	m.text = fmt.Appendf(m.text, "event: %s\ndata: %s\n\n", m.event, data)
	return nil
}

// follow sends what a follower hands on, as far as the client wants it, until the client has gone or the API is closed. A
// client that is too slow is let go: it comes back with its last message.
func (s *stream) follow(ctx context.Context, sub *subscription) {
	wants := func(m message) bool { return m.data != nil && sub.wants(m) }
	after, err := strconv.ParseInt(sub.last, 10, 64)
	if err != nil {
		after = -1
	}
	feed, begin, missed, err := sub.follower.follow(ctx, after)
	if err != nil {
		s.a.Log.Error("cannot read events", "error", err)
		return
	}
	defer sub.follower.leave(feed)
	now := s.a.Now()
	first := []message{{event: "tick", data: Tick{view.SessionTime(now)}}}
	if missed {
		first = append(first, message{event: "missed", data: Missed{after}})
	}
	for _, m := range begin {
		if wants(m) {
			first = append(first, m)
		}
	}
	if s.write(fmt.Appendf(nil, "retry: %d\n", comeBack.Milliseconds())) != nil || s.send(first...) != nil {
		return
	}
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		var some []message
		select {
		case <-ctx.Done():
			return
		case next, open := <-feed:
			if !open {
				return
			}
			if some = waiting(next, feed, wants); len(some) == 0 {
				continue
			}
		case <-tick.C:
			now := s.a.Now()
			some = []message{{event: "tick", data: Tick{view.SessionTime(now)}}}
		}
		if s.send(some...) != nil {
			return
		}
	}
}

// waiting is a message of a feed with those that came with it, as far as they are wanted, so that they are sent in one write.
func waiting(first message, feed chan message, wants func(message) bool) (some []message) {
	for m, more := first, true; more; {
		if wants(m) {
			some = append(some, m)
		}
		select {
		case m, more = <-feed: // the end of the feed is seen by the next who reads it
		default:
			more = false
		}
	}
	return some
}
