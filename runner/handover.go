package runner

import (
	"slices"

	"rundown/runner/session"
)

// A plan may give a class to another App ID after it was begun. The owner of the App ID that it leaves stops its
// sessions, since only that one may; then the owner of the other takes it.

// ownerElsewhere is the other conductor that holds an occurrence; nil for none.
func (c *conductor) ownerElsewhere(id string) *conductor {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	if owner := c.e.known[id]; owner != c {
		return owner
	}
	return nil
}

// yield gives an occurrence that was begun here to another conductor, whose App ID the plan names now, once its sessions
// are stopped. One that is over stays here unless it is to be recorded again.
func (c *conductor) yield(w want, to *conductor) {
	now := c.e.cfg.Now()
	if c.filed[w.id] != nil && !c.ahead(w) {
		return
	}
	c.fetch(w.id, func(t *task) {
		switch {
		case t == nil: // it was handed over already, and may be wanted otherwise by now
			to.post(func() {
				if t := to.task(w.id); t != nil && to.revise(t, w, now) {
					to.place()
					to.step(t, session.Observation{})
				}
			})
			return
		case w.occ.Cancelled():
			if c.revise(t, w.slot.want(c.app), now) {
				c.step(t, session.Observation{})
			}
			return
		}
		t.slot, t.occ, t.from, t.absent, t.to = w.slot, w.occ, w.target.From, false, to
		t.changes = append(t.changes, func(s *session.State) {
			if s.Planned(w.target, now) {
				s.Leave(w.target, now)
			}
		})
		c.step(t, session.Observation{})
	})
}

// passOn hands a task over that another conductor waits for, as soon as nothing is to be done about it here.
func (c *conductor) passOn(t *task) bool {
	to := t.to
	if to == nil || t.state.MovedTo != to.app || t.occ == nil || !t.state.Settled() || t.owed != nil || len(t.idle)+len(t.lost) > 0 {
		return false
	}
	c.shelve(t)
	delete(c.tasks, t.state.ID)
	to.post(func() { to.takeOver(t) })
	c.e.own(t.state.ID, to) // at once, so that what is ordered from now on comes after that
	return true
}

// deliver gives f the task of an occurrence, with the conductor that has it: the one that it was handed to meanwhile,
// where it was. t is nil for an occurrence that is not at work.
func (c *conductor) deliver(id string, f func(owner *conductor, t *task)) {
	c.fetch(id, func(t *task) {
		if t == nil {
			if owner := c.ownerElsewhere(id); owner != nil {
				owner.post(func() { owner.deliver(id, f) })
				return
			}
		}
		f(c, t)
	})
}

// takeOver takes in a task of another App ID.
func (c *conductor) takeOver(old *task) {
	t := &task{slot: old.slot, occ: old.occ, state: old.state, saved: slices.Clone(old.saved), version: old.version}
	c.add(t)
	c.revise(t, old.slot.want(c.app), c.e.cfg.Now())
	c.place()
	c.step(t, session.Observation{})
}
