package runner_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// stored reads an occurrence as another process would.
func (h *house) stored(id string) session.State {
	h.t.Helper()
	st, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer st.Close()
	rows, err := st.Occurrences(context.Background(), store.Filter{ID: id})
	if err != nil || len(rows) != 1 {
		h.t.Fatalf("%d rows of %s, %v", len(rows), id, err)
	}
	sessions, err := st.Sessions(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := runner.Decode(rows[0], sessions[id])
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// TestWhatIsOverIsReadAgainWhenItIsSpokenOf lets the daemon let go of a class that is over, in the life that recorded it
// and in the next one, and then asks it about that class in every way that there is.
func TestWhatIsOverIsReadAgainWhenItIsSpokenOf(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			until(monday.Add(-time.Hour))
			h := newHouse(t, simulator.Config{})
			h.poll = 10 * time.Minute
			var back atomic.Int64 // by how much the clock was set back
			h.now = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
			p := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-10-24 09:00-09:50"), "school.yaml")
			e := h.open(p)
			until(monday.Add(2*time.Hour - 5*time.Minute))
			if n := runner.Held(e); n != 0 {
				t.Errorf("after the end of a class %d are in memory, want 0", n)
			}
			if restarted {
				h.shut(e)
				until(monday.Add(3 * time.Hour))
				e = h.open(p)
			}
			until(monday.Add(4 * time.Hour))
			if n := runner.Held(e); n != 0 {
				t.Errorf("hours after the end of a class %d are in memory, want 0", n)
			}

			sid := h.sim.Ledger().Sessions[0].SID
			notify := func(sequence int64) {
				t.Helper()
				if err := e.TakeNotice(agora.Event{Sequence: sequence, ProductID: agora.ProductCloudRecording, Type: agora.EventCapabilityLimit, SID: sid, RawDetails: []byte(`{"limitType":"cpu"}`)}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			heard := func(text string) bool {
				events, err := h.store.Events(context.Background(), german, 0, 0)
				if err != nil {
					t.Fatal(err)
				}
				return slices.ContainsFunc(events, func(e store.Event) bool { return e.Kind == "webhook" && strings.Contains(e.Text, text) })
			}
			notify(7)
			if s := h.stored(german); !slices.ContainsFunc(s.Sessions[0].Remarks, func(r string) bool { return strings.Contains(r, "beyond what can be recorded") }) {
				t.Errorf("what a late notification says is not kept: %+v", s.Sessions[0])
			}
			if !heard("session 1: notification") {
				t.Error("a late notification is not in the story of its class")
			}
			until(monday.Add(6 * time.Hour))
			if n := runner.Held(e); n != 0 {
				t.Errorf("hours after the notification %d are in memory, want 0", n)
			}

			for _, kind := range []string{session.CommandCancel, session.CommandCancel, session.CommandUncancel, session.CommandExtend} {
				id, err := give(h.store, store.Command{At: h.now(), Occurrence: german, Kind: kind, Who: "ops", Args: []byte(`{"until":"2031-09-16T00:00:00Z"}`)})
				if err != nil {
					t.Fatal(err)
				}
				if err := runner.Look(e); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				c, err := h.store.Command(context.Background(), id)
				if err != nil || c.DoneAt.IsZero() || c.Result == "done" || strings.Contains(c.Result, "not at work") {
					t.Errorf("%s of what is over is answered with %q, %v", kind, c.Result, err)
				}
			}

			// A plan that is applied by a clock that was set back wants the class once more.
			until(monday.Add(10 * time.Hour))
			back.Store(int64(11 * time.Hour))
			until(monday.Add(11*time.Hour + time.Minute))
			if diff, err := e.Apply(context.Background(), p); err != nil || diff != (runner.Diff{}) {
				t.Errorf("the plan of before changes %+v, %v", diff, err)
			}
			synctest.Wait()
			back.Store(0)
			until(monday.Add(24 * time.Hour))
			if n := len(h.sim.Ledger().Sessions); n != 1 {
				t.Errorf("%d sessions", n)
			}

			until(monday.Add(6 * 24 * time.Hour))
			if n := runner.Held(e); n != 0 {
				t.Errorf("days after the end of a class %d are in memory, want none", n)
			}
			before := h.stored(german)
			notify(8)
			if after := h.stored(german); after.Outcome != before.Outcome || !heard("session 1: notification") {
				t.Errorf("a notification that comes days late: %s, before %s", after.Outcome, before.Outcome)
			}
			events, err := h.store.Notices(context.Background(), monday)
			if err != nil || slices.ContainsFunc(events, func(e store.Event) bool { return e.Occurrence == "" }) {
				t.Errorf("a notification of a stored class was taken for a stranger's: %+v, %v", events, err)
			}
			h.shut(e)
			h.audit()
		})
	}
}

// TestAClassThatIsMovedLongAfterItsEndIsRecorded cancels a class, and hours after it would have ended moves it to later
// that day, by a reload or by the plan of the next start.
func TestAClassThatIsMovedLongAfterItsEndIsRecorded(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			until(monday.Add(-2 * time.Hour))
			h := newHouse(t, simulator.Config{})
			changed := func(to string) *plan.Plan {
				return loadPlan(t, school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50", "    changes: {2031-09-15: "+to+"}"), "school.yaml")
			}
			apply := func(e *runner.Engine, p *plan.Plan) {
				t.Helper()
				if _, err := e.Apply(context.Background(), p); err != nil {
					t.Fatal(err)
				}
			}
			e := h.open(changed("{to: 09:00-09:50}"))
			until(monday.Add(-time.Hour))
			apply(e, changed("cancelled"))
			until(monday.Add(4 * time.Hour)) // 13:00
			if n := runner.Held(e); n != 0 {
				t.Errorf("%d are in memory, want none", n)
			}
			if moved := changed("{to: 16:00-16:50}"); restarted {
				h.shut(e)
				e = h.open(moved)
			} else {
				apply(e, moved)
			}
			until(monday.Add(12 * time.Hour))
			h.shut(e)
			s, ran := h.outcomes()[german], h.sim.Ledger().Sessions
			if s.Outcome != session.Recorded || len(ran) != 1 || ran[0].StartedAt.Before(monday.Add(7*time.Hour-time.Minute)) {
				t.Errorf("restarted %v: %s: %s; sessions %+v", restarted, s.Outcome, s.Reason, ran)
			}
			h.audit()
		})
	}
}

// TestWhatWasSeenIsSoonStored holds the store against the clock while a class is watched: what it says was seen is
// never older than a poll and the time until that is stored, and after a planned end it is the last answer.
func TestWhatWasSeenIsSoonStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stored = 15*time.Second + 2*time.Second // the time until it is, and that of a request
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.watch = session.MinQueryInterval
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(5 * time.Minute))
		for time.Now().Before(monday.Add(20 * time.Minute)) {
			synctest.Wait()
			if age := time.Since(h.stored(german).Sessions[0].LastGood); age > session.MinQueryInterval+stored {
				t.Errorf("%v after the bell the store's last sight of the session is %v old", time.Since(monday), age)
			}
			time.Sleep(7 * time.Second) // of virtual time: no divisor of the intervals that are looked at
		}
		for asked := h.sim.Ledger().Requests["query"]; h.sim.Ledger().Requests["query"] == asked; {
			time.Sleep(time.Second) // of virtual time, until the instant of the next query
		}
		synctest.Wait()
		h.shut(e)
		if age := time.Since(h.stored(german).Sessions[0].LastGood); age > 2*time.Second {
			t.Errorf("after a planned end the store's last sight of the session is %v old", age)
		}
	})
}
