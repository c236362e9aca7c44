package plan

import (
	"cmp"
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
	page                    *page
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

// cursor gives the classes of one recording that start in [from, until), in order of start.
//
// A class that stays on its day, whatever its new time, starts after every class of the days before: the instant of
// a wall clock time never decreases with it. So days are counted one by one, and only the classes that a change
// displaces are looked up beforehand.
type cursor struct {
	schedule    *schedule
	wall        wallClock
	from, until int64
	days        DayRange // still to count
	ready       []class  // of one day, by start
	displaced   []class  // by start
	buffer      []planned
	classes     []class
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

func (s *schedule) cursor(from, until int64) *cursor {
	c := &cursor{schedule: s, wall: s.wallClock(), from: from, until: until}
	// A start may be as far after its day as the longest gap, a day.
	c.days = DayRange{max(c.wall.day(from)-2, firstDay), min(c.wall.day(until), lastDay)}
	c.displace()
	return c
}

// displace finds the classes that changes displace into the window.
func (c *cursor) displace() {
	s := c.schedule
	for i := range s.recording.Changes {
		change := &s.recording.Changes[i]
		if !change.displaces(&s.recording.Settings, s.changed[i]) {
			continue
		}
		days := change.Key.Days
		elsewhere := wallClock{loc: s.changed[i].Zone}
		if to := change.To; to != nil && to.HasDay {
			if start, _ := elsewhere.instant(to.Day, to.start); start < c.from || start >= c.until {
				continue
			}
		} else {
			days = DayRange{max(days.First, c.wall.day(c.from)-3), min(days.Last, c.wall.day(c.until)+3)}
		}
		for {
			d, ok := s.nextDay(days)
			if !ok {
				break
			}
			days.First = d + 1
			c.buffer = s.plannedOn(&c.wall, d, c.buffer)
			for j := range c.buffer {
				if s.changes.find(d, c.buffer[j].clock) != i {
					continue
				}
				if k := s.class(&c.buffer[j], i, &elsewhere); c.from <= k.start && k.start < c.until {
					c.displaced = append(c.displaced, k)
				}
			}
		}
	}
	slices.SortFunc(c.displaced, func(a, b class) int { return compareClasses(&a, &b) })
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

// padding is what is asked for before and after a class, in seconds.
func (s *Settings) padding() (before, after int64) {
	if !s.ExactStart {
		before = int64(s.Padding.Before / time.Second)
	}
	return before, int64(s.Padding.After / time.Second)
}

// next gives the next class. It is valid until the call after.
func (c *cursor) next() (*class, bool) {
	for len(c.ready) == 0 && c.fill() {
	}
	switch {
	case len(c.displaced) > 0 && (len(c.ready) == 0 || compareClasses(&c.displaced[0], &c.ready[0]) < 0):
		k := &c.displaced[0]
		c.displaced = c.displaced[1:]
		return k, true
	case len(c.ready) > 0:
		k := &c.ready[0]
		c.ready = c.ready[1:]
		return k, true
	default:
		return nil, false
	}
}

// fill counts one more day on which something is planned.
func (c *cursor) fill() bool {
	s := c.schedule
	d, ok := s.nextDay(c.days)
	if !ok {
		return false
	}
	c.days.First = d + 1
	c.buffer = s.plannedOn(&c.wall, d, c.buffer)
	c.ready = c.classes[:0]
	for i := range c.buffer {
		p := &c.buffer[i]
		change := -1
		if len(s.recording.Changes) > 0 {
			change = s.changes.find(d, p.clock)
			if change >= 0 && s.recording.Changes[change].displaces(&s.recording.Settings, s.changed[change]) {
				continue
			}
		}
		if k := s.class(p, change, &c.wall); c.from <= k.start && k.start < c.until {
			c.ready = append(c.ready, k)
		}
	}
	c.classes = c.ready
	slices.SortFunc(c.ready, func(a, b class) int { return compareClasses(&a, &b) })
	return true
}
