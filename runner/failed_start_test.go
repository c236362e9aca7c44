package runner_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
)

// TestAStartThatIsInterruptedFreesItsAppIDs interrupts the start of a node while it writes what is not near of its plan.
func TestAStartThatIsInterruptedFreesItsAppIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-5 * time.Minute))
		f := newFleet(t, simulator.Config{})
		ctx, interrupt := context.WithCancel(context.Background())
		var writes atomic.Int64
		f.failpoint = func(at string) {
			if at == "before writing the plan" && writes.Add(1) == 2 {
				time.Sleep(3 * time.Second) // virtual: the write is slow
				interrupt()
			}
		}
		var failed error
		start := func(e *runner.Engine, _ context.Context, plans ...*plan.Plan) error {
			failed = e.Start(ctx, plans...)
			return nil
		}
		a := f.joinBy(start, "a", nil, loadPlan(t, twoApps(bell, "2031-09-16 09:00-09:10"), "school.yaml"))
		leases, err := a.store.Leases(context.Background())
		must(t, err)
		for _, l := range leases {
			if l.Node != 0 {
				t.Errorf("the node that was interrupted owns %s", l.App)
			}
		}
		if failed == nil || len(leases) != 2 {
			t.Errorf("the start ended with %v, after it had owned %d App IDs", failed, len(leases))
		}
		f.leave(a)
	})
}
