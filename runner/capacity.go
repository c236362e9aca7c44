package runner

import (
	"fmt"
	"slices"
	"time"

	"rundown/agora"
)

// roomEvery is how often a class that waits for a place looks for one.
const roomEvery = time.Second

// giveWay sees to it that padding costs no class its place. Where all the sessions that are granted to the App ID are
// in use when a class is to be begun, those whose class is over end now, and the beginning waits for the place: the
// lead of the class gives way too, but none of its own time. From the last instant at which it can begin in time it
// begins whatever is counted here, since only the service knows what it grants.
func (c *conductor) giveWay(t *task, now time.Time) {
	if t.state.Phase != Planned || t.state.Cancel != nil || t.begin.IsZero() || t.begin.After(now) {
		return
	}
	if 2*len(c.tasks) <= c.concurrent { // no class has more than two at once
		return
	}
	last := later(t.state.Start, t.writing()).Add(-agora.StartLead())
	used, leaving := c.places()
	missing := used + t.state.lanes() - c.concurrent
	if missing <= 0 {
		return
	}
	c.cut(missing-leaving, t.state.ID, now)
	if now.Before(last) && !t.now {
		t.begin = earlier(now.Add(roomEvery), last)
	}
}

// places counts the sessions that are in use at the service, and those of them that are being stopped.
func (c *conductor) places() (used, leaving int) {
	for _, t := range c.tasks {
		for i := range t.state.Sessions {
			switch x := &t.state.Sessions[i]; {
			case x.State.Final():
			case x.State == SessionStopping:
				leaving++
				used++
			default:
				used++
			}
		}
	}
	return used, leaving
}

// cut ends so many sessions of which only padding is left, the longest over first.
func (c *conductor) cut(sessions int, by string, now time.Time) {
	if sessions <= 0 {
		return
	}
	var over []*task
	for _, t := range c.tasks {
		if (t.state.Phase == Recording || t.state.Phase == Starting) && !t.busy && !t.state.End.After(now) && t.state.Until.After(now) {
			over = append(over, t)
		}
	}
	slices.SortFunc(over, func(a, b *task) int { return a.state.End.Compare(b.state.End) })
	for _, t := range over {
		if sessions <= 0 {
			return
		}
		sessions -= t.state.lanes()
		c.log.Info("padding gives way to another class, since all that is granted is in use", "occurrence", t.state.ID, "to", by, "granted", c.concurrent)
		t.changes = append(t.changes, func(s *State) {
			s.Until = earlier(s.Until, now)
			for i := range s.Sessions {
				if x := &s.Sessions[i]; x.State.Carries() {
					x.remark(fmt.Sprintf("its padding gave way to %s, since all %d sessions that are granted were in use", by, c.concurrent))
				}
			}
		})
		c.step(t, Observation{})
	}
}
