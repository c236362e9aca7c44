package runner_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// orderNow writes an order to record german and french now, for a while, as a command does beside daemons.
func orderNow(t *testing.T, f *fleet, p *plan.Plan, length time.Duration) (s *store.Store, ids []string) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(f.dir, "rundown.db"), store.Options{Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	order := runner.NowOrder{Plan: p, Apps: map[*plan.App]string{}, Who: "operator", At: time.Now()}
	for _, app := range p.Apps {
		if order.Apps[app], err = app.ID.Resolve(values); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.ActiveRevisions(t.Context())
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	order.Revision = rows[0].ID
	for _, r := range p.Recordings[:2] {
		start := time.Now().Add(catalog.StartLead() + 4*time.Second).Truncate(time.Second)
		o := schedule.At(p, r, start.In(r.Zone), start.Add(length).In(r.Zone))
		order.Occurrences, order.Begin, ids = append(order.Occurrences, o), append(order.Begin, time.Now()), append(ids, o.ID)
	}
	if err := runner.RecordNow(t.Context(), s, order); err != nil {
		t.Fatal(err)
	}
	return s, ids
}

// TestAnOrderToRecordNowIsCarriedOutByTheOwners gives one beside two nodes. Each records that of its App ID.
func TestAnOrderToRecordNowIsCarriedOutByTheOwners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		s, ids := orderNow(t, f, loadPlan(t, twoApps(bell), "school.yaml"), time.Minute)
		given := time.Now()
		time.Sleep(2 * time.Minute)
		for _, id := range ids {
			if o := f.outcomes()[id]; o.Outcome != session.Recorded || len(o.Sessions) != 1 {
				t.Errorf("%s is %s with %d sessions: %s", id, o.Outcome, len(o.Sessions), o.Reason)
			}
		}
		for _, x := range f.sim.Ledger().Sessions {
			if late := x.StartedAt.Sub(given); late > 2*time.Second {
				t.Errorf("%s was started %v after the order", x.Cname, late)
			}
		}
		if len(a.wire.requests()) == 0 || len(b.wire.requests()) == 0 {
			t.Error("one of the nodes sent nothing")
		}
		until(monday.Add(15 * time.Minute))
		f.recorded(s, 6)
		_ = s.Close()
		f.leave(a)
		f.leave(b)
		f.once()
	})
}

// TestAnotherNodeGoesOnWithAnOrderToRecordNow kills a node with an order that it has not begun, or in the middle of it. The other
// node knows all that it takes to begin it.
func TestAnotherNodeGoesOnWithAnOrderToRecordNow(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"before it begins": 0, "in its middle": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, a, b := twoNodes(t)
				s, ids := orderNow(t, f, loadPlan(t, twoApps(bell), "school.yaml"), time.Minute)
				time.Sleep(after)
				f.kill(a)
				time.Sleep(2 * time.Minute)
				for _, id := range ids {
					o := f.outcomes()[id]
					late := after == 0 && o.Outcome == session.Partial // the other node took over first
					if o.Outcome != session.Recorded && !late || len(o.Sessions) != 1 {
						t.Errorf("%s is %s with %d sessions: %s", id, o.Outcome, len(o.Sessions), o.Reason)
					}
				}
				a.Abandon()
				a.Close()
				_ = s.Close()
				f.leave(b)
				f.once()
			})
		})
	}
}

// TestAnOrderToRecordNowOutlivesItsDaemon ends a daemon in the middle. The next one begins another session where it takes one.
func TestAnOrderToRecordNowOutlivesItsDaemon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Sessions: []simulator.SessionFault{
			{Cname: "*", After: simulator.Duration(3 * time.Minute), Stop: "recorder_error"},
		}}})
		h.revision, h.poll = wholeRevision, time.Second
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		e := h.open(p)
		start := time.Now().Add(15 * time.Second)
		o := schedule.At(p, p.Recordings[0], start, start.Add(9*time.Minute))
		if err := e.Record(context.Background(), p, []plan.Occurrence{o}, []time.Time{time.Now()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		h.shut(e)
		e = h.open(p)
		time.Sleep(15 * time.Minute)
		h.shut(e)
		if s := h.outcomes()[o.ID]; s.Outcome != session.Partial || len(h.sim.Ledger().Sessions) < 2 {
			t.Errorf("%s with %d sessions, of which %d ran: %s", s.Outcome, len(s.Sessions), len(h.sim.Ledger().Sessions), s.Reason)
		}
	})
}

// TestOfTwoOrdersForOnePageOneIsRefused gives both after each has looked whether the page is free.
func TestOfTwoOrdersForOnePageOneIsRefused(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
	must(t, err)
	defer s.Close()
	p := loadPlan(t, twoApps(bell), "school.yaml")
	now := time.Now().Truncate(time.Second)
	order := func(after time.Duration, recordings ...*plan.Recording) error {
		o := runner.NowOrder{Plan: p, Apps: map[*plan.App]string{}, Who: "operator", At: now}
		for _, r := range recordings {
			o.Apps[r.App] = r.App.Name
			o.Occurrences = append(o.Occurrences, schedule.At(p, r, now.Add(after).In(r.Zone), now.Add(after+time.Hour).In(r.Zone)))
			o.Begin = append(o.Begin, now)
		}
		return runner.RecordNow(t.Context(), s, o)
	}
	must(t, order(10*time.Second, p.Recordings[0]))
	if err := order(12*time.Second, p.Recordings[1], p.Recordings[0]); reason.CodeOf(err) != reason.PageBusy {
		t.Errorf("a second order for the page: %v", err)
	}
	rows, err := s.Occurrences(t.Context(), store.Filter{})
	if err != nil || len(rows) != 1 {
		t.Errorf("the store holds %d classes, %v, want the first order's", len(rows), err)
	}
	_, err = runner.Give(t.Context(), s, store.Command{At: now, Occurrence: rows[0].ID, Kind: session.CommandCancel, Who: "operator"}, session.Interval{})
	must(t, err)
	must(t, order(14*time.Second, p.Recordings...))
}
