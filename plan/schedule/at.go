package schedule

import (
	"time"

	"rundown/plan"
)

// At makes an occurrence of a recording that no entry of the plan names, as for a recording that an operator starts
// now: from start to end, without calendars, changes and padding. Its id is made of start like any other.
func At(p *plan.Plan, r *plan.Recording, start, end time.Time) plan.Occurrence {
	s := newTimetable(r, 0, nil, nil)
	from, until := start.Unix(), UnixCeil(end)
	day := plan.LocalDay(start.In(r.Zone))
	c := &Instance{
		Planned: from, Start: from, End: until, RecordFrom: from, RecordUntil: until,
		Timetable: s, Change: -1, Day: day, startDay: day, shared: true,
	}
	e := &Schedule{Plan: p}
	return e.occurrence(c)
}
