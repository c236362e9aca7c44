package schedule

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"rundown/plan"
)

// Instance is an occurrence in numbers only, so that iterating over years of classes needs little memory. All
// instants are Unix seconds.
type Instance struct {
	Planned                 int64 // Unix seconds, as all instants here
	Start, End              int64
	RecordFrom, RecordUntil int64
	before, after           int64 // padding asked for, s
	Timetable               *Timetable
	Entry                   int        // index in When of the recording
	Change                  int        // index in its Changes; -1 for none
	Day                     plan.Day   // on which it is planned
	startDay                plan.Day   // for which the start is written
	startClock              plan.Clock // as written
	Shift                   DSTShift   // of the start
	shared                  bool       // the recording has another class planned on the day
	Merged                  int        // 1 + the index of an entry that gives the same start but is written otherwise; 0 for none
}

// Cancelled says whether a change cancels the class.
func (c *Instance) Cancelled() bool {
	return c.Change >= 0 && c.Timetable.Recording.Changes[c.Change].Cancelled
}

// Settings are the effective settings of the class, with its change applied.
func (c *Instance) Settings() *plan.Settings { return c.Timetable.Settings(c.Change) }

// Pos is the position in the plan that determines when the class is.
func (c *Instance) Pos() plan.Pos {
	if c.Change >= 0 {
		if change := &c.Timetable.Recording.Changes[c.Change]; change.To != nil {
			return change.ToPos
		}
	}
	return c.Timetable.Recording.When[c.Entry].Pos
}

// compareInstances orders by start, then document, then planned start.
func compareInstances(a, b *Instance) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Timetable.Index, b.Timetable.Index), cmp.Compare(a.Planned, b.Planned))
}

// sortInstances sorts by start, then document, then planned start.
func sortInstances(list []Instance) {
	slices.SortFunc(list, func(a, b Instance) int { return compareInstances(&a, &b) })
}

// FirstInstant and LastInstant are outside of every plan, in Unix seconds.
var (
	FirstInstant = int64(firstDay-2) * plan.DaySeconds
	LastInstant  = int64(lastDay+2) * plan.DaySeconds
)

// UnixCeil gives the first whole second that is not before t, limited to FirstInstant and LastInstant.
func UnixCeil(t time.Time) int64 {
	unix := t.Unix()
	if t.Nanosecond() > 0 {
		unix++
	}
	return min(max(unix, FirstInstant), LastInstant)
}

// Classes gives the classes that start in [from, until), in order of start, with the padding that the plan asks for.
// An instance is valid only until the next one.
// A class that stays on its day starts after every class of earlier days, whatever its new time, since the instant of
// a wall clock time never decreases. So it counts day by day, and looks up in advance only the classes that a change
// displaces. It is lazy: a caller may stop at the first class of a window that ends in the year 9999.
func (s *Timetable) Classes(from, until int64) iter.Seq[*Instance] {
	return func(yield func(*Instance) bool) {
		displaced := s.displaced(from, until)
		// A start may be as far after its day as the longest gap, a day.
		days := plan.DayRange{First: max(utcDay(from)-3, firstDay), Last: min(utcDay(until)+1, lastDay)}
		var today []Instance
		for _, on := range s.PlannedIn(days) {
			today = s.instancesOn(on, from, until, today[:0])
			for i := range today {
				for len(displaced) > 0 && compareInstances(&displaced[0], &today[i]) < 0 {
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

// utcDay gives the day of an instant in UTC, which is at most one away from that in any zone. It asks no zone.
func utcDay(unix int64) plan.Day { return plan.Day(plan.FloorDiv(int(unix), plan.DaySeconds)) }

// First gives the first class that starts in [from, until).
func (s *Timetable) First(from, until int64) (Instance, bool) {
	for k := range s.Classes(from, until) {
		return *k, true
	}
	return Instance{}, false
}

// instancesOn lists the classes planned on one day that no change takes off that day, by start.
func (s *Timetable) instancesOn(on []Planned, from, until int64, into []Instance) []Instance {
	for i := range on {
		p, change := &on[i], -1
		if len(s.Recording.Changes) > 0 {
			change = s.Changes.Find(p.day, p.Clock)
			if change >= 0 && s.Recording.Changes[change].Displaces(&s.Recording.Settings, s.Changed[change]) {
				continue
			}
		}
		if k := s.newInstance(p, change, s.Wall); from <= k.Start && k.Start < until {
			into = append(into, k)
		}
	}
	if len(into) > 1 {
		sortInstances(into)
	}
	return into
}

// displaced lists the classes that changes take off their day and into the window, by start.
func (s *Timetable) displaced(from, until int64) []Instance {
	var list []Instance
	for i := range s.Recording.Changes {
		change := &s.Recording.Changes[i]
		if !change.Displaces(&s.Recording.Settings, s.Changed[i]) {
			continue
		}
		days := change.Key.Days
		elsewhere := WallClock{Loc: s.Changed[i].Zone}
		if to := change.To; to != nil && to.HasDay {
			if start, _ := elsewhere.Instant(to.Day, to.Start); start < from || start >= until {
				continue
			}
		} else {
			days = plan.DayRange{First: max(days.First, utcDay(from)-4), Last: min(days.Last, utcDay(until)+4)}
		}
		for d, on := range s.PlannedIn(days) {
			for j := range on {
				if s.Changes.Find(d, on[j].Clock) != i {
					continue
				}
				if k := s.newInstance(&on[j], i, &elsewhere); from <= k.Start && k.Start < until {
					list = append(list, k)
				}
			}
		}
	}
	sortInstances(list)
	return list
}

// newInstance applies a change, -1 for none, to a planned class. wall is the clock of the zone in which the class
// then is.
func (s *Timetable) newInstance(p *Planned, change int, wall *WallClock) Instance {
	k := Instance{
		Planned: p.instant, Start: p.instant, End: p.instant + p.Length,
		Timetable: s, Entry: p.entry, Change: change,
		Day: p.day, startDay: p.day, startClock: p.Clock, Shift: p.shift, shared: p.shared, Merged: p.merged,
	}
	settings := s.Settings(change)
	if change >= 0 {
		c := &s.Recording.Changes[change]
		length := p.Length
		if to := c.To; to != nil && !c.Cancelled {
			if to.HasDay {
				k.startDay = to.Day
			}
			k.startClock = to.Start
			length = int64(to.Length / time.Second)
		}
		if !c.Cancelled {
			k.Start, k.Shift = wall.Instant(k.startDay, k.startClock)
			k.End = k.Start + length
		}
	}
	k.before, k.after = settings.AskedPadding()
	k.RecordFrom, k.RecordUntil = k.Start-k.before, k.End+k.after
	return k
}
