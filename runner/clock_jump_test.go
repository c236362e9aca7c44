package runner_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAClockThatJumpsCostsNoMoreThanItsJump has the machine's clock set anew, or the machine asleep, at an instant of
// Monday's class from 09:00 to 09:50. What the machine's clock says counts, from half a minute after the jump at the
// latest; nothing begins twice, and nothing runs on.
func TestAClockThatJumpsCostsNoMoreThanItsJump(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       time.Duration // of the jump, after the bell
		jump     time.Duration
		outcome  session.Outcome
		sessions int
		ended    time.Duration // when the session ends by the true clock, after the bell
	}{
		{"an hour on in mid-class ends it", 20 * time.Minute, time.Hour, session.Recorded, 1, 20 * time.Minute},
		{"and so between two looks at the recording", 20*time.Minute + 40*time.Second, time.Hour, session.Recorded, 1, 20*time.Minute + 40*time.Second},
		{"and at another instant between them", 21*time.Minute + 20*time.Second, time.Hour, session.Recorded, 1, 21*time.Minute + 20*time.Second},
		{"a day on in mid-class ends it", 20 * time.Minute, 24 * time.Hour, session.Recorded, 1, 20 * time.Minute},
		{"ten minutes on in mid-class end it by the new clock", 20 * time.Minute, 10 * time.Minute, session.Recorded, 1, 42 * time.Minute},
		{"ten minutes back in mid-class make it longer", 20 * time.Minute, -10 * time.Minute, session.Recorded, 1, 62 * time.Minute},
		{"an hour back in mid-class starts nothing a second time", 20 * time.Minute, -time.Hour, session.Recorded, 1, 112 * time.Minute},
		{"a day back once it is over records nothing again", time.Hour, -24 * time.Hour, session.Recorded, 1, 52 * time.Minute},
		// By the service's clock, which names when the first file begins, that was before the bell.
		{"half an hour on before the class begins it at once", -10 * time.Minute, 30 * time.Minute, session.Recorded, 1, 22 * time.Minute},
		{"a day on before the class misses it", -10 * time.Minute, 24 * time.Hour, session.Missed, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
				h := newHouse(t, simulator.Config{})
				h.now = func() time.Time {
					now := time.Now()
					if !now.Before(monday.Add(c.at)) {
						now = now.Add(c.jump)
					}
					return now
				}
				e := h.open(p)
				until(monday.Add(2*time.Hour + 30*time.Minute))
				h.shut(e)
				s := h.outcomes()[german]
				if s.Outcome != c.outcome || s.Reason == "" {
					t.Errorf("%s: %s, want %s", s.Outcome, s.Reason, c.outcome)
				}
				ran := h.sim.Ledger().Sessions
				if len(ran) != c.sessions {
					t.Fatalf("%d sessions, want %d", len(ran), c.sessions)
				}
				for _, x := range ran {
					if x.StoppedAt == nil {
						t.Fatal("it runs on")
					}
					if late := x.StoppedAt.Sub(monday.Add(c.ended)); late < -time.Second || late > 35*time.Second {
						t.Errorf("it ended at %v, want %v", x.StoppedAt, monday.Add(c.ended))
					}
				}
			})
		})
	}
}

// TestAJumpOfTheClockSchedulesNothingForWhoStandsAside has the clock jump under an engine that schedules nothing: that is
// the daemon's, on this store or another.
func TestAJumpOfTheClockSchedulesNothingForWhoStandsAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-2 * time.Hour))
		h := newHouse(t, simulator.Config{})
		var ahead atomic.Int64
		h.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		e := h.begin((*runner.Engine).StartAside, loadPlan(t, school("2031-09-14 09:00-09:50, 2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(-time.Hour))
		ahead.Store(int64(10 * time.Second))
		until(monday.Add(3 * time.Hour))
		rows, err := h.store.Occurrences(context.Background(), store.Filter{})
		if err != nil || len(rows) != 0 || len(h.sim.Ledger().Sessions) != 0 {
			t.Errorf("stored %+v, %v; sessions %+v", rows, err, h.sim.Ledger().Sessions)
		}
		h.shut(e)
	})
}
