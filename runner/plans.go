package runner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora"
	"rundown/plan/schedule"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// retire removes the planned occurrences of a plan that start before until and that it no longer wants of this app;
// one that has begun is marked absent and goes on. One that has begun and that the plan holds all the same, for another
// App ID or beyond until, is left to that, as held tells. The channel closes when that is stored; the count may be read
// then.
func (c *conductor) retire(name string, wanted []slot, held func(id string) (slot, *conductor), until time.Time) (removed *int, done <-chan struct{}) {
	removed = new(int)
	finished := make(chan struct{})
	c.post(func() {
		keep := make(map[string]bool, len(wanted))
		for _, w := range wanted {
			keep[w.id] = true
		}
		for id, f := range c.filed {
			f.absent = f.absent || strings.HasPrefix(id, name+"/") && !keep[id]
		}
		open := 1
		settle := func() {
			if open--; open == 0 {
				close(finished)
			}
		}
		var touched []*task
		*removed += c.dismiss(func(r *resting) bool { return r.plan() == name && !keep[r.id] && !r.brief.Start().After(until) })
		for id, t := range c.tasks {
			if t.state.Plan != name || t.now || keep[id] || t.state.Start.After(until) && !t.begun() {
				continue
			}
			if t.state.Phase == session.Over {
				t.absent = true
				continue
			}
			if t.begun() && held != nil {
				if s, owner := held(id); owner == c {
					c.revise(t, s.want(c.app), c.e.cfg.Now())
					touched = append(touched, t)
					continue
				} else if owner != nil {
					c.yield(s.want(owner.app), owner)
					continue
				}
			}
			open++
			remove := func() {
				if t.begun() {
					t.absent = true
					t.changes = append(t.changes, func(s *session.State) { s.Absent = true })
					settle()
					c.step(t, session.Observation{})
					return
				}
				*removed++
				c.remove(t, settle)
			}
			if t.busy {
				t.idle = append(t.idle, remove)
			} else {
				remove()
			}
		}
		if len(touched) > 0 {
			c.place()
		}
		c.stepAll(touched)
		settle()
	})
	return removed, finished
}

func (c *conductor) stepAll(tasks []*task) {
	for _, t := range tasks {
		c.step(t, session.Observation{})
	}
}

// remove takes a planned occurrence out of the store.
func (c *conductor) remove(t *task, then func()) {
	t.busy = true
	c.shelve(t)
	step := store.Step{Delete: true, Occurrence: store.Occurrence{ID: t.state.ID, App: c.app, Version: t.version}, Events: []store.Event{{
		Occurrence: t.state.ID, At: c.e.cfg.Now(), Kind: "plan", Who: c.e.cfg.Who, Text: "the plan no longer holds it",
	}}}
	t.lost = append(t.lost, then)
	c.insist(t, step, func() { c.forget(t) }, func(err error) { c.letGo(t, err) })
}

// want takes in what a plan wants now and returns how much of it is new and how much is changed.
func (c *conductor) want(wanted []slot) (added, changed int) {
	done := make(chan struct{})
	c.post(func() {
		defer close(done)
		now := c.e.cfg.Now()
		var touched []*task
		left := c.left()
		for _, s := range wanted {
			w := s.want(c.app)
			if r := c.resting[s.id]; r != nil && r.asBefore(w) {
				r.slot = s
				continue
			}
			if c.filed[s.id] != nil {
				c.restore(w)
				continue
			}
			t := c.task(s.id)
			switch {
			case t != nil:
				if c.revise(t, w, now) {
					changed++
				}
			case c.ownerElsewhere(w.id) != nil:
				owner := c.ownerElsewhere(w.id)
				owner.post(func() { owner.yield(w, c) })
				continue
			case w.occ.Cancelled():
				continue
			default:
				added++
				orders := c.e.standing(w.id)
				if running := c.takeover(w, left); running != nil && orders.cancel == nil {
					running.left = true // its session goes on for the new one
					c.hand(running, w)
					continue
				}
				if orders.none() && c.planned(w) {
					continue
				}
				t = c.enter(w)
			}
			touched = append(touched, t)
		}
		c.place()
		c.stepAll(touched)
		c.askAgain(now)
	})
	select {
	case <-done:
		return added, changed
	case <-c.ended:
		return 0, 0
	case <-c.e.ctx.Done(): // nobody is left to say
		return 0, 0
	}
}

// restore lays what the plan says now over an occurrence that is over and filed, where there may be something to record:
// the plan moved it, or a clock was set back. Whether that changes anything is known once it is read.
func (c *conductor) restore(w want) {
	if !c.ahead(w) {
		return
	}
	c.fetch(w.id, func(t *task) {
		if t != nil && c.revise(t, w, c.e.cfg.Now()) {
			c.place()
			c.step(t, session.Observation{})
		}
	})
}

// ahead says that a class has not ended by its plan or by an operator's extension.
func (c *conductor) ahead(w want) bool {
	return w.target.Lasting(c.e.standing(w.id).extended).End.After(c.e.cfg.Now())
}

// downSince tells of an occurrence that should have been begun before this process was there since when nobody was;
// zero otherwise.
func (c *conductor) downSince(t session.Target) time.Time {
	if t.FirstRequest().Before(c.e.started) {
		return c.e.beat
	}
	return time.Time{}
}

// revise lays what the plan says now over a task and reports whether that changes anything. What is being recorded takes
// over new times, a CDN target and its fallback: a new end that is past already is refused, and what is moved ahead is
// stopped and planned again.
func (c *conductor) revise(t *task, w want, now time.Time) bool {
	t.slot, t.occ, t.from, t.absent, t.left, t.to = w.slot, w.occ, w.target.From, false, false, nil
	change := func(s *session.State) {
		if w.occ.Cancelled() { // its times are those that were planned, and count for nothing
			s.KeepUp(w.target)
			if s.Cancel == nil && s.Phase != session.Over {
				s.Cancel = &session.Cancel{At: now, Who: PlanWho, Reason: w.occ.Settings.Note, ReasonCode: reason.CancelledByPlan}
			}
			return
		}
		if !s.Planned(w.target, now) {
			s.KeepUp(w.target)
			return
		}
		if !s.Retarget(w.target, c.downSince(w.target), now) {
			c.log.Warn("a new end that is already past is refused; the recording goes on to the end it had",
				"occurrence", s.ID, "end", s.End, "refused", w.target.End)
		}
	}
	after := t.state.Clone()
	change(&after)
	same := sameState(t.state, after)
	if same && !t.busy {
		t.state = after
		return false
	}
	t.changes = append(t.changes, change)
	return !same
}

// PlanWho is who cancels what a plan cancels, for people: an operator may go by that name, too.
const PlanWho = "the plan"

// start is a start that is to be placed beside the others of the App ID: a task's, or that of what rests.
type start struct {
	writing time.Time
	lanes   int
	prefer  int
	id      string
	task    *task
	resting *resting
}

// place works out when each planned occurrence begins. That follows from the others, so it is not worth a write.
func (c *conductor) place() {
	starts := make([]start, 0, len(c.tasks)+len(c.resting))
	for _, t := range c.tasks {
		if t.placed() {
			starts = append(starts, start{writing: t.writing(), lanes: t.state.LaneCount(), prefer: preference(t.state.Priority), id: t.state.ID, task: t})
		}
	}
	for _, r := range c.resting {
		starts = append(starts, start{writing: r.writing, lanes: r.lanes, prefer: r.prefer, id: r.id, resting: r})
	}
	slices.SortFunc(starts, func(a, b start) int {
		return cmp.Or(a.writing.Compare(b.writing), cmp.Compare(a.prefer, b.prefer), cmp.Compare(a.id, b.id))
	})
	// Of those that begin at one bell the first in the list is begun last, so what has priority has the most in hand.
	order := make([]schedule.Start, len(starts))
	for i, s := range starts {
		order[i] = schedule.Start{Writing: s.writing, Sessions: s.lanes}
	}
	for i, at := range schedule.Place(order, schedule.Spacing(c.qps)) {
		if r := starts[i].resting; r != nil {
			c.restUntil(r, at)
			continue
		}
		t := starts[i].task
		if t.begin.Equal(at) {
			continue
		}
		t.begin = at
		if t.index >= 0 {
			t.wake = at
			c.schedule(t)
		}
	}
}

// order gives a task, or nil for one that is not at work, to f with its owner, which judges and changes it: once what it
// was told before is stored, so that two orders at once are judged one after the other.
func (c *conductor) order(id string, f func(*conductor, *task)) {
	c.deliver(id, func(owner *conductor, t *task) {
		if t != nil && t.busy {
			t.idle = append(t.idle, func() { owner.order(id, f) })
			return
		}
		f(owner, t)
	})
}

// record puts a decision into words for the event log.
func (c *conductor) record(before, after session.State, o session.Observation, act session.Action, why string, now time.Time) []store.Event {
	var events []store.Event
	event := func(kind, text string) {
		events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: kind, Text: text})
	}
	switch {
	case o.Op != "" && (why != "" || o.Op != agora.OpQuery): // a query that finds all well is not worth a line
		data, err := json.Marshal(answered{o.Attempt, o.Op, o.Answer.Status, o.Answer.Code, o.Answer.RequestID, o.Answer.ReasonCode()})
		if err == nil {
			text := cmp.Or(why, fmt.Sprintf("session %d: %s: %s", o.Attempt, o.Op, o.Answer))
			events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: eventKind(o), Text: text, Data: data})
		}
	case o.Notice != nil && why != "":
		data, err := json.Marshal(received{o.Notice.ID, o.Notice.SID, o.Notice.Sequence})
		if err == nil {
			events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: eventKind(o), Text: why, Data: data})
		}
	case why != "":
		event(eventKind(o), why)
	}
	if act.Op != "" && act.Op != agora.OpQuery {
		asked := map[string]any{"session": act.Attempt, "op": act.Op}
		if x := after.Session(act.Attempt); act.Op == agora.OpUpdate && x != nil {
			asked["change"] = x.Change
		}
		data, err := json.Marshal(asked)
		if err == nil {
			events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: "intent", Text: string(act.Op), Data: data})
		}
	}
	if before.Phase != after.Phase {
		events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: "state", Text: string(after.Phase), Data: after.ReasonCode.EventData()})
	}
	return events
}

// answered is what the event of an answer holds beside its words.
type answered struct {
	Session    int         `json:"session"`
	Op         agora.Op    `json:"op"`
	Status     int         `json:"status,omitempty"`
	Code       int         `json:"code,omitempty"`
	RequestID  string      `json:"request_id,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // of an answer that is no success
}

func eventKind(o session.Observation) string {
	if o.Notice != nil {
		return store.KindNotice
	}
	if o.Op != "" {
		return "answer"
	}
	return "decision"
}

// Plans is how many plans are at work.
func (e *Engine) Plans() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.plans)
}
