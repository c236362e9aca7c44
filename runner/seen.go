package runner

import (
	"slices"
	"time"

	"rundown/runner/session"
)

// seenEvery is how long the store may not know that a session was seen running. That is most of what there is to be
// stored, and not worth a sync of the disk each time: after a crash an outcome may go by an answer that is so much
// older, as old as the daemon's last sign of life.
const seenEvery = 15 * time.Second

// unstored says that a session was seen running since the task was stored.
func (t *task) unstored() bool {
	return !slices.EqualFunc(t.state.Sessions, t.saved, func(x, y session.Session) bool { return x.LastGood.Equal(y.LastGood) })
}

// noteSeen has a task stored soon of which a session was seen running, and nothing else is new.
func (c *conductor) noteSeen(t *task) {
	if t.seen || !t.unstored() {
		return
	}
	t.seen = true
	c.seen = append(c.seen, t)
	if c.seenAt.IsZero() {
		c.seenAt = c.e.cfg.Now().Add(seenEvery)
	}
}

// seenLate says that what was seen is to be stored now, also where the clock was set back meanwhile.
func (c *conductor) seenLate(now time.Time) bool {
	return !c.seenAt.IsZero() && (!now.Before(c.seenAt) || c.seenAt.Sub(now) > seenEvery)
}

// storeSeen stores what was seen of the tasks, in few transactions. A task of which a step is being stored, or is owed
// to the store, has it along with that.
func (c *conductor) storeSeen() {
	tasks := c.seen
	c.seen, c.seenAt = nil, time.Time{}
	for _, t := range tasks {
		t.seen = false
		if c.tasks[t.state.ID] != t || t.busy || t.owed != nil || !t.unstored() {
			continue
		}
		step, err := t.encodeSeen()
		if err != nil {
			c.log.Error("what was seen cannot be stored", "occurrence", t.state.ID, "error", err)
			continue
		}
		c.shelve(t)
		c.write(t, t.state, owed{before: t.state}, step, "the answer to query", func(err error) { c.anew(t, err) })
	}
}
