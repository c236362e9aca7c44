package runner

import (
	"container/heap"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"rundown/runner/session"
)

const (
	// restAhead is how long before its first request an occurrence is a task again. What rests longer costs little: a term
	// of a school network is held in a few megabytes.
	restAhead = 10 * time.Minute
	// admitted is how many of the occurrences that a plan adds are being written at once, so that a plan of very many
	// does not hold them all in full.
	admitted = 256
)

// resting is an occurrence that is planned, is just what the plan makes of it, and has time: a task could be made of
// it at any moment, and is, as soon as anything is to be done about it.
type resting struct {
	slot
	version int64     // of the stored row; 0: it is still to be written
	begin   time.Time // when the first request is due, as placed beside the others
	writing time.Time // when it must be writing
	prefer  int
	lanes   int
}

func (r *resting) plan() string { return r.brief.Plan() }

// asBefore says that a plan wants of the occurrence what the one before it did.
func (r *resting) asBefore(w want) bool {
	before := r.want(w.target.App)
	return !w.occ.Cancelled() && before.target.Same(w.target)
}

// settle puts a task with which nothing is to be done now where it waits: to rest, or into the heap.
func (c *conductor) settle(t *task) {
	if c.passOn(t) {
		return
	}
	if c.rests(t) {
		c.rest(t)
	} else {
		c.schedule(t)
	}
}

// rest lets go of all of a task but what it can be made of again.
func (c *conductor) rest(t *task) {
	c.shelve(t)
	delete(c.tasks, t.id)
	r := &resting{slot: t.slot, version: t.version, begin: t.begin, writing: t.writing(), prefer: preference(t.state.Priority), lanes: t.state.LaneCount()}
	c.resting[t.id] = r
	c.restUntil(r, t.begin)
}

// planned takes in a new occurrence that has time; false: it has none. It is written when its turn comes.
func (c *conductor) planned(w want) bool {
	if !w.target.FirstRequest().After(c.e.cfg.Now().Add(2 * restAhead)) {
		return false
	}
	r := &resting{slot: w.slot, writing: w.target.From, prefer: preference(w.target.Priority), lanes: w.target.LaneCount()}
	c.resting[w.id] = r
	c.restUntil(r, w.target.FirstRequest())
	c.unwritten = append(c.unwritten, w.id)
	c.e.own(w.id, c)
	return true
}

// admit writes what is planned and still unwritten, some at a time.
func (c *conductor) admit() {
	for len(c.unwritten) > 0 && c.out < admitted {
		id := c.unwritten[0]
		c.unwritten = c.unwritten[1:]
		if r := c.resting[id]; r != nil && r.version == 0 {
			c.step(c.task(id), session.Observation{})
		}
	}
}

// dismiss drops what is still unwritten of what is no longer wanted, and says of how much; what was written is roused.
func (c *conductor) dismiss(unwanted func(*resting) bool) (dropped int) {
	for id, r := range c.resting {
		switch {
		case !unwanted(r):
		case r.version == 0:
			delete(c.resting, id)
			c.e.disown(id, c)
			dropped++
		default:
			c.task(id)
		}
	}
	return dropped
}

// rests says that the task can be made again from what the plan says. One that is soon to begin is not worth it.
func (c *conductor) rests(t *task) bool {
	return t.version > 0 && !t.now && !t.absent && t.occ != nil && t.id == t.state.ID && t.begin.After(c.e.cfg.Now().Add(2*restAhead)) &&
		t.state.Untouched() && t.state.Target.Same(target(t.occ, c.app))
}

// restUntil notes when the first request of what rests is due.
func (c *conductor) restUntil(r *resting, begin time.Time) {
	r.begin = begin
	if wake := begin.Add(-restAhead); c.restless.IsZero() || wake.Before(c.restless) {
		c.restless = wake
	}
}

// task finds a task, made of what rests where need be; nil for none.
func (c *conductor) task(id string) *task {
	r := c.resting[id]
	if r == nil {
		return c.tasks[id]
	}
	w := r.want(c.app)
	t := &task{slot: r.slot, occ: w.occ, version: r.version, wake: r.begin, state: session.State{Target: w.target, Begin: r.begin, Phase: session.Planned}}
	delete(c.resting, id)
	c.add(t)
	heap.Push(&c.due, t)
	return t
}

// wakeResting makes tasks of what is to begin soon, and of what follows it closely, so that it need not look often.
func (c *conductor) wakeResting(now time.Time) {
	if c.restless.IsZero() || now.Before(c.restless) {
		return
	}
	c.restless = time.Time{}
	for id, r := range c.resting {
		if r.begin.After(now.Add(2 * restAhead)) {
			c.restUntil(r, r.begin)
		} else {
			c.task(id)
		}
	}
}

// sameState says that two states would be written alike, as far as that can be told in short.
func sameState(a, b session.State) bool {
	return reflect.DeepEqual(a, b) || len(a.Sessions)+len(b.Sessions) == 0 && sameDoc(a, b)
}

func sameDoc(a, b session.State) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && slices.Equal(x, y)
}
