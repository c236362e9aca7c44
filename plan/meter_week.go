package plan

import "time"

const hourSeconds = 60 * 60

// weekMeter keeps the most sessions at once in each hour of the week.
type weekMeter struct {
	zone  *time.Location
	zones map[*time.Location]int
	wall  wallClock
	most  [7 * 24]int
	since int64 // the load has been the same since
	begun bool
}

// countZones finds the zone of most recordings; of equals, that which is first in the document.
func (w *weekMeter) countZones(schedules []*schedule) {
	if w.zones == nil {
		w.zones = make(map[*time.Location]int)
	}
	for _, s := range schedules {
		zone := s.recording.Zone
		w.zones[zone]++
		if w.zone == nil || w.zones[zone] > w.zones[w.zone] {
			w.zone = zone
		}
	}
	w.wall = wallClock{loc: w.zone}
}

// pass tells that there were so many sessions until now.
func (w *weekMeter) pass(at, sessions int64) {
	if w.begun && sessions > 0 && at > w.since {
		for t := w.since; t < at; {
			w.wall.day(t) // finds the offset
			local := t + w.wall.offset
			w.keep(local, sessions)
			t += hourSeconds - ((local%hourSeconds)+hourSeconds)%hourSeconds
		}
	}
	w.since, w.begun = at, true
}

func (w *weekMeter) keep(local, sessions int64) {
	// The first of January 1970 was a Thursday.
	hour := (floorDiv(int(local), hourSeconds) + 3*24) % (7 * 24)
	if hour < 0 {
		hour += 7 * 24
	}
	w.most[hour] = max(w.most[hour], int(sessions))
}
