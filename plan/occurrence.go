package plan

import (
	"fmt"
	"iter"
	"time"
)

// Occurrences lists the classes that start in [from, until), cancelled ones included, ordered by start and then by
// document order. The start that counts is the one after changes; that of a cancelled class is the planned one.
//
// Padding gives way to neighbours: other classes of the plan, not cancelled ones, that open the same page. A class
// is recorded from the end of the one before at the earliest, and until recording of the next begins; neighbours
// outside of the window count too, so that cutting a window in two changes nothing.
func Occurrences(p *Plan, from, until time.Time) []Occurrence {
	var list []Occurrence
	for o := range All(p, from, until) {
		list = append(list, o)
	}
	return list
}

// All gives what [Plan.Occurrences] lists one by one; the memory that it needs does not grow with the window.
func All(p *Plan, from, until time.Time) iter.Seq[Occurrence] {
	return func(yield func(Occurrence) bool) {
		e := newExpansion(p)
		e.walk(from, until, func(c *class) bool { return yield(e.occurrence(c)) })
	}
}

// OccurrencesOf is the same for one recording, without regard to neighbours: RecordFrom and RecordUntil have the
// full padding.
func OccurrencesOf(r *Recording, p *Plan, from, until time.Time) []Occurrence {
	if r.Zone == nil {
		return nil
	}
	e := &expansion{plan: p}
	var list []Occurrence
	for k := range newSchedule(r, 0, unionDays(r.Only), unionDays(r.Skip)).classes(unixCeil(from), unixCeil(until)) {
		list = append(list, e.occurrence(k))
	}
	return list
}

// LastBound is the instant after which no class of the plan can start; false when a recording has no bound. It is
// the end of the last day that the plan's dates, calendars and changes allow; for a plan without any, the zero
// time.
func LastBound(p *Plan) (time.Time, bool) {
	return newExpansion(p).lastBound()
}

// occurrence tells the class to the world.
func (e *expansion) occurrence(c *class) Occurrence {
	settings := c.settings()
	at := func(unix int64) time.Time { return time.Unix(unix, 0).In(settings.Zone) }
	o := Occurrence{
		ID:          e.id(c),
		Plan:        e.plan.Name,
		Recording:   c.schedule.recording,
		Planned:     time.Unix(c.planned, 0).In(c.schedule.recording.Zone),
		Start:       at(c.start),
		End:         at(c.end),
		RecordFrom:  at(c.recordFrom),
		RecordUntil: at(c.recordUntil),
		ClockChange: c.clockChange(),
		Settings:    *settings,
		URL:         e.url(c),
		Cname:       e.cname(c),
		Prefix:      e.prefix(c),
		shared:      c.shared,
	}
	if c.change >= 0 {
		change := &c.schedule.recording.Changes[c.change]
		o.ChangePos = change.Pos
		switch {
		case change.Cancelled:
			o.Change = "cancelled"
		case change.To != nil:
			o.Change = "moved"
		default:
			o.Change = "changed"
		}
	}
	return o
}

// id is the identity of the class, for ever.
func (e *expansion) id(c *class) string {
	b := make([]byte, 0, len(e.plan.Name)+len(c.schedule.recording.ID)+len("//20310917T170000Z"))
	b = append(b, e.plan.Name...)
	b = append(b, '/')
	b = append(b, c.schedule.recording.ID...)
	b = append(b, '/')
	return string(time.Unix(c.planned, 0).UTC().AppendFormat(b, identityTime))
}

// clockChange says what a clock change does to the start, for people; "" for nothing.
func (c *class) clockChange() string {
	zone := c.settings().Zone
	start := time.Unix(c.start, 0).In(zone)
	switch c.shift {
	case shiftGap:
		layout := "15:04"
		if localDay(start) != c.startDay {
			layout = "2006-01-02 15:04"
		}
		return fmt.Sprintf("the clock skips %s on %s in %s: starts at %s, the first instant after",
			c.startClock, c.startDay, zone, start.Format(layout))
	case shiftTwice:
		return fmt.Sprintf("the clock shows %s twice on %s in %s: starts the first time, at %s UTC",
			c.startClock, c.startDay, zone, start.UTC().Format("15:04"))
	default:
		return ""
	}
}
