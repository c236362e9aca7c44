package api

import (
	"context"
	"net/http"

	"rundown/runner/view"
)

// Change tells of an entry of the log: something about the class, or about the daemon, is not as it was.
type Change struct {
	Seq        int64   `json:"seq" doc:"Rising; the id of the message"`
	At         *string `json:"at"`
	Occurrence *string `json:"occurrence" doc:"Identity of the class; null: about the daemon or a plan"`
	Kind       string  `json:"kind" doc:"of a class: intent, answer, decision, state, webhook, command, plan; of the daemon: plan, closure, addresses, …"`
	Who        *string `json:"who" doc:"null: the daemon"`
	Text       string  `json:"text"`
}

// registerChanges adds the stream of the log, by which an open page follows the day.
func (a *API) registerChanges() {
	op := route(http.MethodGet, "/api/v1/changes", "streamChanges", "The log as server-sent events",
		"Tells of each entry of the log within two seconds: each state of each class, each request and answer. It is for a client that shows the present; "+
			"one that wants to hear of what matters follows /api/v1/events. A client that comes back with Last-Event-ID hears of what it missed, up to "+
			"1000 entries; one that missed more gets the message missed.", "Status")
	registerStream(a, op, Change{}, []said{{"change", "An entry of the log"}}, func(in *StreamInput) (*subscription, error) {
		return &subscription{a.changes, in.LastEventID, func(message) bool { return true }}, nil
	})
}

// logged gives the messages of entries of the log after one.
func (a *API) logged(ctx context.Context, seq int64, limit int) (messages []message, err error) {
	entries, err := a.Store.FollowEvents(ctx, seq, limit)
	for _, e := range entries {
		messages = append(messages, message{id: e.Seq, event: "change", data: Change{
			e.Seq, view.SessionTime(e.At), view.OrNull(e.Occurrence), e.Kind, view.OrNull(e.Who), view.Line(e.Text),
		}})
	}
	return messages, err
}
