package rules

import (
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestATimeThatNeverHappensIsReported(t *testing.T) {
	const now = "2031-09-01"
	wantFindings(t, build.TermOf("2031-10-06..2031-10-08", build.Recording("r", "UTC", "Mon 09:00-10:00", "Thu-Sun 09:00-10:00")), now,
		"102 never-happens Thu Fri Sat Sun 09:00-10:00 of r … (2031-10-06 to 2031-10-08)")
	wantFindings(t, build.TermOf("2031-01-01..2031-12-31", build.Recording("r", "UTC", "cron 0 9 30 2 * for 1h", "Mon 09:00-10:00")), "2031-01-01",
		`101 never-happens cron "0 9 30 2 *" … no date fits`)
	wantFindings(t, build.TermOf("2031-01-01..2031-12-31", build.Recording("r", "UTC", "cron 0 9 29 2 * for 1h", "Mon 09:00-10:00")), "2031-01-01",
		"101 never-happens … only contains no such day")

	skipped := build.Recording("r", "UTC", "Mon 09:00-10:00")
	p := build.TermOf("2031-10-06..2031-10-12", skipped)
	skipped.Skip = []*plan.Calendar{build.Calendar("holidays", "2031-10-06")}
	wantFindings(t, p, now, "11 calendar-matches-nothing", "101 never-happens … in skip too, from 2031-10-06")

	cancelled := build.Recording("r", "UTC", "Mon 09:00-10:00", "2031-10-08 09:00-10:00")
	p = build.TermOf("2031-10-06..2031-10-12", cancelled)
	build.Change(cancelled, "2031-10-06..2031-10-12", "cancelled")
	wantFindings(t, p, now) // somebody said so

	// Whether a class has happened already is no question of this rule.
	wantFindings(t, build.TermOf("2031-10-06..2031-10-12", build.Recording("r", "UTC", "Mon 09:00-10:00")), "2031-12-01", "101 in-the-past")
}
