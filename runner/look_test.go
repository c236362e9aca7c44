package runner_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestSpecsAreReadThoughTheirWriterWasInterrupted gives up on a plan when its specs are written. The class that it adds begins all the
// same, although nobody else writes the store.
func TestSpecsAreReadThoughTheirWriterWasInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-3 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Second
		ctx, cancel := context.WithCancel(context.Background())
		var armed atomic.Bool
		h.atPoint = func(point string) {
			if armed.Load() && point == "after writing the plan" {
				cancel()
			}
		}
		e := h.open(loadPlan(t, school("2031-09-16 09:00-09:10"), "school.yaml"))
		time.Sleep(10 * time.Second)
		armed.Store(true)
		if _, err := e.Apply(ctx, loadPlan(t, school("2031-09-15 09:00-09:10, 2031-09-16 09:00-09:10"), "school.yaml")); err == nil {
			t.Fatal("the plan was not given up")
		}
		until(monday.Add(15 * time.Minute))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("it is %q: %s", s.Outcome, s.Reason)
		}
	})
}
