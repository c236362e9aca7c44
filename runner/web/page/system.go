package page

import "net/http"

// systemPage is how the daemon, its machine and its notifications are.
type systemPage struct {
	System
	Since, Beat    When
	SinceAgo, Seen string
	Nodes          []nodeView
	Outbox         []messageView
	Pending        int
}

type nodeView struct {
	Node
	Seen string
	Old  bool
}

type messageView struct {
	Message
	When, Again When
	Key         string
}

// messageKeys are the looks of the states of messages.
var messageKeys = map[MessageState]string{messageSent: "recorded", messagePending: "planned", messageFailed: "failed", messageDropped: "cancelled"}

func (s *site) system(_ *http.Request, sh *shell) (any, error) {
	sys, scribe := sh.System, sh.scribe
	sh.Page, sh.Title, sh.Live = "system", "System", true
	p := &systemPage{
		System: sys, Since: scribe.moment(sys.Started, scribe.day), Beat: scribe.moment(sys.LastSeen, scribe.day),
		SinceAgo: scribe.ago(sys.Started), Seen: scribe.ago(sys.LastSeen),
	}
	for _, n := range sys.Nodes {
		p.Nodes = append(p.Nodes, nodeView{n, scribe.ago(n.LastSeen), scribe.now.Sub(n.LastSeen) > nodeQuiet})
	}
	for _, m := range sys.Outbox {
		v := messageView{Message: m, When: scribe.moment(m.At, scribe.day), Again: scribe.clock(m.Next, scribe.day), Key: messageKeys[m.State]}
		if m.State == messagePending {
			p.Pending++
		}
		p.Outbox = append(p.Outbox, v)
	}
	return p, nil
}
