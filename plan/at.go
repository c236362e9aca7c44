package plan

import "time"

// At is an occurrence of a recording that no entry of the plan names: from start to end, which calendars, changes and
// padding do not touch. Its identity is made of start like that of any other.
func At(p *Plan, r *Recording, start, end time.Time) Occurrence {
	s := newSchedule(r, 0, nil, nil)
	from, until := start.Unix(), unixCeil(end)
	day := localDay(start.In(r.Zone))
	c := &class{
		planned: from, start: from, end: until, recordFrom: from, recordUntil: until,
		schedule: s, change: -1, day: day, startDay: day, shared: true,
	}
	e := &expansion{plan: p}
	return e.occurrence(c)
}
