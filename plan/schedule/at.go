package schedule

import (
	"time"

	"rundown/plan"
)

// At is an occurrence of a recording that no entry of the plan names: from start to end, which calendars, changes and
// padding do not touch. Its identity is made of start like that of any other.
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
