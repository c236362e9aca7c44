package runner

import (
	"time"

	"rundown/runner/session"
)

// countEvery is how old a count of live sessions may be.
const countEvery = time.Second

// pace is what the interval of queries is made of: how many sessions live, and when they were counted.
type pace struct {
	live int
	at   time.Time
}

// liveSessions counts the sessions of the App ID that are not over, at most once a second.
func (c *conductor) liveSessions(now time.Time) int {
	if age := now.Sub(c.pace.at); age >= 0 && age < countEvery {
		return c.pace.live
	}
	c.pace = pace{at: now}
	for _, t := range c.tasks {
		if t.state.Phase == session.Over {
			continue
		}
		for i := range t.state.Sessions {
			if !t.state.Sessions[i].State.Final() {
				c.pace.live++
			}
		}
	}
	return c.pace.live
}
