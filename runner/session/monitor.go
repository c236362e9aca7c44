package session

import (
	"math"
	"time"

	"rundown/agora/catalog"
)

// nextPoll is when a healthy session is asked about again: within the documented interval, at an instant of it that is
// the session's own. Sessions that begin at one bell would else be asked about in one bunch for as long as they run,
// and those of several bells, or of a restart, in one on top of the other.
func (d *Decision) nextPoll(x *Session) time.Time {
	interval := catalog.MonitorInterval()
	if d.S.Turn == 0 {
		return d.now.Add(interval)
	}
	// Multiples of the golden ratio fill an interval evenly, however many there are and wherever they begin.
	_, share := math.Modf(float64(MostLanes*d.S.Turn+x.Lane) * math.Phi)
	wait := time.Duration(share*float64(interval)) - d.now.Sub(d.now.Truncate(interval))
	if wait <= 0 {
		wait += interval
	}
	return d.now.Add(wait)
}
