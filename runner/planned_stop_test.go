package runner_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestAPlannedStopSpendsNoAttempt ends the engine while a request of a class that has one attempt only is out, for
// longer than the engine waits for its answer, and begins again before and after the resource id grew too old.
func TestAPlannedStopSpendsNoAttempt(t *testing.T) {
	t.Parallel()
	const slow = 40 * time.Second
	for _, tt := range []struct {
		endpoint string
		drop     string // before: the request has no effect
		down     time.Duration
		sessions int // that the service began
	}{
		{"acquire", "", time.Minute, 1},
		{"acquire", "", 7 * time.Minute, 1},
		{"start", "before", time.Minute, 1},
		{"start", "before", 7 * time.Minute, 1},
		{"start", "", time.Minute, 2}, // the first is an orphan: only the answer that nobody heard named its sid
		{"start", "", 7 * time.Minute, 2},
	} {
		t.Run(fmt.Sprintf("%s %s down for %v", tt.endpoint, tt.drop, tt.down), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{
					{Endpoint: tt.endpoint, Times: 1, Delay: simulator.Duration(slow), Drop: tt.drop},
				}}})
				p := loadPlan(t, school("2031-09-15 09:00-09:50", "    attempts: 1"), "school.yaml")
				e := h.open(p)
				for h.sim.Ledger().Requests[tt.endpoint] == 0 {
					time.Sleep(time.Second)
				}
				h.shut(e)
				time.Sleep(tt.down)
				e = h.open(p)
				until(monday.Add(8 * time.Minute)) // before ten healthy minutes forgive anything
				h.shut(e)
				e = h.open(p)
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				s := h.outcomes()[german]
				if s.Outcome != session.Recorded && s.Outcome != session.Partial || s.Replicas[0].Failures != 0 || s.Replicas[0].AbandonReason != "" {
					t.Errorf("%s after %d failures, gave up %q: %s", s.Outcome, s.Replicas[0].Failures, s.Replicas[0].AbandonReason, s.Reason)
				}
				if ran := h.sim.Ledger().Sessions; len(ran) != tt.sessions {
					t.Errorf("the service began %d sessions, want %d: %+v", len(ran), tt.sessions, ran)
				}
			})
		})
	}
}
