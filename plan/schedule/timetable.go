package schedule

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/robfig/cron/v3"

	"rundown/plan"
)

// The days that plans can name.
var (
	firstDay = plan.DayOf(1, time.January, 1)
	lastDay  = plan.DayOf(9999, time.December, 31)
)

// Timetable is the times of a recording, prepared for counting days. Days are counted by the civil calendar and become instants one by
// one: to add 24 hours, or to ask a cron library for the next instant, would lose or double classes where the clock changes.
type Timetable struct {
	Recording *plan.Recording
	Index     int // in document order
	Only      daySet
	Bounded   bool // by only
	Skip      daySet
	Regular   []regularEntry // weekly and cron; they ask the calendars
	dated     []datedEntry   // by day; they ask no calendar
	Changes   changeIndex
	Changed   []*plan.Settings // by change: what is effective under it
	Wall      *WallClock       // of the zone; the recordings in it share one
}

// regularEntry is a weekly time or a cron expression.
type regularEntry struct {
	entry  int                // index in When
	days   plan.Weekdays      // weekly
	spec   *cron.SpecSchedule // cron; nil for weekly
	clocks []plan.Clock
	length int64 // s
}

// fits says whether the entry has classes on the day, calendars aside.
func (e *regularEntry) fits(d plan.Day) bool {
	if e.spec == nil {
		return e.days.Has(d.Weekday())
	}
	return cronDay(e.spec, d)
}

// datedEntry is a date and a time. Calendars do not apply to it.
type datedEntry struct {
	entry  int
	day    plan.Day
	clock  plan.Clock
	length int64 // s
}

// Planned is a class before any change.
type Planned struct {
	entry   int
	day     plan.Day
	Clock   plan.Clock
	instant int64 // Unix seconds; the class's identity
	Length  int64 // s
	shift   DSTShift
	shared  bool // the recording has another class planned on the day
	merged  int  // 1 + the index of an entry that gives the same start but is written otherwise; 0 for none
}

// newTimetable prepares a recording. index is its place in the document.
func newTimetable(r *plan.Recording, index int, only, skip daySet) *Timetable {
	s := &Timetable{Recording: r, Index: index, Only: only, Bounded: len(r.Only) > 0, Skip: skip, Wall: &WallClock{Loc: r.Zone}}
	for i := range r.When {
		w := &r.When[i]
		length := int64(w.Length / time.Second)
		switch w.Kind {
		case plan.WhenDated:
			s.dated = append(s.dated, datedEntry{i, w.Date, w.Start, length})
		case plan.WhenWeekly:
			s.Regular = append(s.Regular, regularEntry{entry: i, days: w.Days, clocks: []plan.Clock{w.Start}, length: length})
		case plan.WhenCron:
			if w.Spec != nil && !CronNever(w.Spec) {
				s.Regular = append(s.Regular, regularEntry{entry: i, spec: w.Spec, clocks: CronClocks(w.Spec), length: length})
			}
		}
	}
	slices.SortStableFunc(s.dated, func(a, b datedEntry) int { return cmp.Compare(a.day, b.day) })
	s.Changes = newChangeIndex(r.Changes)
	for i := range r.Changes {
		s.Changed = append(s.Changed, r.Changes[i].Settings(&r.Settings))
	}
	return s
}

// Settings are the effective settings of a class under the change of the given index; -1 is none.
func (s *Timetable) Settings(change int) *plan.Settings {
	if change < 0 {
		return &s.Recording.Settings
	}
	return s.Changed[change]
}

// calendarsAllow says whether the calendars allow weekly and cron entries on the day.
func (s *Timetable) calendarsAllow(d plan.Day) bool {
	return (!s.Bounded || s.Only.contains(d)) && !s.Skip.contains(d)
}

// NextDay finds the first day of the range on which a class is planned.
func (s *Timetable) NextDay(r plan.DayRange) (plan.Day, bool) {
	best := r.Last + 1
	if i := sort.Search(len(s.dated), func(i int) bool { return s.dated[i].day >= r.First }); i < len(s.dated) {
		best = min(best, s.dated[i].day)
	}
	if len(s.Regular) > 0 {
		best = s.NextRegular(plan.DayRange{First: r.First, Last: best - 1}, s.Regular)
	}
	return best, best <= r.Last
}

// NextRegular finds the first day of the range on which one of the weekly and cron entries has a class, and the day
// after the range for none.
func (s *Timetable) NextRegular(r plan.DayRange, entries []regularEntry) plan.Day {
	for d := r.First; d <= r.Last; d++ {
		if s.Bounded {
			allowed, ok := s.Only.From(d)
			if !ok || allowed.First > r.Last {
				break
			}
			d = max(d, allowed.First)
		}
		if skipped, ok := s.Skip.From(d); ok && skipped.First <= d {
			d = skipped.Last
			continue
		}
		for i := range entries {
			if entries[i].fits(d) {
				return d
			}
		}
	}
	return r.Last + 1
}

// PlannedIn gives the days of a range on which classes are planned, in order, each with its classes by start. A list is
// valid only until the next day.
func (s *Timetable) PlannedIn(days plan.DayRange) iter.Seq2[plan.Day, []Planned] {
	return func(yield func(plan.Day, []Planned) bool) {
		var on []Planned
		for d, ok := s.NextDay(days); ok; d, ok = s.NextDay(days) {
			days.First = d + 1
			if on = s.PlannedOn(d, on); !yield(d, on) {
				return
			}
		}
	}
}

// PlannedOn lists the classes that are planned on a day, by start, in into, which it reuses. Entries with the same
// start are one class with the longest length, since nothing of what the plan asks for may be lost. The same holds
// for two days of which a clock change skips the first: the later day then has no class of its own.
func (s *Timetable) PlannedOn(d plan.Day, into []Planned) []Planned {
	list, w := s.plannedAlone(d, into), s.Wall
	if len(list) == 0 {
		return list
	}
	if first := &list[0]; (first.shift == shiftGap || first.Clock == 0) && w.Day(first.instant-1) < d-1 {
		before := s.plannedAlone(d-1, nil)
		if n := len(before); n > 0 && before[n-1].instant == first.instant {
			list = list[1:]
		}
	}
	for i := range list {
		list[i].shared = len(list) > 1 || list[i].shift == shiftGap && w.Day(list[i].instant) != d
	}
	return list
}

// plannedAlone is [Timetable.PlannedOn] without regard to the day before.
func (s *Timetable) plannedAlone(d plan.Day, into []Planned) []Planned {
	list := into[:0]
	add := func(entry int, c plan.Clock, length int64) {
		instant, shift := s.Wall.Instant(d, c)
		list = append(list, Planned{entry: entry, day: d, Clock: c, instant: instant, Length: length, shift: shift})
	}
	i := sort.Search(len(s.dated), func(i int) bool { return s.dated[i].day >= d })
	for ; i < len(s.dated) && s.dated[i].day == d; i++ {
		add(s.dated[i].entry, s.dated[i].clock, s.dated[i].length)
	}
	if len(s.Regular) > 0 && s.calendarsAllow(d) {
		for i := range s.Regular {
			if e := &s.Regular[i]; e.fits(d) {
				for _, c := range e.clocks {
					add(e.entry, c, e.length)
				}
			}
		}
	}
	if len(list) < 2 {
		return list
	}
	slices.SortStableFunc(list, func(a, b Planned) int {
		return cmp.Or(cmp.Compare(a.instant, b.instant), cmp.Compare(b.Length, a.Length), cmp.Compare(a.entry, b.entry))
	})
	kept := list[:1]
	for _, p := range list[1:] {
		last := &kept[len(kept)-1]
		if p.instant != last.instant {
			kept = append(kept, p)
		} else if p.Clock != last.Clock || p.Length != last.Length {
			last.merged = p.entry + 1
		}
	}
	return kept
}

// WithEntry is the timetable with one entry of when only.
func (s *Timetable) WithEntry(entry int) *Timetable {
	one := *s
	one.Regular = slices.DeleteFunc(slices.Clone(s.Regular), func(e regularEntry) bool { return e.entry != entry })
	one.dated = slices.DeleteFunc(slices.Clone(s.dated), func(e datedEntry) bool { return e.entry != entry })
	return &one
}

// bounds gives the first and the last day on which a class can be planned; false where there is none or no bound.
func (s *Timetable) bounds() (plan.DayRange, bool) {
	days := plan.DayRange{First: lastDay, Last: firstDay}
	if n := len(s.dated); n > 0 {
		days = plan.DayRange{First: s.dated[0].day, Last: s.dated[n-1].day}
	}
	if len(s.Regular) > 0 {
		if !s.Bounded {
			return plan.DayRange{}, false
		}
		if n := len(s.Only); n > 0 {
			days = plan.DayRange{First: min(days.First, s.Only[0].First), Last: max(days.Last, s.Only[n-1].Last)}
		}
	}
	return days, days.First <= days.Last
}
