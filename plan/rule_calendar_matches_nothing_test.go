package plan

import "testing"

func TestACalendarEntryWithoutClassesIsReported(t *testing.T) {
	a, b := recording("a", "UTC", "Mon 09:00-10:00"), recording("b", "UTC", "Wed 09:00-10:00", "2031-10-09 09:00-10:00")
	p := termOf("2031-10-06..2031-10-31", a, b)
	holidays := calendar("holidays", "2031-10-06", "2031-10-07", "2031-10-08", "2031-10-09", "2030-10-07", "2031-10-11..2031-10-13")
	p.Calendars = append(p.Calendars, holidays, calendar("unused", "2031-10-07"))
	a.Skip = []*Calendar{holidays}
	b.Skip = []*Calendar{holidays}
	wantFindings(t, p, "2031-09-01",
		"12 calendar-matches-nothing … holidays would have a class on 2031-10-07",
		"14 calendar-matches-nothing … on 2031-10-09",
		"15 calendar-matches-nothing … on 2030-10-07")
}
