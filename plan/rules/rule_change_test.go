package rules

import (
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestAChangeForNoPlannedClassIsReported(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon 09:00-10:00", "Mon 15:00-16:00")
	p := build.TermOf("2031-10-06..2031-10-31", r)
	build.Change(r, "2031-10-06 09:00", "10:00-11:00")
	build.Change(r, "2031-10-07", "cancelled")
	build.Change(r, "2031-10-13 15:00", "cancelled")
	build.Change(r, "2031-10-20 10:00", "cancelled")
	build.Change(r, "2031-10-21..2031-10-26", "cancelled")
	build.Change(r, "2031-10-26..2031-10-27", "cancelled")
	build.Change(r, "2041-10-27", "cancelled")
	wantFindings(t, p, "2031-09-01",
		"201 change-matches-nothing r has no class planned on 2031-10-07 | it is a Tuesday; planned around it: 2031-10-06, 2031-10-13, 2031-10-20",
		"203 change-matches-nothing … on 2031-10-20 at 10:00 | planned on that day: 09:00, 15:00",
		"204 change-matches-nothing … on 2031-10-21..2031-10-26 | planned around it: 2031-10-13",
		"206 change-matches-nothing … on 2041-10-27 | it is a Sunday; changes are found by")
}

func TestAChangeOnADayWithoutAClassSaysWhy(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon Wed 09:00-10:00", "2031-10-09 09:00-10:00")
	p := build.TermOf("2031-10-06..2031-10-31", r)
	r.Skip = []*plan.Calendar{build.Calendar("holidays", "2031-10-13..2031-10-19")}
	for _, day := range []string{"2031-10-13", "2031-10-14", "2031-10-10", "2031-11-03", "2031-11-04"} {
		build.Change(r, day, "cancelled")
	}
	wantFindings(t, p, "2031-09-01",
		"change-matches-nothing … on 2031-10-13 | r skips it, since it is in holidays: remove this change, or correct its day; planned around it: ",
		"change-matches-nothing … on 2031-10-14 | it is a Tuesday; planned around it: ",
		"change-matches-nothing … on 2031-10-10 | it is a Friday; planned around it: ",
		"change-matches-nothing … on 2031-11-03 | it is in no calendar of only; planned around it: ",
		"change-matches-nothing … on 2031-11-04 | it is a Tuesday; planned around it: ")
}
