package runner

import (
	"errors"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// storeEvery is how often a store that cannot be written is tried again.
const storeEvery = time.Second

// owed is what has come of an occurrence since its steps cannot be stored: they are stored as one, as soon as that
// works again. Meanwhile the state goes ahead of the store in memory, so that what is due is seen.
type owed struct {
	before session.State // as stored
	events []store.Event
	calls  []session.Action // to be made once their intent is stored
}

// asStored is the state that the store holds.
func (t *task) asStored() session.State {
	if t.owed != nil {
		return t.owed.before
	}
	return t.state
}

// persist stores the state that a step leads to, with all that is owed, and then makes the calls. point names it to
// the failpoints; stale is called where the rows are others than those that the step counts on.
//
// Where that fails nothing is sent, since a crash would leave an effect that nobody knows of, but for two things. A
// query has no effect. And a stop does no harm when it is repeated, all that it needs was stored before, and what
// lives is billed.
func (c *conductor) persist(t *task, next session.State, events []store.Event, calls []session.Action, point string, stale func(error)) {
	o := owed{before: t.asStored(), events: events, calls: calls}
	if t.owed != nil {
		o.events = append(t.owed.events, events...)
		o.calls = append(t.owed.calls, calls...)
	}
	step, err := t.encode(next, o.events)
	if err != nil {
		c.log.Error("a step cannot be stored", "occurrence", t.state.ID, "error", err)
		return
	}
	c.write(t, next, o, step, point, stale)
}

// write writes a step and goes on as [conductor.persist] tells.
func (c *conductor) write(t *task, next session.State, o owed, step store.Step, point string, stale func(error)) {
	c.e.cfg.Failpoint("before writing " + point)
	t.busy = true
	c.store(t, step, func() {
		calls := o.calls
		o.calls = nil
		for _, act := range calls {
			switch {
			case act.Op == agora.OpStop:
				c.log.Warn("a stop is sent although the store cannot be written", "occurrence", next.ID)
				c.call(t, next, act)
			case act.Op == agora.OpQuery && !c.draining:
				c.call(t, next, act)
			default:
				o.calls = append(o.calls, act)
			}
		}
		t.state, t.owed = next, &o
		c.later(func() {
			t.busy, t.cut = false, false
			c.step(t, session.Observation{})
		})
	}, func() {
		c.e.cfg.Failpoint("after writing " + point)
		c.stored(t, next, o.calls)
	}, func(err error) {
		t.owed = nil
		stale(err)
	})
}

// lapse gives up those of the calls that are owed for which it has become too late.
func (c *conductor) lapse(t *task, now time.Time) {
	if t.owed == nil {
		return
	}
	s := &t.state
	over := s.Cancel != nil || !now.Before(s.Until)
	var held []session.Action
	for _, act := range t.owed.calls {
		x := s.Session(act.Attempt)
		switch {
		case act.Op == agora.OpAcquire && over, act.Op == agora.OpStart && (over || now.Sub(x.AcquiredAt) > catalog.ResourceLife()):
			t.waiting = append(t.waiting, session.Observation{Attempt: act.Attempt, Op: act.Op, Answer: session.Answer{
				Class: agora.Retry, Why: reason.IssueStoreFailed, Reason: "it was not sent, since the store could not be written",
			}})
		default:
			held = append(held, act)
		}
	}
	t.owed.calls = held
}

// insist writes a step as it is until it is stored.
func (c *conductor) insist(t *task, step store.Step, then func(), stale func(error)) {
	c.store(t, step, func() {
		c.later(func() { c.insist(t, step, then, stale) })
	}, then, stale)
}

// later has the loop run f when a store that could not be written is to be tried again. It is awaited.
func (c *conductor) later(f func()) {
	c.out++
	time.AfterFunc(storeEvery, func() {
		c.post(func() {
			c.out--
			f()
		})
	})
}

// unwritten tells that the store cannot be written.
func (e *Engine) unwritten(err error) {
	if errors.Is(err, store.ErrReplaced) {
		e.storeReplaced(err)
		return
	}
	e.raise("", Issue{
		ID: reason.IssueStoreFailed, Severity: SeverityCritical, Blocking: true,
		Text: "the store cannot be written: " + oneLine(err),
	})
	e.complain("the store cannot be written: recordings go on and are stopped at their end, but nothing is begun; it is tried again each second", err, "reason_code", reason.IssueStoreFailed)
}

// written tells that a store can be written again.
func (e *Engine) written() {
	e.mu.Lock()
	told := e.storeFails()
	if told {
		clear(e.complaints)
		delete(e.issues, issueKey{reason.IssueStoreFailed, ""})
		delete(e.issues, issueKey{reason.IssueStoreReplaced, ""})
	}
	e.mu.Unlock()
	if told {
		e.log.Info("the store can be written again")
	}
}

// complain logs what fails again and again, each minute.
func (e *Engine) complain(of string, err error, attrs ...any) {
	e.mu.Lock()
	now, last := time.Now(), e.complaints[of]
	tell := last.IsZero() || now.Sub(last) >= time.Minute
	if tell {
		e.complaints[of] = now
	}
	e.mu.Unlock()
	if tell {
		e.log.Error(of, append(attrs, "error", err)...)
	}
}
