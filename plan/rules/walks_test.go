package rules

import (
	"testing"

	"rundown/plan/plantest/build"
	"rundown/plan/schedule"
)

func TestARecordingWithoutAZoneHasNoClasses(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon 09:00-10:00")
	r.Zone = nil
	p := build.NewPlan(r)
	if n := len(schedule.Occurrences(p, build.Instant("2031-01-01"), build.Instant("2032-01-01"))) + len(schedule.OccurrencesOf(r, p, build.Instant("2031-01-01"), build.Instant("2032-01-01"))); n != 0 {
		t.Errorf("%d classes", n)
	}
	schedule.New(p).LastBound()
	Check(p, Options{Now: build.Instant("2031-01-01")})
	summarize(p, Options{Now: build.Instant("2031-01-01")})
}
