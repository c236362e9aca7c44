package plan

import "testing"

func TestLeapDaysHaveTheirClasses(t *testing.T) {
	p := newPlan(
		recording("dated", "Europe/Madrid", "2032-02-29 09:00-09:50"),
		recording("late", "Europe/Madrid", "2032-02-28 23:30-00:20"),
		recording("yearly", "Europe/Madrid", "cron 0 12 29 2 * for 90m"),
	)
	wantLines(t, Occurrences(p, instant("2031-01-01"), instant("2037-01-01")),
		"late 2032-02-28T23:30:00+01:00/50m0s",
		"dated 2032-02-29T09:00:00+01:00/50m0s",
		"yearly 2032-02-29T12:00:00+01:00/1h30m0s",
		"yearly 2036-02-29T12:00:00+01:00/1h30m0s",
	)
}
