package runner_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestWhoStandsAsideBeginsNothingOfAClassThatWasMoved has a class moved ahead while it is recorded, and the daemon end
// before its stop is answered. Who only means to end what runs stops it, also where the new time has come meanwhile; a
// daemon records it again.
func TestWhoStandsAsideBeginsNothingOfAClassThatWasMoved(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		aside time.Duration // after the bell
		runs  []string
	}{
		"before its new time": {25 * time.Minute, []string{"06:59-07:25", "07:50-08:32"}},
		"in its new time":     {45 * time.Minute, []string{"06:59-07:45", "07:50-08:32"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "stop", Status: 503, Times: 2}}}})
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				after := loadPlan(t, moving("{to: 09:40-10:30}"), "school.yaml")
				if _, err := e.Apply(context.Background(), after); err != nil {
					t.Fatal(err)
				}
				time.Sleep(200 * time.Millisecond) // virtual: the stop is out, and its answer is not
				h.shut(e)
				if s := h.stored(german); s.Phase != session.Stopping {
					t.Fatalf("%s, and its stop was to be unanswered", s.Phase)
				}
				until(monday.Add(tt.aside))
				e = h.begin((*runner.Engine).StartAside, after)
				if _, err := give(h.store, store.Command{At: time.Now(), Occurrence: german, Kind: session.CommandStop, Who: "ops"}); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(50 * time.Minute))
				s, story := h.state(german), h.story(german)
				h.shut(e)
				if s.Phase != session.Planned || len(s.Sessions) != 1 {
					t.Errorf("%s with %d sessions, want it planned\n%s", s.Phase, len(s.Sessions), story)
				}
				e = h.open(after)
				until(monday.Add(3 * time.Hour))
				story = h.story(german)
				h.shut(e)
				if runs := h.runs(); !slices.Equal(runs, tt.runs) {
					t.Errorf("ran %v, want %v\n%s", runs, tt.runs, story)
				}
			})
		})
	}
}

// TestWhoStopsAllTakesOverFromADaemonThatHasJustDied kills the only daemon of a fleet. Who stops all starts before the daemon's time
// is over, and gets its App IDs after that.
func TestWhoStopsAllTakesOverFromADaemonThatHasJustDied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-5 * time.Minute))
		f := newFleet(t, simulator.Config{})
		p := loadPlan(t, twoApps(bell), "school.yaml")
		a := f.join("a", nil, p)
		until(monday.Add(2 * time.Minute))
		f.kill(a)
		b := f.joinBy((*runner.Engine).StartToStop, "b", nil, p)
		rows, err := b.store.Occurrences(t.Context(), store.Filter{Open: true})
		if err != nil || len(rows) != 4 {
			t.Fatalf("%d classes run, %v", len(rows), err)
		}
		for _, o := range rows {
			if _, err := give(b.store, store.Command{At: time.Now(), Occurrence: o.ID, Kind: session.CommandStop, Who: "ops"}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(30 * time.Second) // of virtual time, in which the stops are carried out
		for _, s := range f.sim.Ledger().Sessions {
			if s.StoppedAt == nil {
				t.Errorf("%s runs on", s.Cname)
			}
		}
		a.Abandon()
		a.Close()
		f.leave(b)
	})
}
