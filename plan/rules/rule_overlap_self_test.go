package rules

import (
	"testing"

	"rundown/plan/plantest/build"
)

func TestARecordingThatOverlapsItselfIsReported(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon 09:00-10:00", "Mon-Tue 09:30-10:30", "Tue 10:30-11:00")
	p := build.TermOf("2031-10-06..2031-10-31", r)
	wantFindings(t, p, "2031-09-01",
		"102 overlap-self … r on 2031-10-06 09:00-10:00, and r on 2031-10-06 09:30-10:30 before it ends; 3 more in the window")
	build.Change(r, "2031-10-06 09:00", "cancelled")
	build.Change(r, "2031-10-07 10:30", "10:15-11:00")
	wantFindings(t, p, "2031-09-01",
		"102 overlap-self … r on 2031-10-13 09:00-10:00 … 2 more",
		"201 overlap-self … r on 2031-10-07 09:30-10:30, and r on 2031-10-07 10:15-11:00 (moved) before it ends | the class of 2031-10-07 is moved there: choose another time for it")
	r.Changes = nil
	r.When = build.Recording("", "UTC", "Mon 09:00-10:00", "Mon-Tue 09:00-10:00", "Tue 10:00-10:30", "Tue 23:00-00:00", "Wed 00:00-01:00").When
	wantFindings(t, p, "2031-09-01") // alike, or one after the other

	wantFindings(t, build.TermOf("2031-10-06..2031-10-31", build.Recording("r", "UTC", "Mon 09:00-10:00", "Mon 09:00-09:30")), "2031-09-01",
		"102 overlap-self … Mon 09:00-10:00 and Mon 09:00-09:30 start together")
	wantFindings(t, build.TermOf("2031-10-06..2031-10-31", build.Recording("r", "UTC", "cron 0 */2 * * MON for 3h")), "2031-09-01",
		"101 overlap-self … r on 2031-10-06 00:00-03:00, and r on 2031-10-06 02:00-05:00")

	wantFindings(t, build.TermOf("2031-10-06..2031-10-31", build.Recording("r", "UTC", "Mon Wed 09:45-09:00", "Mon 13:00-14:00")), "2031-09-01",
		"102 overlap-self … r on 2031-10-06 13:00-14:00 before it ends … | the end of Mon Wed 09:45-09:00 is before its start: write Mon Wed 09:00-09:45, if the two were swapped")

	r = build.Recording("r", "UTC", "Mon Wed 09:00-09:50")
	build.Change(r, "2031-10-13", "2031-10-15 09:00-09:50")
	wantFindings(t, build.TermOf("2031-10-06..2031-10-31", r), "2031-09-01",
		"overlap-self … r on 2031-10-15 09:00-09:50 (moved from 2031-10-13), and r on 2031-10-15 09:00-09:50 at the same time | the class of 2031-10-13 is moved there: choose another time for it")
}
