package rules

import (
	"cmp"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkClockChange reports each class of the window that a clock change affects. It looks only at the days around
// clock changes.
func checkClockChange(c *checker) {
	changes := make(clockChanges)
	for _, s := range c.schedule.Timetables {
		for _, around := range aroundClockChanges(s, changes, c.from, c.until) {
			for k := range s.Classes(around.from, around.until) {
				if k.Shift == schedule.ShiftNone || k.Cancelled() {
					continue
				}
				// The day as the plan writes it: a class in the gap may fall on the next one.
				c.report(k.Pos(), s.Recording.ID+"@"+k.Day.String()+": "+k.ClockChange(), "to start at another time, add a change for that day")
			}
		}
	}
}

// period is a range [from, until) of Unix seconds.
type period struct{ from, until int64 }

// clockChanges are the clock changes of each zone around one window.
type clockChanges map[*time.Location]*zoneChanges

// zoneChanges are the clock changes of a zone.
type zoneChanges struct {
	around  []period // two days before and after each change, within the window
	largest int64    // s, by which a change moves the clock
}

// of gives a zone's changes, from two days before the window to two days after it.
func (z clockChanges) of(loc *time.Location, from, until int64) *zoneChanges {
	if known, ok := z[loc]; ok {
		return known
	}
	found := new(zoneChanges)
	w := schedule.WallClock{Loc: loc}
	for w.Load(from - 2*plan.DaySeconds); w.Until <= until+2*plan.DaySeconds; {
		at, before := w.Until, w.Offset
		w.Load(at)
		if near := (period{max(from, at-2*plan.DaySeconds), min(until, at+2*plan.DaySeconds)}); near.from < near.until {
			found.around = append(found.around, near)
		}
		found.largest = max(found.largest, w.Offset-before, before-w.Offset)
	}
	z[loc] = found
	return found
}

// aroundClockChanges gives the periods of the window in which a clock change of one of the recording's zones may move
// a class.
func aroundClockChanges(s *schedule.Timetable, changes clockChanges, from, until int64) []period {
	around := slices.Clone(changes.of(s.Recording.Zone, from, until).around)
	for _, settings := range s.Changed {
		if settings.Zone != s.Recording.Zone {
			around = append(around, changes.of(settings.Zone, from, until).around...)
		}
	}
	slices.SortFunc(around, func(a, b period) int { return cmp.Compare(a.from, b.from) })
	apart := around[:0]
	for _, next := range around {
		if n := len(apart); n > 0 && next.from <= apart[n-1].until {
			apart[n-1].until = max(apart[n-1].until, next.until)
		} else {
			apart = append(apart, next)
		}
	}
	return apart
}
