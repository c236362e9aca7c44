package plan

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/robfig/cron/v3"
)

// The days that plans can name.
var (
	firstDay = dayOf(1, time.January, 1)
	lastDay  = dayOf(9999, time.December, 31)
)

// schedule is a recording's times, made ready for counting days.
type schedule struct {
	recording *Recording
	index     int // in document order
	only      daySet
	bounded   bool // by only
	skip      daySet
	regular   []regularEntry // weekly and cron; they ask the calendars
	dated     []datedEntry   // by day; they ask no calendar
	changes   changeIndex
	changed   []*Settings // by change: what is effective under it
	wall      *wallClock  // of the zone; the recordings in it share one
}

// regularEntry is a weekly time or a cron expression.
type regularEntry struct {
	entry  int                // index in When
	days   weekdays           // weekly
	spec   *cron.SpecSchedule // cron; nil for weekly
	clocks []clock
	length int64 // s
}

func (e *regularEntry) fits(d Day) bool {
	if e.spec == nil {
		return e.days.has(d.Weekday())
	}
	return cronDay(e.spec, d)
}

type datedEntry struct {
	entry  int
	day    Day
	clock  clock
	length int64 // s
}

// planned is a class before any change.
type planned struct {
	entry   int
	day     Day
	clock   clock
	instant int64 // Unix seconds; the class's identity
	length  int64 // s
	shift   shift
	shared  bool // the recording has another class planned on the day
	merged  int  // 1 + the index of an entry that gives the same start but is written otherwise; 0 for none
}

func newSchedule(r *Recording, index int, only, skip daySet) *schedule {
	s := &schedule{recording: r, index: index, only: only, bounded: len(r.Only) > 0, skip: skip, wall: &wallClock{loc: r.Zone}}
	for i := range r.When {
		w := &r.When[i]
		length := int64(w.length / time.Second)
		switch w.kind {
		case whenDated:
			s.dated = append(s.dated, datedEntry{i, w.date, w.start, length})
		case whenWeekly:
			s.regular = append(s.regular, regularEntry{entry: i, days: w.days, clocks: []clock{w.start}, length: length})
		case whenCron:
			if w.spec != nil && !cronNever(w.spec) {
				s.regular = append(s.regular, regularEntry{entry: i, spec: w.spec, clocks: cronClocks(w.spec), length: length})
			}
		}
	}
	slices.SortStableFunc(s.dated, func(a, b datedEntry) int { return cmp.Compare(a.day, b.day) })
	s.changes = newChangeIndex(r.Changes)
	for i := range r.Changes {
		s.changed = append(s.changed, r.Changes[i].settings(&r.Settings))
	}
	return s
}

// settings are the effective ones of a class under the change of the given index; -1 is none.
func (s *schedule) settings(change int) *Settings {
	if change < 0 {
		return &s.recording.Settings
	}
	return s.changed[change]
}

// asksRegular says that the calendars allow weekly and cron entries on the day.
func (s *schedule) asksRegular(d Day) bool {
	return (!s.bounded || s.only.contains(d)) && !s.skip.contains(d)
}

// nextDay finds the first day of the range on which a class is planned.
func (s *schedule) nextDay(r DayRange) (Day, bool) {
	best := r.Last + 1
	if i := sort.Search(len(s.dated), func(i int) bool { return s.dated[i].day >= r.First }); i < len(s.dated) {
		best = min(best, s.dated[i].day)
	}
	if len(s.regular) > 0 {
		best = s.nextRegular(DayRange{r.First, best - 1}, s.regular)
	}
	return best, best <= r.Last
}

// nextRegular finds the first day of the range on which one of the weekly and cron entries has a class, and the day
// after the range for none.
func (s *schedule) nextRegular(r DayRange, entries []regularEntry) Day {
	for d := r.First; d <= r.Last; d++ {
		if s.bounded {
			allowed, ok := s.only.from(d)
			if !ok || allowed.First > r.Last {
				break
			}
			d = max(d, allowed.First)
		}
		if skipped, ok := s.skip.from(d); ok && skipped.First <= d {
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

// plannedOn lists the classes that are planned on a day, by start. Entries that give the same start are one class,
// of the longest length, since nothing of what was asked for may be lost; so are two days of which a clock change
// skips the first, where the later one gives way.
func (s *schedule) plannedOn(w *wallClock, d Day, into []planned) []planned {
	list := s.listed(w, d, into)
	if len(list) == 0 {
		return list
	}
	if first := &list[0]; (first.shift == shiftGap || first.clock == 0) && w.day(first.instant-1) < d-1 {
		before := s.listed(w, d-1, nil)
		if n := len(before); n > 0 && before[n-1].instant == first.instant {
			list = list[1:]
		}
	}
	for i := range list {
		list[i].shared = len(list) > 1 || list[i].shift == shiftGap && w.day(list[i].instant) != d
	}
	return list
}

func (s *schedule) listed(w *wallClock, d Day, into []planned) []planned {
	list := into[:0]
	add := func(entry int, c clock, length int64) {
		instant, shift := w.instant(d, c)
		list = append(list, planned{entry: entry, day: d, clock: c, instant: instant, length: length, shift: shift})
	}
	i := sort.Search(len(s.dated), func(i int) bool { return s.dated[i].day >= d })
	for ; i < len(s.dated) && s.dated[i].day == d; i++ {
		add(s.dated[i].entry, s.dated[i].clock, s.dated[i].length)
	}
	if len(s.regular) > 0 && s.asksRegular(d) {
		for i := range s.regular {
			if e := &s.regular[i]; e.fits(d) {
				for _, c := range e.clocks {
					add(e.entry, c, e.length)
				}
			}
		}
	}
	if len(list) < 2 {
		return list
	}
	slices.SortStableFunc(list, func(a, b planned) int {
		return cmp.Or(cmp.Compare(a.instant, b.instant), cmp.Compare(b.length, a.length), cmp.Compare(a.entry, b.entry))
	})
	kept := list[:1]
	for _, p := range list[1:] {
		last := &kept[len(kept)-1]
		if p.instant != last.instant {
			kept = append(kept, p)
		} else if p.clock != last.clock || p.length != last.length {
			last.merged = p.entry + 1
		}
	}
	return kept
}

// alone is the schedule of one entry only.
func (s *schedule) alone(entry int) *schedule {
	one := *s
	one.regular, one.dated = nil, nil
	for _, e := range s.regular {
		if e.entry == entry {
			one.regular = append(one.regular, e)
		}
	}
	for _, e := range s.dated {
		if e.entry == entry {
			one.dated = append(one.dated, e)
		}
	}
	return &one
}

// bounds gives the first and the last day on which a class can be planned; false when there is none or no bound.
func (s *schedule) bounds() (DayRange, bool) {
	days := DayRange{lastDay, firstDay}
	if n := len(s.dated); n > 0 {
		days = DayRange{s.dated[0].day, s.dated[n-1].day}
	}
	if len(s.regular) > 0 {
		if !s.bounded {
			return DayRange{}, false
		}
		if n := len(s.only); n > 0 {
			days = DayRange{min(days.First, s.only[0].First), max(days.Last, s.only[n-1].Last)}
		}
	}
	return days, days.First <= days.Last
}
