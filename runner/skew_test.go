package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestAClockThatDiffersFromTheServicesIsTold has a service whose clock is ahead, behind, or barely off.
func TestAClockThatDiffersFromTheServicesIsTold(t *testing.T) {
	for _, c := range []struct {
		name  string
		ahead time.Duration
		want  string // in the log
	}{
		{"in step", 0, ""},
		{"4 s ahead", 4 * time.Second, ""},
		{"4 s behind", -4 * time.Second, ""},
		{"a minute ahead", time.Minute, "service_ahead=1m0s"},
		{"a minute behind", -time.Minute, "service_ahead=-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				p := load(t, school("2031-09-15 09:00-09:50"), "school.yaml")
				h := newHouse(t, simulator.Config{Now: func() time.Time { return time.Now().Add(c.ahead) }})
				e := h.open(p)
				until(monday.Add(55 * time.Minute))
				h.shut(e)
				const warning = "clock and the service's differ"
				log := h.log.String()
				if got := strings.Count(log, warning); got != strings.Count(c.want, "=") || !strings.Contains(log, c.want) {
					t.Errorf("%d warnings, want %q:\n%s", got, c.want, log)
				}
			})
		})
	}
}
