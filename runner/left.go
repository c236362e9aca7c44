package runner

import (
	"fmt"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// A class that is being recorded may leave the plan: its recording or its date is deleted, or the date is another one,
// which makes it another class. It is recorded to its end. The log and the class's history say so once.

// leaving says that the class is being recorded to its end although no plan holds it any more.
func (t *task) leaving() bool {
	s := &t.state
	begun := s.Phase == session.Starting || s.Phase == session.Recording
	return t.absent && !t.now && begun && !s.Fresh() && s.Cancel == nil
}

// tellLeft tells of the classes of a plan that are recorded although the plan no longer holds them, of each once, and
// returns how many it told of. It is called when the plan's other classes have been taken in, since one of those may
// have taken a running session over.
func (c *conductor) tellLeft(plan string) int {
	count := make(chan int, 1)
	c.post(func() {
		n := 0
		for _, t := range c.tasks {
			if t.state.Plan != plan || t.left || !t.leaving() {
				continue
			}
			t.left = true
			n++
			c.sayLeft(t, c.e.cfg.Now())
		}
		count <- n
	})
	select {
	case n := <-count:
		return n
	case <-c.ended:
	case <-c.e.ctx.Done():
	}
	return 0
}

func (c *conductor) sayLeft(t *task, now time.Time) {
	d := session.Decision{S: t.state}
	until := d.Clock(t.state.Until)
	c.log.Warn("a class that is being recorded is no longer in the plan; it is recorded to its end",
		"occurrence", t.state.ID, "end", d.Clock(t.state.End), "recorded_until", until, "to_stop_it", "rundown cancel "+t.state.ID)
	t.told = append(t.told, store.Event{
		Occurrence: t.state.ID, At: now, Kind: "plan", Who: c.e.cfg.Who,
		Text: fmt.Sprintf("it is no longer in the plan: it is recorded until %s, unless it is cancelled", until),
	})
	c.step(t, session.Observation{})
}

// begun says that something of the occurrence has to be kept: it has sessions, or is over.
func (t *task) begun() bool { return len(t.state.Sessions) > 0 || t.state.Phase != session.Planned }

// tellMoved tells of a change of plan that stopped what was being recorded, or planned again what was over; nil for none.
func (c *conductor) tellMoved(before, after *session.State, now time.Time) []store.Event {
	if after.Earlier == before.Earlier || after.Earlier == 0 {
		return nil
	}
	d := session.Decision{S: *after}
	where := "to " + d.Clock(after.Start)
	if after.MovedTo != "" {
		where = "to another App ID"
	}
	var text string
	switch attrs := []any{"occurrence", after.ID, "start", after.Start, "end", after.End}; {
	case before.Phase == session.Over:
		text = fmt.Sprintf("the plan moved it %s after it had ended as %s: it is planned again", where, before.Outcome)
		c.log.Info("class moved after it had ended; it is recorded again", append(attrs, "outcome", before.Outcome)...)
	default:
		text = fmt.Sprintf("the plan moved it %s while it was recorded: its session is stopped and another records it then", where)
		c.log.Warn("class moved while it was recorded; its session is stopped, and it is recorded again at its new time", attrs...)
	}
	return []store.Event{{Occurrence: after.ID, At: now, Kind: "plan", Who: c.e.cfg.Who, Text: text}}
}
