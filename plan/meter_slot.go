package plan

import (
	"cmp"
	"slices"
	"time"
)

// slot is a weekly time that recordings have in common: in a zone, by the same calendars, of the same length and
// padding, for the same counters. Its classes are the same instants for all of them, and are counted once, with their
// number: where thousands of recordings begin at a few bells, or in any five minutes, that is a small part of them.
type slot struct {
	start   int64 // of the next class; never for none
	length  int64 // s
	before  int64 // s of padding
	after   int64
	profile int32
	next    Day // on the weekday, after the next class
	clock   clock
	wall    *wallClock
	only    daySet
	bounded bool // by only
	skip    daySet
}

// advance finds the next class that starts in [from, until).
func (s *slot) advance(from, until int64) {
	for s.next <= lastDay {
		day := s.next
		if s.bounded {
			allowed, ok := s.only.from(day)
			if !ok {
				break
			}
			if allowed.First > day {
				s.next += (allowed.First - day + 6) / 7 * 7
				continue
			}
		}
		s.next += 7
		if s.skip.contains(day) {
			continue
		}
		start, _ := s.wall.instant(day, s.clock)
		if start >= until {
			break
		}
		if start >= from {
			s.start = start
			return
		}
	}
	s.start = never
}

// slotKey is what recordings must agree in to be counted by one slot.
type slotKey struct {
	zone                  *slotZone
	only, skip            *DayRange // of the sets, their first
	bounded               bool
	weekday               time.Weekday
	clock                 clock
	length, before, after int64
	counter               int32
}

// slotZone is what the slots in a zone share.
type slotZone struct {
	wall   wallClock
	spread int64 // s by which offsets from UTC differ while the window lasts
}

// timetable parts the recordings of a plan into slots.
type timetable struct {
	e     *expansion
	zones map[*wallClock]*slotZone
	known map[slotKey]int // the index of the slot
	week  []weekTime
}

func newTimetable(e *expansion) *timetable {
	return &timetable{e: e, zones: make(map[*wallClock]*slotZone), known: make(map[slotKey]int)}
}

// weekTime is a weekly time, from the midnight before Sunday on its own week's wall.
type weekTime struct {
	start, length int64 // s
	weekday       time.Weekday
	clock         clock
}

// zone is that of a schedule. What is planned in it in the window or beside it cannot be nearer to anything else than
// the clocks on the wall say, but for the spread.
func (t *timetable) zone(s *schedule, from, until int64) *slotZone {
	z, ok := t.zones[s.near]
	if !ok {
		z = &slotZone{wall: s.wallClock()}
		margin := t.e.maxLength + t.e.maxBefore + t.e.maxAfter + 2*offsetReach
		w := wallClock{loc: s.recording.Zone, until: from - margin}
		least, most := int64(offsetReach), int64(-offsetReach)
		for w.until <= until+margin {
			w.load(w.until)
			least, most = min(least, w.offset), max(most, w.offset)
		}
		z.spread = most - least
		t.zones[s.near] = z
	}
	return z
}

// weekly lists the weekly times of a schedule whose classes are nobody's neighbours: no other recording uses their
// pages, all are weekly and under no change, and their own paddings cannot meet. False for all other schedules.
func (t *timetable) weekly(s *schedule, spread int64) bool {
	t.week = t.week[:0]
	if len(s.dated) > 0 || len(s.changed) > 0 {
		return false
	}
	for i := range s.regular {
		e := &s.regular[i]
		if e.spec != nil {
			return false
		}
		for d := range time.Weekday(7) {
			if e.days.has(d) {
				t.week = append(t.week, weekTime{int64(d)*daySeconds + int64(e.clocks[0]), e.length, d, e.clocks[0]})
			}
		}
	}
	slices.SortFunc(t.week, func(a, b weekTime) int { return cmp.Compare(a.start, b.start) })
	before, after := s.recording.Settings.padding()
	for i, a := range t.week {
		next := t.week[(i+1)%len(t.week)].start
		if i+1 == len(t.week) {
			next += 7 * daySeconds
		}
		if next-a.start < a.length+after+before+spread {
			return false
		}
	}
	return true
}

// take counts a schedule by slots; false when its classes have to be followed one by one.
func (m *meter) take(t *timetable, s *schedule, index *profileIndex) bool {
	z := t.zone(s, m.from, m.until)
	if !t.weekly(s, z.spread) {
		return false
	}
	index.order++
	own := index.profile(t.e.plan, s.recording, &s.recording.Settings)
	own.labels = slices.Clip(own.labels) // each slot adds to its own
	before, after := s.recording.Settings.padding()
	for _, w := range t.week {
		key := slotKey{z, s.only.first(), s.skip.first(), s.bounded, w.weekday, w.clock, w.length, before, after, own.counter}
		if i, ok := t.known[key]; ok {
			p := &m.profiles[m.slots[i].profile]
			p.recordings++
			p.labels = append(p.labels, own.labels...)
			continue
		}
		t.known[key] = len(m.slots)
		first := max(z.wall.day(m.from)-2, firstDay)
		one := slot{
			length: w.length, before: before, after: after, profile: int32(len(m.profiles)), clock: w.clock, wall: &z.wall,
			next: first + Day(w.weekday-first.Weekday()+7)%7, only: s.only, bounded: s.bounded, skip: s.skip,
		}
		one.advance(m.from, m.until)
		if one.start != never {
			m.maxBefore = max(m.maxBefore, t.e.maxBefore)
		}
		m.slots = append(m.slots, one)
		m.profiles = append(m.profiles, own)
	}
	return true
}
