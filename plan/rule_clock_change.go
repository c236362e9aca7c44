package plan

import (
	"cmp"
	"slices"
	"time"
)

// checkClockChange lists each such class of the window. It looks only at the days around a change.
func checkClockChange(c *checker) {
	e := c.expansion()
	from, until := unixCeil(e.from), unixCeil(e.until)
	changes := make(clockChanges)
	for _, s := range e.schedules {
		for _, around := range aroundClockChanges(s, changes, from, until) {
			for k := range s.classes(around.from, around.until) {
				if k.shift == shiftNone || k.cancelled() {
					continue
				}
				// The day as the plan writes it: a class in the gap may fall on the next one.
				c.report(k.pos(), s.recording.ID+"@"+k.day.String()+": "+k.clockChange(), "if that is not what is meant, change the class of that day")
			}
		}
	}
}

// stretch is a range [from, until) of Unix seconds.
type stretch struct{ from, until int64 }

// clockChanges are those of each zone about one window.
type clockChanges map[*time.Location]*zoneChanges

type zoneChanges struct {
	around  []stretch // two days before and after each change, within the window
	largest int64     // s, by which a change moves the clock
}

// of looks a zone's changes up, from two days before the window to two days after it.
func (z clockChanges) of(loc *time.Location, from, until int64) *zoneChanges {
	if known, ok := z[loc]; ok {
		return known
	}
	found := new(zoneChanges)
	w := wallClock{loc: loc}
	for w.load(from - 2*daySeconds); w.until <= until+2*daySeconds; {
		at, before := w.until, w.offset
		w.load(at)
		if near := (stretch{max(from, at-2*daySeconds), min(until, at+2*daySeconds)}); near.from < near.until {
			found.around = append(found.around, near)
		}
		found.largest = max(found.largest, w.offset-before, before-w.offset)
	}
	z[loc] = found
	return found
}

// aroundClockChanges gives the stretches of the window in which one of the recording's zones may move a class.
func aroundClockChanges(s *schedule, changes clockChanges, from, until int64) []stretch {
	around := slices.Clone(changes.of(s.recording.Zone, from, until).around)
	for _, settings := range s.changed {
		if settings.Zone != s.recording.Zone {
			around = append(around, changes.of(settings.Zone, from, until).around...)
		}
	}
	slices.SortFunc(around, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
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
