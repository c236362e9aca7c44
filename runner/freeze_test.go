package runner_test

import (
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestAProcessThatDidNotRunIsLogged has nothing of the engine run for a while, as SIGSTOP does: whoever looks at the clock
// waits. The class is stopped as soon as it runs again.
func TestAProcessThatDidNotRunIsLogged(t *testing.T) {
	t.Parallel()
	told := regexp.MustCompile(`level=WARN msg="the process did not run for a while[^"]*" duration_ms=(\d+)`)
	for _, c := range []struct {
		name   string
		poll   time.Duration
		frozen time.Duration
		logged bool
	}{
		{"nine seconds", time.Second, 9 * time.Second, false},
		{"twelve seconds", time.Second, 12 * time.Second, true},
		{"five minutes", time.Second, 5 * time.Minute, true},
		{"what is polled seldom is not taken for it", time.Minute, 9 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = c.poll
				from := monday.Add(51*time.Minute + 58*time.Second) // two seconds before the end with its padding
				end := from.Add(c.frozen)
				h.now = func() time.Time {
					if now := time.Now(); !now.Before(from) && now.Before(end) {
						until(end)
					}
					return time.Now()
				}
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				found := told.FindAllStringSubmatch(h.log.String(), -1)
				if (len(found) == 1) != c.logged || len(found) > 1 {
					t.Fatalf("the log tells of it %d times", len(found))
				}
				if c.logged {
					ms, err := strconv.Atoi(found[0][1])
					if off := time.Duration(ms)*time.Millisecond - c.frozen; err != nil || off.Abs() > 2*c.poll {
						t.Errorf("it says %d ms, want %v", ms, c.frozen)
					}
				}
				ran := h.sim.Ledger().Sessions
				if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StoppedAt.After(end.Add(3*time.Second)) {
					t.Errorf("the sessions: %+v", ran)
				}
			})
		})
	}
}
