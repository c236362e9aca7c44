package forecast

import (
	"rundown/plan"
	"rundown/plan/schedule"
)

// weekCount keeps the largest number of concurrent sessions in each hour of the week.
type weekCount struct {
	wall  schedule.WallClock
	most  *[7 * 24]int
	since int64 // the load has been the same since
	begun bool
}

// add notes that the number of sessions was the same since the last call until an instant.
func (w *weekCount) add(at int64, sessions int) {
	if w.begun && sessions > 0 && at > w.since {
		for t := w.since; t < at; {
			w.wall.Day(t) // finds the offset
			local := t + w.wall.Offset
			w.keep(local, sessions)
			t += plan.HourSeconds - ((local%plan.HourSeconds)+plan.HourSeconds)%plan.HourSeconds
		}
	}
	w.since, w.begun = at, true
}

// keep raises the number of one hour.
func (w *weekCount) keep(local int64, sessions int) {
	// The first of January 1970 was a Thursday.
	hour := (plan.FloorDiv(int(local), plan.HourSeconds) + 3*24) % (7 * 24)
	if hour < 0 {
		hour += 7 * 24
	}
	w.most[hour] = max(w.most[hour], sessions)
}
