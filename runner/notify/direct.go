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
// written: the outbox cannot take it then, and a class at risk is to be told before its bell all the same. One of the two sends a message,
// never both: the outbox takes none that is out, and what it has taken is not tried here any more. What was sent so is known by its id. What
// happens to a class, as class.failed, is not sent so: it waits until its step can be stored.
//
// Of more than mostPending announcements the oldest are dropped. The marks are taken before they are stored, so none is found again.
type direct struct {
	pending  news                // to be stored as soon as that works
	attempts map[string]*attempt // by target and id, until the outbox has the message; guarded by the notifier's lock
}

// attempt is how far the sending of a message is that the outbox does not have.
type attempt struct {
	state attemptState
	tries int // that failed
}

type attemptState int

const (
	attemptOut    attemptState = iota // the target is being asked
	attemptWaits                      // it is tried again after a while
	attemptPosted                     // it is left to the outbox
	attemptTaken                      // by the target
)

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
// any more, and its end only where the target has taken the risk, or was never asked to.
func (n *Notifier) sendDirect(ctx context.Context, announcements []store.Announcement) {
	now := n.cfg.Now()
	over := map[string]int{} // the last announcement that a class is at risk no more
	for i, a := range announcements {
		if a.Kind == kindRecovered || a.Kind == kindWithdrawn {
			over[a.Subject] = i
		}
	}
	open := map[string]bool{} // by target and class: its risk was tried to be told, and is not known to have been taken
	for i, a := range announcements {
		f, err := factOf(a)
		if err != nil || a.Kind == kindWithdrawn || routedAs(a.Kind, f) != plan.NotifyCritical {
			continue
		}
		for _, m := range n.cfg.route(a, f, heardBefore(n.openTargets(a.Kind), a, f), now) {
			w, about := n.workers[m.Target], m.Target+" "+a.Subject
			if a.Kind == kindAtRisk && i < over[a.Subject] {
				open[about] = open[about] || n.giveUp(&m)
				continue
			}
			if a.Kind == kindRecovered && f.Was == kindAtRisk && open[about] { // the outbox tells of both, in their order
				continue
			}
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
	if n.direct.attempts[m.Target+m.ID] != nil || len(n.direct.attempts) >= mostPending {
		return false
	}
	n.direct.attempts[m.Target+m.ID] = &attempt{}
	return true
}

// giveUp leaves a message to the outbox, since what it tells of is over. It says whether the message was tried here and its target is not
// known to have taken it.
func (n *Notifier) giveUp(m *store.Message) (open bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.direct.attempts[m.Target+m.ID]
	if a != nil && a.state == attemptWaits {
		a.state = attemptPosted
	}
	return a != nil && a.state != attemptTaken
}

// tryDirect tries to send a message a few times, until the outbox has it.
func (n *Notifier) tryDirect(ctx context.Context, w *worker, m store.Message) {
	for tries := 1; tries <= 6; tries++ {
		try, over := n.nextTry(&m)
		if over {
			return
		}
		if try {
			t := w.now()
			answered, end := outlive(ctx, answerWithin)
			a := n.send(answered, w, &t, &m)
			end()
			n.report(&t, &m, a)
			if n.endTry(&m, a.err == nil); a.err == nil {
				return
			}
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

// nextTry says whether a message may be tried now, and whether it is over, since the outbox has it.
func (n *Notifier) nextTry(m *store.Message) (try, over bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.direct.attempts[m.Target+m.ID]
	if a == nil || a.state == attemptPosted {
		return false, a == nil
	}
	a.state = attemptOut
	return true, false
}

// endTry notes how a try has ended. The outbox has not taken the message meanwhile.
func (n *Notifier) endTry(m *store.Message, taken bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.direct.attempts[m.Target+m.ID]
	if taken {
		a.state = attemptTaken
		return
	}
	a.state = attemptWaits
	a.tries++
}

// handOver prepares messages for the outbox: from then on none is tried here, also where the store then answers by an error, since it may
// have them all the same. It is false where one is out, which has ended when the next announcements are routed, or the time after.
func (n *Notifier) handOver(messages []store.Message, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range messages {
		if a := n.direct.attempts[messages[i].Target+messages[i].ID]; a != nil && a.state == attemptOut {
			return false
		}
	}
	for i := range messages {
		m := &messages[i]
		switch a := n.direct.attempts[m.Target+m.ID]; {
		case a == nil:
		case a.state == attemptTaken:
			m.State, m.Settled, m.Result = store.MessageSent, now, "sent while the store could not be written"
		default:
			a.state, m.Tries = attemptPosted, a.tries
		}
	}
	return true
}

// forgetDirect forgets messages that the outbox has now.
func (n *Notifier) forgetDirect(messages []store.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range messages {
		delete(n.direct.attempts, messages[i].Target+messages[i].ID)
	}
}
