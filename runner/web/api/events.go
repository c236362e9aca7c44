package api

import (
	"context"
	"net/http"
	"slices"

	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/web/access"
)

type eventsInput struct {
	StreamInput
	Event []string `query:"event,explode" doc:"Only events with these ids, or that a glob fits; may be repeated. Default: all" example:"[\"class.*\"]" maxItems:"32"`
	Plan  string   `query:"plan" doc:"Only events of this plan" maxLength:"40"`
}

// check refuses globs that fit no event: a stream that stays quiet would not show the mistake.
func (in *eventsInput) check() error {
	for _, glob := range in.Event {
		if !slices.ContainsFunc(notify.PublicEvents(), func(e plan.EventInfo) bool { return plan.MatchEvent(glob, e.ID) }) {
			return access.Invalid("there is no such event",
				access.ProblemDetail{Message: "must be the id of an event or a glob, such as class.failed or class.*", Location: "query.event"})
		}
	}
	return nil
}

// told is an event with what it is chosen by.
type told struct {
	notify.CloudEvent
	plan string
}

// wants says that the client asked for an event of this kind and plan.
func (in *eventsInput) wants(m message) bool {
	e, _ := m.data.(told)
	if in.Plan != "" && e.plan != in.Plan {
		return false
	}
	return len(in.Event) == 0 || slices.ContainsFunc(in.Event, func(glob string) bool { return plan.MatchEvent(glob, m.event) })
}

// registerEvents adds the stream of what notifications tell. It tells those that no target hears of, too.
func (a *API) registerEvents() {
	var all []said
	for _, e := range notify.PublicEvents() {
		all = append(all, said{e.ID, e.Meaning})
	}
	op := route(http.MethodGet, "/api/v1/events", "streamEvents", "Events as server-sent events",
		"Tells of each event within two seconds, in the words of a notification: the name of the message is the id of the event, its data the CloudEvent "+
			"that a webhook gets. A client that comes back with Last-Event-ID hears of what it missed, up to 1000 events; one that missed more gets "+
			"the message missed.", "Status")
	registerStream(a, op, notify.CloudEvent{}, all, func(in *eventsInput) (*subscription, error) {
		return &subscription{a.events, in.LastEventID, in.wants}, in.check()
	})
}

// announced gives the messages of announcements after one.
func (a *API) announced(ctx context.Context, seq int64, limit int) (messages []message, err error) {
	announcements, err := a.Store.Announcements(ctx, seq, limit)
	if err != nil {
		return nil, err
	}
	n := notify.Narrator{Store: a.Store, Plans: a.Plans, Redact: a.Redact, Link: a.Link}
	for _, one := range announcements {
		m := message{id: one.Seq}
		if notify.Public(one.Kind) {
			e, err := n.Event(ctx, one)
			if err != nil {
				return nil, err
			}
			m.event, m.data = one.Kind, told{e, one.Plan}
		}
		messages = append(messages, m)
	}
	return messages, nil
}
