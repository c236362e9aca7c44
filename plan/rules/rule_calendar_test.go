package rules

import (
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestACalendarEntryWithoutClassesIsReported(t *testing.T) {
	a, b := build.Recording("a", "UTC", "Mon 09:00-10:00"), build.Recording("b", "UTC", "Wed 09:00-10:00", "2031-10-09 09:00-10:00")
	p := build.TermOf("2031-10-06..2031-10-31", a, b)
	holidays := build.Calendar("holidays", "2031-10-06", "2031-10-07", "2031-10-08", "2031-10-09", "2030-10-07", "2031-10-11..2031-10-13")
	p.Calendars = append(p.Calendars, holidays, build.Calendar("unused", "2031-10-07"))
	a.Skip = []*plan.Calendar{holidays}
	b.Skip = []*plan.Calendar{holidays}
	wantFindings(t, p, "2031-09-01",
		"12 calendar-matches-nothing … holidays would have a class on 2031-10-07",
		"14 calendar-matches-nothing … on 2031-10-09",
		"15 calendar-matches-nothing … on 2030-10-07")
}
