package session

import (
	"cmp"
	"math"
	"time"

	"rundown/agora/catalog"
)

// MinQueryInterval is the shortest time between two queries for a healthy session.
const MinQueryInterval = 10 * time.Second

// querySteps are the intervals between two queries, shortest first. Each divides the documented one, so that a session
// keeps an instant of its own where the interval changes.
var querySteps = []time.Duration{
	MinQueryInterval, 12 * time.Second, 15 * time.Second, 20 * time.Second, 24 * time.Second, 30 * time.Second, 40 * time.Second, 60 * time.Second,
}

// QueryInterval is how long a healthy session is left alone between two queries, of an App ID with so many live sessions
// and so many requests a second: the shortest step of at least least with which queries take half of the requests at
// most. Starts and stops go before them. The documented interval, about two minutes, is the longest; it remains where
// the budget is short. The result never falls where there are more sessions or fewer requests.
func QueryInterval(least time.Duration, live, rate int) time.Duration {
	for _, step := range querySteps {
		if step >= least && step < catalog.MonitorInterval() && 2*time.Duration(live)*time.Second <= time.Duration(rate)*step {
			return step
		}
	}
	return catalog.MonitorInterval()
}

// interval is the time between two queries for a healthy session.
func (d *Decision) interval() time.Duration {
	return cmp.Or(d.S.QueryEvery, catalog.MonitorInterval())
}

// nextPoll is when a healthy session is asked about again: within the interval, at an instant of it that is
// the session's own. Sessions that begin at one bell would else be asked about in one bunch for as long as they run,
// and those of several bells, or of a restart, in one on top of the other.
func (d *Decision) nextPoll(x *Session) time.Time {
	interval := d.interval()
	if d.S.PollOffset == 0 {
		return d.now.Add(interval)
	}
	// Multiples of the golden ratio fill an interval evenly, however many there are and wherever they begin.
	_, share := math.Modf(float64(MaxReplicas*d.S.PollOffset+x.Replica) * math.Phi)
	wait := time.Duration(share*float64(interval)) - d.now.Sub(d.now.Truncate(interval))
	if wait <= 0 {
		wait += interval
	}
	return d.now.Add(wait)
}
