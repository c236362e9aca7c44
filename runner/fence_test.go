package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestAnOrderIsNotRefusedByADaemonThatIsFenced gives the App ID another owner, and orders at that instant: the order is the
// new owner's to carry out.
func TestAnOrderIsNotRefusedByADaemonThatIsFenced(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			until(monday.Add(-10 * time.Minute))
			h := newHouse(t, simulator.Config{})
			e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
			s := h.beside()
			until(monday.Add(10 * time.Minute))
			const other = `UPDATE leases SET term = term + 1, node = node + 1`
			if before {
				h.alter(other)
			}
			ids := waitingOrders(t, s, session.CommandCancel)
			if !before {
				h.alter(other)
				ids = append(ids, waitingOrders(t, s, session.CommandUncancel)...)
			}
			until(monday.Add(15 * time.Minute))
			select {
			case <-e.Fenced():
			default:
				t.Error("it is not fenced")
			}
			h.shut(e)
			for _, id := range ids {
				if c, err := s.Command(context.Background(), id); err != nil || !c.DoneAt.IsZero() && c.Result != "done" {
					t.Errorf("order %d, %s, was judged: %q, %v", id, c.Kind, c.Result, err)
				}
			}
		})
	}
}
