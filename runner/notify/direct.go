package notify

import (
	"context"
	"slices"
	"time"

	"rundown/plan"
	"rundown/runner/store"
)

// mostPending bounds what is remembered while the store cannot be written.
const mostPending = 1000

// direct sends what the observer finds and is critical (class.at-risk, class.late, health issues, node.lost) while the store cannot be
// written: the outbox cannot take it then, and a class at risk is to be told before its bell all the same. What was sent so is known
// by its id, and is not sent again once it is in the outbox. What happens to a class, as class.failed, is not sent so: it waits until
// its step can be stored.
//
// Of more than mostPending announcements the oldest are dropped. The marks are taken before they are stored, so none is found again.
type direct struct {
	pending news            // to be stored as soon as that works
	sent    map[string]bool // by target and id, until the outbox has it: false while it is tried; guarded by the notifier's lock
}

// announce stores what was found, with what could not be stored before.
func (n *Notifier) announce(ctx context.Context, found news) {
	n.observer.take(found.marks)
	p := &n.direct.pending
	p.marks = append(p.marks, found.marks...)
	p.announcements = append(p.announcements, found.announcements...)
	if excess := len(p.announcements) - mostPending; excess > 0 {
		p.announcements = p.announcements[excess:]
	}
	n.cfg.Failpoint("before announcing")
	err := n.cfg.Store.Announce(ctx, p.marks, p.announcements...)
	switch {
	case err == nil:
		*p = news{}
	case ctx.Err() == nil:
		n.complain("notifications cannot be stored; what is critical is sent at once, the rest when the store can be written", err)
		n.sendDirect(ctx, p.announcements)
	}
}

// sendDirect begins to send what is critical of announcements that are not stored. A risk that is over by a later one of them is not told
// any more.
func (n *Notifier) sendDirect(ctx context.Context, announcements []store.Announcement) {
	now := n.cfg.Now()
	over := map[string]int{} // the last announcement that a class is at risk no more
	for i, a := range announcements {
		if a.Kind == kindRecovered || a.Kind == kindWithdrawn {
			over[a.Subject] = i
		}
	}
	for i, a := range announcements {
		f, err := factOf(a)
		if err != nil || a.Kind == kindWithdrawn || routedAs(a.Kind, f) != plan.NotifyCritical || a.Kind == kindAtRisk && i < over[a.Subject] {
			continue
		}
		for _, m := range n.cfg.route(a, f, heardBefore(n.openTargets(a.Kind), a, f), now) {
			w := n.workers[m.Target]
			if w == nil || m.Due.After(now) || !n.beginDirect(&m) {
				continue
			}
			n.running.Go(func() { n.tryDirect(ctx, w, m) })
		}
	}
}

// heardBefore leaves out the targets that were not to hear yet of the risk of a class when it was over.
func heardBefore(targets []target, a store.Announcement, f Fact) []target {
	if a.Kind != kindRecovered || f.Was != kindAtRisk {
		return targets
	}
	return slices.DeleteFunc(targets, func(t target) bool { return t.due(store.Announcement{Kind: kindAtRisk}, f, a.At).After(a.At) })
}

// beginDirect says that nobody has begun to send a message.
func (n *Notifier) beginDirect(m *store.Message) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, begun := n.direct.sent[m.Target+m.ID]; begun || len(n.direct.sent) >= mostPending {
		return false
	}
	n.direct.sent[m.Target+m.ID] = false
	return true
}

// tryDirect tries to send a message a few times. The outbox has it once the store can be written.
func (n *Notifier) tryDirect(ctx context.Context, w *worker, m store.Message) {
	for tries := 1; tries <= 6; tries++ {
		t := w.now()
		a := n.send(ctx, w, &t, &m)
		n.report(&t, &m, a)
		if a.err == nil {
			n.endDirect(&m)
			return
		}
		timer := time.NewTimer(backoff(tries, m.ID))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// endDirect notes that a message was sent, where the outbox does not have it yet.
func (n *Notifier) endDirect(m *store.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, begun := n.direct.sent[m.Target+m.ID]; begun {
		n.direct.sent[m.Target+m.ID] = true
	}
}

// forgetDirect forgets messages that the outbox has now.
func (n *Notifier) forgetDirect(messages []store.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range messages {
		delete(n.direct.sent, messages[i].Target+messages[i].ID)
	}
}

// sentDirect says that a message was sent while the store could not be written.
func (n *Notifier) sentDirect(m *store.Message) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.direct.sent[m.Target+m.ID]
}
