package runner_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
)

// TestAStartThatWritesALargePlanWatchesWhatRuns has a class end, and another one begin, while a start writes its plan.
func TestAStartThatWritesALargePlanWatchesWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Second
		before := school("2031-09-15 09:00-09:50, 2031-09-15 10:00-10:30")
		h.shut(h.open(loadPlan(t, before, "school.yaml")))
		e := h.open(loadPlan(t, before, "school.yaml"))
		until(monday.Add(20 * time.Minute))
		h.shut(e)

		var large atomic.Bool
		large.Store(true)
		h.atPoint = func(at string) {
			if at == "before writing the plan" && large.Swap(false) {
				time.Sleep(2 * time.Hour)
			}
		}
		until(monday.Add(30 * time.Minute))
		after := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 10:00-10:30, 2031-09-16 09:00-09:50"), "school.yaml")
		opened := make(chan *runner.Engine)
		go func() { opened <- h.open(after) }()
		until(monday.Add(2 * time.Hour))
		for _, s := range h.sim.Ledger().Sessions {
			if s.StoppedAt == nil {
				t.Errorf("the recording of %s runs on although its class is over", s.Cname)
			}
		}
		e = <-opened
		h.shut(e)
		for _, id := range []string{german, "school/german/20310915T080000Z"} {
			if s := h.outcomes()[id]; s.Outcome != session.Recorded {
				t.Errorf("%s: %s: %s", id, s.Outcome, s.Reason)
			}
		}
		h.audit()
	})
}
