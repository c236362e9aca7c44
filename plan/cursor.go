package plan

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// class is an occurrence while classes are counted: numbers only, so that sweeps over years stay small.
type class struct {
	planned                 int64 // Unix seconds, as all instants here
	start, end              int64
	recordFrom, recordUntil int64
	before, after           int64 // padding asked for, s
	schedule                *schedule
	entry                   int   // index in When
	change                  int   // index in Changes; -1 for none
	day                     Day   // on which it is planned
	startDay                Day   // for which the start is written
	startClock              clock // as written
	shift                   shift // of the start
	shared                  bool  // the recording has another class planned on the day
	merged                  int   // as of planned
}

func (c *class) cancelled() bool {
	return c.change >= 0 && c.schedule.recording.Changes[c.change].Cancelled
}

func (c *class) settings() *Settings { return c.schedule.settings(c.change) }

// pos is where the plan says when the class is.
func (c *class) pos() Pos {
	if c.change >= 0 {
		if change := &c.schedule.recording.Changes[c.change]; change.To != nil {
			return change.ToPos
		}
	}
	return c.schedule.recording.When[c.entry].Pos
}

func compareClasses(a, b *class) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.schedule.index, b.schedule.index), cmp.Compare(a.planned, b.planned))
}

// Instants beyond these are of no plan.
var (
	firstInstant = int64(firstDay-2) * daySeconds
	lastInstant  = int64(lastDay+2) * daySeconds
)

// unixCeil gives the first whole second that is not before t.
func unixCeil(t time.Time) int64 {
	unix := t.Unix()
	if t.Nanosecond() > 0 {
		unix++
	}
	return min(max(unix, firstInstant), lastInstant)
}

// classes gives the classes that start in [from, until), in order of start, with the padding that was asked for. Each is
// valid during its call only.
//
// A class that stays on its day, whatever its new time, starts after every class of the days before: the instant of
// a wall clock time never decreases with it. So days are counted one by one, and only the classes that a change
// displaces are looked up beforehand.
func (s *schedule) classes(from, until int64) iter.Seq[*class] {
	return func(yield func(*class) bool) {
		displaced := s.displaced(from, until)
		// A start may be as far after its day as the longest gap, a day.
		days := DayRange{max(s.wall.day(from)-2, firstDay), min(s.wall.day(until), lastDay)}
		var on []planned
		var today []class
		for {
			d, ok := s.nextDay(days)
			if !ok {
				break
			}
			days.First = d + 1
			on = s.plannedOn(s.wall, d, on)
			today = s.staying(on, from, until, today[:0])
			for i := range today {
				for len(displaced) > 0 && compareClasses(&displaced[0], &today[i]) < 0 {
					if !yield(&displaced[0]) {
						return
					}
					displaced = displaced[1:]
				}
				if !yield(&today[i]) {
					return
				}
			}
		}
		for i := range displaced {
			if !yield(&displaced[i]) {
				return
			}
		}
	}
}

// first gives the first class that starts in [from, until).
func (s *schedule) first(from, until int64) (class, bool) {
	for k := range s.classes(from, until) {
		return *k, true
	}
	return class{}, false
}

// staying lists the classes planned on one day that no change takes off it, by start.
func (s *schedule) staying(on []planned, from, until int64, into []class) []class {
	for i := range on {
		p, change := &on[i], -1
		if len(s.recording.Changes) > 0 {
			change = s.changes.find(p.day, p.clock)
			if change >= 0 && s.recording.Changes[change].displaces(&s.recording.Settings, s.changed[change]) {
				continue
			}
		}
		if k := s.class(p, change, s.wall); from <= k.start && k.start < until {
			into = append(into, k)
		}
	}
	if len(into) > 1 {
		slices.SortFunc(into, func(a, b class) int { return compareClasses(&a, &b) })
	}
	return into
}

// displaced lists the classes that changes take off their day and into the window, by start.
func (s *schedule) displaced(from, until int64) []class {
	var list []class
	var on []planned
	for i := range s.recording.Changes {
		change := &s.recording.Changes[i]
		if !change.displaces(&s.recording.Settings, s.changed[i]) {
			continue
		}
		days := change.Key.Days
		elsewhere := wallClock{loc: s.changed[i].Zone}
		if to := change.To; to != nil && to.HasDay {
			if start, _ := elsewhere.instant(to.Day, to.start); start < from || start >= until {
				continue
			}
		} else {
			days = DayRange{max(days.First, s.wall.day(from)-3), min(days.Last, s.wall.day(until)+3)}
		}
		for {
			d, ok := s.nextDay(days)
			if !ok {
				break
			}
			days.First = d + 1
			on = s.plannedOn(s.wall, d, on)
			for j := range on {
				if s.changes.find(d, on[j].clock) != i {
					continue
				}
				if k := s.class(&on[j], i, &elsewhere); from <= k.start && k.start < until {
					list = append(list, k)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b class) int { return compareClasses(&a, &b) })
	return list
}

// class applies the change to what is planned. The clock is that of the zone in which the class is.
func (s *schedule) class(p *planned, change int, wall *wallClock) class {
	k := class{
		planned: p.instant, start: p.instant, end: p.instant + p.length,
		schedule: s, entry: p.entry, change: change,
		day: p.day, startDay: p.day, startClock: p.clock, shift: p.shift, shared: p.shared, merged: p.merged,
	}
	settings := s.settings(change)
	if change >= 0 {
		c := &s.recording.Changes[change]
		length := p.length
		if to := c.To; to != nil && !c.Cancelled {
			if to.HasDay {
				k.startDay = to.Day
			}
			k.startClock = to.start
			length = int64(to.length / time.Second)
		}
		if !c.Cancelled {
			k.start, k.shift = wall.instant(k.startDay, k.startClock)
			k.end = k.start + length
		}
	}
	k.before, k.after = settings.padding()
	k.recordFrom, k.recordUntil = k.start-k.before, k.end+k.after
	return k
}
