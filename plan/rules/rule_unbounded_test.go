package rules

import (
	"testing"

	"rundown/plan/plantest/build"
)

func TestAWeeklyTimeWithoutBoundsIsReported(t *testing.T) {
	wantFindings(t, build.NewPlan(build.Recording("r", "UTC", "2031-10-06 09:00-10:00", "Mon 11:00-12:00", "cron 0 15 * * FRI for 1h")), "2031-09-01",
		"102 unbounded Mon 11:00-12:00 of r … | name a calendar")
	wantFindings(t, build.NewPlan(build.Recording("r", "UTC", "2031-10-06 09:00-10:00")), "2031-09-01")
}
