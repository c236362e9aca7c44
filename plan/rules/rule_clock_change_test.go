package rules

import (
	"testing"

	"rundown/plan/plantest/build"
)

func TestClockChangesAreListedClassByClass(t *testing.T) {
	r := build.Recording("r", "America/New_York", "Sun 02:30-03:30", "Sun 01:15-01:45", "Mon 02:30-03:00")
	p := build.TermOf("2031-01-01..2031-12-31", r)
	wantFindings(t, p, "2031-01-01",
		"101 clock-change r@2031-03-09: the clock skips 02:30 … starts at 03:00",
		"102 clock-change r@2031-11-02: the clock shows 01:15 twice")
	build.Change(r, "2031-03-09 02:30", "04:00-05:00")
	build.Change(r, "2031-11-03", "2031-11-02 01:59-02:20")
	wantFindings(t, p, "2031-01-01",
		"102 clock-change r@2031-11-02: the clock shows 01:15 twice",
		"201 clock-change r@2031-11-03: the clock shows 01:59 twice on 2031-11-02")
	wantFindings(t, p, "2031-11-02T12:00:00Z")
}
