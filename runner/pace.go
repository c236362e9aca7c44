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
func (w *worker) liveSessions(now time.Time) int {
	if age := now.Sub(w.pace.at); age >= 0 && age < countEvery {
		return w.pace.live
	}
	w.pace = pace{at: now}
	for _, o := range w.near {
		if o.state.Phase == session.Ended {
			continue
		}
		for i := range o.state.Sessions {
			if !o.state.Sessions[i].State.Final() {
				w.pace.live++
			}
		}
	}
	return w.pace.live
}
