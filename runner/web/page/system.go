package page

import (
	"net/http"
	"strings"

	"rundown/runner/store"
	"rundown/runner/view"
)

// systemPage is how the daemon, its machine and its notifications are.
type systemPage struct {
	System
	Since, Beat    When
	SinceAgo, Seen string
	Nodes          []nodeView
	Outbox         []messageView
	Pending        int
}

// nodeView is a process that works on the store.
type nodeView struct {
	view.Node
	Since, Beat When
	Seen        string
	Key, State  string
	Apps        string
}

// nodeOf is a node for the list. Where its heartbeats stay away nobody knows more: it may run and not reach the store.
func (s scribe) nodeOf(n view.Node) nodeView {
	v := nodeView{
		Node: n, Since: s.moment(n.Began, s.day), Beat: s.moment(n.Beat, s.day), Seen: s.ago(n.Beat), Key: "recorded", State: "alive",
		Apps: strings.Join(n.Apps, ", "),
	}
	if !n.Alive {
		v.Key, v.State = "failed", "no heartbeat"
	}
	return v
}

// messageView is a notification of the list.
type messageView struct {
	store.Message
	When, Again When
	Key         string // the look of its state
	Link        string // of the class that it is about
}

// messageKeys are the looks of the states of messages.
var messageKeys = map[store.MessageState]string{store.MessageSent: "recorded", store.MessageWaiting: "planned", store.MessageDropped: "cancelled"}

// messageOf is a notification for the list. One that was tried in vain looks late.
func (s scribe) messageOf(m store.Message) messageView {
	v := messageView{Message: m, When: s.moment(m.At, s.day), Key: messageKeys[m.State]}
	if m.State == store.MessageWaiting {
		v.Again = s.clock(m.Due, s.day)
		if m.Tries > 0 {
			v.Key = "late"
		}
	}
	if _, err := view.ParseID(m.Subject); err == nil && strings.Count(m.Subject, "/") == 2 {
		v.Link = LinkOf(m.Subject)
	}
	return v
}

// system builds the page of the daemon. Its health issues are those of the shell, which every page has.
func (s *site) system(r *http.Request, sh *shell) (any, error) {
	sys, scribe := sh.System, sh.scribe
	sh.Page, sh.Title, sh.Live = "system", "System", true
	p := &systemPage{
		System: sys, Since: scribe.moment(sys.Started, scribe.day), Beat: scribe.moment(sys.LastSeen, scribe.day),
		SinceAgo: scribe.ago(sys.Started), Seen: scribe.ago(sys.LastSeen),
	}
	nodes, err := view.ReadNodes(r.Context(), s.source.Store, scribe.now)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		p.Nodes = append(p.Nodes, scribe.nodeOf(n))
	}
	messages, waiting, err := s.source.messages(r.Context())
	if err != nil {
		return nil, err
	}
	p.Pending = waiting
	for _, m := range messages {
		p.Outbox = append(p.Outbox, scribe.messageOf(m))
	}
	return p, nil
}
