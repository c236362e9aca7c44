package schedule

import "time"

// windowDays is how far validate and the default forecast look ahead.
const windowDays = 366

// Window is the period that validate looks at: from now, or from the first class if that is later, to the last bound,
// 366 days at most. Without a present time it begins with the first class. It is empty where no class is left.
func (e *Schedule) Window(now time.Time) (from, until time.Time) {
	from = now
	// Each recording need only be searched up to the first class of those before it.
	var first int64 = LastInstant
	for _, s := range e.Timetables {
		if c, ok := s.First(FirstInstant, first); ok {
			if first, from = c.Start, time.Unix(c.Start, 0).In(c.Settings().Zone); !from.After(now) {
				from = now
				break
			}
		}
	}
	until = from.AddDate(0, 0, windowDays)
	if last, ok := e.LastBound(); ok && last.Before(until) {
		until = last
	}
	if until.Before(from) {
		until = from
	}
	return from, until
}

// LastBound is the instant after which no class of the plan can start, in the zone of the recording that has it: the end of
// the last day that the dates, calendars and changes allow. It is the zero time for a plan without recordings, and false
// where a recording has no bound.
func (e *Schedule) LastBound() (time.Time, bool) {
	var last time.Time
	for _, s := range e.Timetables {
		r := s.Recording
		days, ok := s.bounds()
		switch {
		case ok:
		case len(s.Regular) > 0 && !s.Bounded:
			return time.Time{}, false
		default:
			continue
		}
		end := s.Wall.endOf(days.Last)
		for j := range r.Changes {
			to := r.Changes[j].To
			if to != nil && !r.Changes[j].Cancelled {
				day := min(days.Last, r.Changes[j].Key.Days.Last)
				if to.HasDay {
					day = to.Day
				}
				elsewhere := WallClock{Loc: s.Changed[j].Zone}
				end = max(end, elsewhere.endOf(day))
			}
		}
		if t := time.Unix(end, 0).In(r.Zone); t.After(last) {
			last = t
		}
	}
	return last, true
}
