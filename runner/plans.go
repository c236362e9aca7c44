package runner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"rundown/agora"
	"rundown/plan"
	"rundown/runner/store"
)

// retire removes the planned occurrences of a plan that start before until and that it no longer wants of this app;
// one that has begun is marked absent and goes on. The channel closes when that is stored; the count may be read then.
func (c *conductor) retire(name string, wanted []want, until time.Time) (removed *int, done <-chan struct{}) {
	removed = new(int)
	finished := make(chan struct{})
	c.post(func() {
		keep := make(map[string]bool, len(wanted))
		for _, w := range wanted {
			keep[w.target.ID] = true
		}
		open := 1
		settle := func() {
			if open--; open == 0 {
				close(finished)
			}
		}
		for id, t := range c.tasks {
			if t.state.Plan != name || t.now || keep[id] || t.state.Phase == Over || t.state.Start.After(until) {
				continue
			}
			open++
			remove := func() {
				if t.state.Phase != Planned {
					t.absent = true
					t.changes = append(t.changes, func(s *State) { s.Absent = true })
					settle()
					c.step(t, Observation{})
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
		settle()
	})
	return removed, finished
}

// remove takes a planned occurrence out of the store.
func (c *conductor) remove(t *task, then func()) {
	t.busy = true
	c.shelve(t)
	step := store.Step{Delete: true, Occurrence: store.Occurrence{ID: t.state.ID, App: c.app, Version: t.version}, Events: []store.Event{{
		Occurrence: t.state.ID, At: c.e.cfg.Now(), Kind: "plan", Who: c.e.cfg.Who, Text: "the plan no longer holds it",
	}}}
	t.lost = append(t.lost, then)
	c.store(t, step, func() {}, func() { c.forget(t) })
}

// want takes in what a plan wants now and returns how much of it is new and how much is changed.
func (c *conductor) want(wanted []want) (added, changed int) {
	done := make(chan struct{})
	c.post(func() {
		defer close(done)
		now := c.e.cfg.Now()
		touched := make([]*task, 0, len(wanted))
		for _, w := range wanted {
			t := c.tasks[w.target.ID]
			switch {
			case t != nil:
				if c.revise(t, w, now) {
					changed++
				}
			case w.occ.Cancelled() || c.elsewhere(w.target.ID):
				continue
			default:
				added++
				if running := c.takeover(w); running != nil {
					c.hand(running, w)
					continue
				}
				t = &task{occ: w.occ, conn: w.conn, revision: w.revision, state: State{Target: w.target, Phase: Planned, DownSince: c.downSince(w.target)}}
				c.add(t)
				c.e.own(w.target.ID, c)
			}
			touched = append(touched, t)
		}
		c.place()
		for _, t := range touched {
			c.step(t, Observation{})
		}
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

// firstRequest is when an occurrence is to be begun at the latest.
func (t Target) firstRequest() time.Time { return t.From.Add(-plan.Lead()) }

// downSince tells of an occurrence that should have been begun before this process was there since when nobody was;
// zero otherwise.
func (c *conductor) downSince(t Target) time.Time {
	if t.firstRequest().Before(c.e.started) {
		return c.e.beat
	}
	return time.Time{}
}

// elsewhere says that another conductor holds the occurrence: one that has begun stays where it began.
func (c *conductor) elsewhere(id string) bool {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	owner := c.e.known[id]
	return owner != nil && owner != c
}

// revise lays what the plan says now over a task and reports whether that changes anything. What has begun takes over
// a new end, padding and CDN target only; a new end that is past already is refused.
func (c *conductor) revise(t *task, w want, now time.Time) bool {
	t.occ, t.conn, t.revision, t.from, t.absent = w.occ, w.conn, w.revision, w.target.From, false
	change := func(s *State) {
		target := w.target.lasting(s.Extended)
		switch {
		case s.Phase == Planned, s.Outcome == Cancelled && len(s.Sessions) == 0:
			s.Target, s.DownSince = target, c.downSince(target)
		case s.Phase != Over:
			if !target.Until.Equal(s.Until) && !target.Until.After(now) {
				c.log.Warn("a new end that is already past is refused; the recording goes on to the end it had",
					"occurrence", s.ID, "end", s.End, "refused", target.End)
			} else {
				s.End, s.Until = target.End, target.Until
			}
			s.CDN, s.Fallback, s.Priority, s.Absent = target.CDN, target.Fallback, target.Priority, false
		}
		switch {
		case w.occ.Cancelled() && s.Cancel == nil && s.Phase != Over:
			s.Cancel = &Cancel{At: now, Who: planWho, Reason: w.occ.Settings.Note}
		case !w.occ.Cancelled() && s.Cancel != nil && s.Cancel.Who == planWho:
			s.Cancel = nil
		}
	}
	after := t.state.clone()
	change(&after)
	if reflect.DeepEqual(t.state, after) && !t.busy {
		return false
	}
	t.changes = append(t.changes, change)
	return !sameDoc(t.state, after)
}

// planWho is who cancels what a plan cancels.
const planWho = "the plan"

func sameDoc(a, b State) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && slices.Equal(x, y)
}

// place works out when each planned occurrence begins. That follows from the others, so it is not worth a write.
func (c *conductor) place() {
	var tasks []*task
	for _, t := range c.tasks {
		if t.placed() {
			tasks = append(tasks, t)
		}
	}
	slices.SortFunc(tasks, func(a, b *task) int {
		return cmp.Or(a.writing().Compare(b.writing()), cmp.Compare(preference(a.state.Priority), preference(b.state.Priority)), cmp.Compare(a.state.ID, b.state.ID))
	})
	// Of those that begin at one bell the first in the list is begun last, so what has priority has the most in hand.
	writing := make([]time.Time, len(tasks))
	for i, t := range tasks {
		writing[i] = t.writing()
	}
	for i, at := range plan.Place(writing, plan.Spacing(c.qps)) {
		t := tasks[i]
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

// cancel lays an order over an occurrence, or with nil takes it back, and tells what came of it once that is stored.
func (c *conductor) cancel(id string, order *Cancel, tell func(string)) {
	c.post(func() {
		t := c.tasks[id]
		switch {
		case t == nil:
			tell("the occurrence is not at work")
		case order == nil && t.state.Cancel == nil:
			tell("it was not cancelled")
		case order != nil && t.state.Phase == Over:
			tell("it had ended already: " + string(t.state.Outcome))
		default:
			if order != nil && order.At.After(c.e.cfg.Now()) {
				order.At = c.e.cfg.Now()
			}
			t.changes = append(t.changes, func(s *State) { s.Cancel = order })
			t.settled = append(t.settled, tell)
			c.step(t, Observation{})
		}
	})
}

// halt cancels an occurrence that has begun, and leaves one that has not.
func (c *conductor) halt(id string, order *Cancel, tell func(string)) {
	c.post(func() {
		if t := c.tasks[id]; t != nil && t.state.Phase == Planned && !t.busy {
			tell("it has not begun")
			return
		}
		c.cancel(id, order, tell)
	})
}

// record puts a decision into words for the event log.
func (c *conductor) record(before, after State, o Observation, act Action, why string, now time.Time) []store.Event {
	var events []store.Event
	event := func(kind, text string) {
		events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: kind, Text: text})
	}
	switch {
	case o.Op != "" && (why != "" || o.Op != agora.OpQuery): // a query that finds all well is not worth a line
		data, err := json.Marshal(answered{o.Attempt, o.Op, o.Answer.Status, o.Answer.Code, o.Answer.RequestID})
		if err == nil {
			text := cmp.Or(why, fmt.Sprintf("session %d: %s: %s", o.Attempt, o.Op, o.Answer))
			events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: eventKind(o), Text: text, Data: data})
		}
	case why != "":
		event(eventKind(o), why)
	}
	if act.Op != "" {
		data, err := json.Marshal(map[string]any{"session": act.Attempt, "op": act.Op})
		if err == nil {
			events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: "intent", Text: string(act.Op), Data: data})
		}
	}
	if before.Phase != after.Phase {
		event("state", string(after.Phase))
	}
	return events
}

// answered is what the event of an answer holds beside its words.
type answered struct {
	Session   int      `json:"session"`
	Op        agora.Op `json:"op"`
	Status    int      `json:"status,omitempty"`
	Code      int      `json:"code,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
}

func eventKind(o Observation) string {
	if o.Notice != nil {
		return "webhook"
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
