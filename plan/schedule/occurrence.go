package schedule

import (
	"fmt"
	"iter"
	"time"

	"rundown/plan"
)

// Occurrences lists the classes that start in [from, until), cancelled ones included, ordered by start and then by
// document order. The start that counts is the one after changes; that of a cancelled class is the planned one.
//
// Padding gives way to neighbours: other classes of the plan, not cancelled ones, that open the same page. A class
// is recorded from the end of the one before at the earliest, and until recording of the next begins; neighbours
// outside of the window count too, so that cutting a window in two changes nothing.
func Occurrences(p *plan.Plan, from, until time.Time) []plan.Occurrence {
	var list []plan.Occurrence
	for o := range All(p, from, until) {
		list = append(list, o)
	}
	return list
}

// All gives what [Occurrences] lists, one by one. Its memory does not grow with the window.
func All(p *plan.Plan, from, until time.Time) iter.Seq[plan.Occurrence] {
	return func(yield func(plan.Occurrence) bool) {
		e := New(p)
		for c := range e.Each(from, until) {
			if !yield(e.occurrence(c)) {
				return
			}
		}
	}
}

// OccurrencesOf lists the classes of one recording regardless of neighbours: RecordFrom and RecordUntil include the
// whole padding.
func OccurrencesOf(r *plan.Recording, p *plan.Plan, from, until time.Time) []plan.Occurrence {
	if r.Zone == nil {
		return nil
	}
	e := &Schedule{Plan: p}
	var list []plan.Occurrence
	for k := range newTimetable(r, 0, UnionDays(r.Only), UnionDays(r.Skip)).Classes(UnixCeil(from), UnixCeil(until)) {
		list = append(list, e.occurrence(k))
	}
	return list
}

// occurrence makes the occurrence of an instance.
func (e *Schedule) occurrence(c *Instance) plan.Occurrence {
	settings := c.Settings()
	at := func(unix int64) time.Time { return time.Unix(unix, 0).In(settings.Zone) }
	o := plan.Occurrence{
		ID:          e.ID(c),
		Plan:        e.Plan.Name,
		Recording:   c.Timetable.Recording,
		Planned:     time.Unix(c.Planned, 0).In(c.Timetable.Recording.Zone),
		Start:       at(c.Start),
		End:         at(c.End),
		RecordFrom:  at(c.RecordFrom),
		RecordUntil: at(c.RecordUntil),
		ClockChange: c.ClockChange(),
		Settings:    *settings,
		URL:         e.URL(c),
		Cname:       e.Cname(c),
		Prefix:      e.prefix(c),
		Shared:      c.shared,
	}
	if c.Change >= 0 {
		change := &c.Timetable.Recording.Changes[c.Change]
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

// ID is the id of the class, which never changes: plan/recording/20310917T170000Z, with the planned start in UTC.
func (e *Schedule) ID(c *Instance) string {
	return e.Plan.Name + "/" + c.Timetable.Recording.ID + "/" + time.Unix(c.Planned, 0).UTC().Format(identityTime)
}

// ClockChange describes what a clock change does to the start, for people; "" for nothing.
func (c *Instance) ClockChange() string {
	zone := c.Settings().Zone
	start := time.Unix(c.Start, 0).In(zone)
	switch c.Shift {
	case shiftGap:
		layout := "15:04"
		if plan.LocalDay(start) != c.startDay {
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
