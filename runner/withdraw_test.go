package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAWithdrawnPlanIsTakenOutOfWork withdraws a plan in the middle of a class: that one is recorded to its end, and the
// next is not begun, also after a restart.
func TestAWithdrawnPlanIsTakenOutOfWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.revision = wholeRevision
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:10, 2031-09-15 09:30-09:40"), "school.yaml"))
		until(monday.Add(5 * time.Minute))
		if _, err := h.beside().AddRevision(context.Background(), store.Revision{At: time.Now(), Plan: "school", Who: "operator"}); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(20 * time.Minute))
		if n := e.Plans(); n != 0 {
			t.Errorf("%d plans are active", n)
		}
		h.shut(e)
		e = h.open()
		until(monday.Add(time.Hour))
		rows, err := h.store.Occurrences(t.Context(), store.Filter{})
		if err != nil || len(rows) != 1 || rows[0].Outcome != string(session.Recorded) {
			t.Errorf("%+v, %v: want the first class recorded and no other", rows, err)
		}
		h.shut(e)
		if n := len(h.sim.Ledger().Sessions); n != 1 {
			t.Errorf("%d sessions ran", n)
		}
	})
}
