package rules

import (
	"testing"

	"rundown/plan/plantest/build"
)

func TestATimeThatIsOverIsReported(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon 09:00-10:00", "2031-10-07 09:00-10:00", "2031-10-08 09:00-10:00")
	p := build.TermOf("2031-10-06..2031-10-13", r)
	wantFindings(t, p, "2031-10-07T09:59:59Z")
	wantFindings(t, p, "2031-10-07T10:00:00Z", "102 in-the-past every class of 2031-10-07 09:00-10:00 of r has ended, the last one on 2031-10-07 10:00 UTC")
	build.Change(r, "2031-10-07", "2031-12-01 09:00-10:00")
	wantFindings(t, p, "2031-10-07T10:00:00Z")
	wantFindings(t, p, "2031-11-01", "101 in-the-past", "103 in-the-past")
}
