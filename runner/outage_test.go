package runner_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhatFellDueInAnOutageIsDoneAtOnce has the store take writes again at several instants between two heartbeats: a step may be
// stored before the next heartbeat is.
func TestWhatFellDueInAnOutageIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		due   string
		begun time.Duration // the outage, after the bell
	}{{"starts", -50 * time.Second}, {"stops", 11*time.Minute + 50*time.Second}} {
		for _, length := range []time.Duration{20100 * time.Millisecond, 20600 * time.Millisecond} {
			t.Run(fmt.Sprint(c.due, " after ", length), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f, a, b := twoNodes(t)
					until(monday.Add(c.begun))
					again := f.refuseWrites()
					time.Sleep(length)
					again()
					back := time.Now()
					until(monday.Add(15 * time.Minute))
					f.recorded(b.store, 4)
					for _, s := range f.sim.Ledger().Sessions {
						done := s.StartedAt
						if c.due == "stops" {
							done = *s.StoppedAt
						}
						if late := done.Sub(back); late < 0 || late > 3*time.Second {
							t.Errorf("%s of %s came %v after the store was back", c.due, s.Cname, late)
						}
					}
					for _, n := range []*fleetNode{a, b} {
						f.leave(n)
					}
					f.once()
				})
			})
		}
	}
}
