package runner

import (
	"fmt"
	"slices"

	"rundown/runner/session"
	"rundown/runner/store"
)

// takeover finds the task whose running session a new occurrence takes over: one of the same recording that the plan
// no longer holds, that overlaps it, and that has a session which records or is on its way to. nil for none.
func (c *conductor) takeover(w want, left []*task) *task {
	for _, t := range left {
		s := &t.state
		if s.Plan == w.target.Plan && s.Recording == w.target.Recording && t.carries() &&
			w.target.From.Before(s.Until) && s.From.Before(w.target.Until) && w.target.Until.After(c.e.cfg.Now()) {
			return t
		}
	}
	return nil
}

// left lists the tasks that a new occurrence might take over: begun, and held by no plan any more.
func (c *conductor) left() []*task {
	var left []*task
	for _, t := range c.tasks {
		if t.absent && !t.now {
			left = append(left, t)
		}
	}
	return left
}

// carries says that the occurrence is being recorded and nobody has cancelled it.
func (t *task) carries() bool {
	return t.state.Cancel == nil && slices.ContainsFunc(t.state.Sessions, func(x session.Session) bool { return x.State.Carries() && !x.Leaving && !t.state.Left(&x) })
}

// hand gives the place of a task, with its sessions, to a new occurrence, in one stored step.
func (c *conductor) hand(t *task, w want) {
	if c.tasks[t.state.ID] != t { // it turned out to be another's meanwhile
		c.welcome(w)
		return
	}
	if t.busy {
		t.idle = append(t.idle, func() { c.hand(t, w) })
		return
	}
	if !t.carries() || t.state.Phase == session.Over { // it ended meanwhile
		c.welcome(w)
		return
	}
	old, was := t.state.ID, *t
	c.shelve(t)
	delete(c.tasks, old)
	c.tasks[w.target.ID] = t
	t.slot, t.occ, t.from, t.absent, t.left = w.slot, w.occ, w.target.From, false, false
	next := t.state.Clone()
	for _, change := range t.changes {
		change(&next)
	}
	t.changes = nil
	next.Target, next.DownSince = w.target.Lasting(next.Extended), c.downSince(w.target)
	c.e.standing(w.target.ID).lay(&next)
	step, err := t.encode(next, []store.Event{
		{At: c.e.cfg.Now(), Kind: "plan", Who: c.e.cfg.Who, Text: "takes over the running session of " + old},
		{Occurrence: old, At: c.e.cfg.Now(), Kind: "plan", Who: c.e.cfg.Who, Text: "the plan no longer holds it; its running session is taken over by " + next.ID},
	})
	if err != nil {
		c.log.Error("a step cannot be stored", "occurrence", next.ID, "error", err)
		return
	}
	step.Replaces = old
	t.state.ID = next.ID // it is known by this from now on, also where it has to be let go
	c.log.Info(fmt.Sprintf("%s takes over the running session of %s", next.ID, old))
	c.e.disown(old, c)
	c.e.own(next.ID, c)
	t.busy = true
	c.insist(t, step, func() { c.stored(t, next, nil); c.step(t, session.Observation{}) }, func(err error) {
		delete(c.tasks, next.ID)
		c.e.disown(next.ID, c)
		t.slot, t.occ, t.from, t.absent, t.state.ID = was.slot, was.occ, was.from, was.absent, old
		t.changes = slices.Concat(was.changes, t.changes)
		c.tasks[old] = t
		c.e.own(old, c)
		begin := c.hand
		t.idle = append(t.idle, func() { begin(t, w) }) // also where the task has to be let go
		c.reread(t, err, func(moved bool) {
			if !moved { // the new one is stored already
				begin = func(_ *task, w want) { c.welcome(w) }
			}
			idle := t.idle
			t.idle = nil
			for _, f := range idle {
				f()
			}
			c.step(t, session.Observation{})
		})
	})
}

// welcome takes a new occurrence in and sees to it.
func (c *conductor) welcome(w want) {
	t := c.enter(w)
	c.place()
	c.step(t, session.Observation{})
}

// enter takes a new occurrence in.
func (c *conductor) enter(w want) *task {
	t := &task{slot: w.slot, occ: w.occ, state: session.State{Target: w.target, Phase: session.Planned, DownSince: c.downSince(w.target)}}
	if orders := c.e.standing(w.id); !orders.none() {
		orders.lay(&t.state)
		t.told = append(t.told, store.Event{Occurrence: w.id, At: c.e.cfg.Now(), Kind: "decision", Text: "orders given before hold: " + orders.describe(&w.target)})
	}
	c.add(t)
	c.e.own(w.id, c)
	return t
}
