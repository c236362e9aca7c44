package schedule

import (
	"testing"

	"rundown/plan/plantest/build"
)

func TestLeapDaysHaveTheirClasses(t *testing.T) {
	p := build.NewPlan(
		build.Recording("dated", "Europe/Madrid", "2032-02-29 09:00-09:50"),
		build.Recording("late", "Europe/Madrid", "2032-02-28 23:30-00:20"),
		build.Recording("yearly", "Europe/Madrid", "cron 0 12 29 2 * for 90m"),
	)
	build.WantLines(t, Occurrences(p, build.Instant("2031-01-01"), build.Instant("2037-01-01")),
		"late 2032-02-28T23:30:00+01:00/50m0s",
		"dated 2032-02-29T09:00:00+01:00/50m0s",
		"yearly 2032-02-29T12:00:00+01:00/1h30m0s",
		"yearly 2036-02-29T12:00:00+01:00/1h30m0s",
	)
}
