package runner_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// refuseWrites has the house's store refuse what an engine writes, at once and by the database's own doing, as a full
// disk would. The returned function makes an end of it.
func (h *house) refuseWrites() (allow func()) {
	h.t.Helper()
	run := func(text string) {
		h.t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(h.dir, "rundown.db")+"?_pragma=busy_timeout(5000)")
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := db.ExecContext(context.Background(), text); err != nil {
			h.t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			h.t.Fatal(err)
		}
	}
	var refuse, again strings.Builder
	for i, write := range []string{"INSERT ON occurrences", "UPDATE ON occurrences", "DELETE ON occurrences", "UPDATE ON nodes"} {
		fmt.Fprintf(&refuse, "CREATE TRIGGER no_room_%d BEFORE %s BEGIN SELECT RAISE(ABORT, 'no room'); END;", i, write)
		fmt.Fprintf(&again, "DROP TRIGGER no_room_%d;", i)
	}
	// What the engine writes at this very instant is written before, so that the log does not depend on who is first.
	synctest.Wait()
	run(refuse.String())
	return func() { h.t.Helper(); synctest.Wait(); run(again.String()) }
}

func TestAStoreThatCannotBeWrittenCostsNoStop(t *testing.T) {
	t.Parallel()
	const seen = 6 * time.Minute // of the class, by queries
	refused := []simulator.RequestFault{{Endpoint: "stop", Times: 3, Status: 503}}
	slowAcquire := simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "acquire", Times: 1, Delay: simulator.Duration(8 * time.Second)}}}
	for _, tt := range []struct {
		name        string
		from, until time.Duration // since the bell
		faults      simulator.Faults
		outcome     session.Outcome
		sessions    int
		stopped     time.Duration // since the bell, of the last one
		says        string
		minutes     int // that the class lasts; 0: 15
	}{
		{"a while in the middle", seen, 10 * time.Minute, simulator.Faults{}, session.Recorded, 1, 17 * time.Minute, "", 0},
		{"from the middle on", seen, 19 * time.Minute, simulator.Faults{}, session.Recorded, 1, 17 * time.Minute, "", 0},
		{"and the stop is refused at first", seen, 19 * time.Minute, simulator.Faults{Requests: refused}, session.Recorded, 1, 17*time.Minute + 14*time.Second, "", 0},
		{"from the start on, whose answer it cannot take", -40 * time.Second, 19 * time.Minute, simulator.Faults{Requests: []simulator.RequestFault{
			{Endpoint: "start", Times: 1, Delay: simulator.Duration(6 * time.Second)},
		}}, session.Recorded, 1, 17 * time.Minute, "", 0},
		{"over the bell", -2 * time.Minute, 3 * time.Minute, simulator.Faults{}, session.Partial, 1, 17 * time.Minute, "", 0},
		{"between acquire and start, until the resource id is too old", -40 * time.Second, 6 * time.Minute, slowAcquire, session.Partial, 1, 17 * time.Minute, "", 0},
		{"between acquire and start, until the class is over", -40 * time.Second, 19 * time.Minute, slowAcquire, session.Failed, 0, 0, "the store could not be written from 2031-09-15 08:5", 0},
		{"between acquire and start, until the padding of a short class", -40 * time.Second, 4 * time.Minute, slowAcquire, session.Failed, 0, 0, "the store could not be written from 2031-09-15 08:5", 3},
		{"over the whole class", -2 * time.Minute, 19 * time.Minute, simulator.Faults{}, session.Failed, 0, 0, "the store could not be written from 2031-09-15 08:5", 0},
		{"while a session dies", seen, 12 * time.Minute, simulator.Faults{Sessions: []simulator.SessionFault{
			{After: simulator.Duration(8 * time.Minute), Stop: "recorder_error"},
		}}, session.Partial, 2, 17 * time.Minute, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Faults: tt.faults})
				e := h.open(loadPlan(t, school(fmt.Sprintf("2031-09-15 09:00-09:%02d", cmp.Or(tt.minutes, 15))), "school.yaml"))
				until(monday.Add(tt.from))
				allow := h.refuseWrites()
				until(monday.Add(tt.until - time.Minute))
				if told := e.Troubles(); len(told) != 1 || !e.Blocked() || !strings.HasPrefix(told[0], "store-failed: the store cannot be written") {
					t.Errorf("troubles: %q", told)
				}
				until(monday.Add(tt.until))
				allow()
				until(monday.Add(time.Hour))
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("troubles afterwards: %q", told)
				}
				h.shut(e)
				if len(tt.faults.Sessions) == 0 { // the instant of a death is known to a poll only
					h.audit()
				}
				h.agrees()
				s := h.outcomes()[german]
				if s.Outcome != tt.outcome || !strings.Contains(s.Reason, tt.says) {
					t.Errorf("%s, gaps %v: %s", s.Outcome, s.Gaps, s.Reason)
				}
				ran := h.sim.Ledger().Sessions
				if len(ran) != tt.sessions {
					t.Fatalf("%d sessions ran: %+v", len(ran), ran)
				}
				for _, x := range ran {
					if x.StoppedAt == nil {
						t.Fatalf("session %s still runs", x.SID)
					}
				}
				if tt.sessions > 0 {
					if late := ran[tt.sessions-1].StoppedAt.Sub(monday) - tt.stopped; late.Abs() > 2*time.Second {
						t.Errorf("the stop came %v late", late)
					}
				}
				log := h.log.String()
				for line, most := range map[string]int{`msg="the store cannot be written: `: int((tt.until - tt.from).Minutes()) + 1, `msg="the store can be written again`: 1} {
					if n := strings.Count(log, line); n < 1 || n > most {
						t.Errorf("the log says %s %d times, want 1 to %d", line, n, most)
					}
				}
			})
		})
	}
}

// agrees holds what the store says of what has ended against what the engines said.
func (h *house) agrees() {
	h.t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer s.Close()
	ended := h.outcomes()
	rows, err := s.Occurrences(context.Background(), store.Filter{States: []string{string(session.Ended)}})
	if err != nil || len(rows) != len(ended) {
		h.t.Fatalf("the store says that %d have ended, the engines %d; %v", len(rows), len(ended), err)
	}
	sessions, err := s.Sessions(context.Background(), slices.Collect(maps.Keys(ended))...)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, row := range rows {
		have, err := runner.Decode(row, sessions[row.ID])
		if err != nil {
			h.t.Fatal(err)
		}
		want := ended[row.ID]
		if have.Outcome != want.Outcome || have.Reason != want.Reason || len(have.Sessions) != len(want.Sessions) {
			h.t.Errorf("the store says of %s %s with %d sessions (%s), the engine %s with %d (%s)", row.ID,
				have.Outcome, len(have.Sessions), have.Reason, want.Outcome, len(want.Sessions), want.Reason)
		}
	}
}

func TestAnEndIsNotHeldUpByAPlanThatTheStoreCannotTake(t *testing.T) {
	t.Parallel()
	both, one := school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50"), school("2031-09-16 09:00-09:50")
	for name, apply := range map[string]func(*house, *runner.Engine, *plan.Plan) (end func()){
		"which a reload gives it": func(h *house, e *runner.Engine, p *plan.Plan) func() {
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() {
				_, err := e.Apply(ctx, p)
				done <- err
			}()
			return func() {
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) {
					h.t.Errorf("applied: %v", err)
				}
			}
		},
		"which an operator gave it": func(h *house, _ *runner.Engine, p *plan.Plan) func() {
			other, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{})
			if err != nil {
				h.t.Fatal(err)
			}
			defer other.Close()
			r, err := h.revision(p)
			if err == nil {
				_, err = other.AddRevision(context.Background(), r)
			}
			if err != nil {
				h.t.Fatal(err)
			}
			return func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = time.Hour
				if strings.Contains(name, "operator") {
					h.poll = time.Second
				}
				files := both
				h.revision = func(p *plan.Plan) (store.Revision, error) {
					return runner.NewRevision(p, "school.yaml", []plan.File{{Path: "school.yaml", Text: []byte(files["school.yaml"])}})
				}
				e := h.open(loadPlan(t, both, "school.yaml"))
				time.Sleep(time.Minute)
				allow := h.refuseWrites()
				files = one
				end := apply(h, e, loadPlan(t, one, "school.yaml"))
				time.Sleep(time.Minute) // by now it waits for the store
				begun := time.Now()
				end()
				h.shut(e)
				if took := time.Since(begun); took > 9*time.Second {
					t.Errorf("the end took %v", took)
				}
				allow()
				h.poll = time.Hour
				e = h.open() // works on what was applied last
				until(monday.Add(30 * time.Hour))
				h.shut(e)
				if got := h.outcomes(); len(got) != 1 || got["school/german/20310916T070000Z"].Outcome != session.Recorded {
					t.Errorf("ended: %v", got)
				}
				h.audit()
			})
		})
	}
}
