package runner_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// ordered leaves an order and awaits what becomes of it.
func ordered(t *testing.T, s *store.Store, kind, id string, args any) string {
	t.Helper()
	n := order(t, s, kind, id, args)
	time.Sleep(15 * time.Second)
	synctest.Wait()
	c, err := s.Command(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return c.Result
}

// TestAnOrderIsCarriedOutWhileAPlanIsWritten cancels a class that is being recorded while a plan that a command applied is written, which
// takes longer than the class.
func TestAnOrderIsCarriedOutWhileAPlanIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.poll, h.revision = time.Second, archived
		var large atomic.Bool
		written := make(chan struct{})
		h.atPoint = func(at string) {
			if large.Load() && at == "before writing the plan" {
				<-written
			}
		}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(5 * time.Minute))
		large.Store(true)
		r, err := archived(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50"), "school.yaml"))
		must(t, err)
		r.At = time.Now()
		s := h.beside()
		_, err = s.AddRevision(context.Background(), r)
		must(t, err)
		until(monday.Add(11 * time.Minute)) // the worker itself reads the store again every five minutes
		order(t, s, session.CommandCancel, german, nil)
		until(monday.Add(12 * time.Minute))
		if ended, ok := h.outcomes()[german]; !ok || ended.Outcome != session.Cancelled {
			t.Errorf("a minute after it was cancelled it is %q: %s", ended.Outcome, ended.Reason)
		}
		h.shut(e)
		close(written)
	})
}

// TestAnOrderIsLoggedOnce has the engine look for orders from two goroutines: a poll does, and so does a plan that is applied.
func TestAnOrderIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		s, err := store.Open(context.Background(), h.dir+"/rundown.db", store.Options{Create: true, Work: true, Service: "simulator"})
		must(t, err)
		defer s.Close()
		var e *runner.Engine
		var logged []string
		e = runner.New(runner.Config{Store: s, Connect: h.connect, Poll: time.Hour, Logger: slog.New(heard{slog.DiscardHandler, func(r slog.Record) {
			if r.Message != "order taken" {
				return
			}
			logged = append(logged, r.Message)
			if len(logged) == 1 {
				looked := make(chan error)
				go func() { looked <- runner.Look(e) }()
				must(t, <-looked)
			}
		}})})
		must(t, e.Start(context.Background(), loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")))
		order(t, h.beside(), session.CommandCancel, german, nil)
		must(t, runner.Look(e))
		if len(logged) != 1 {
			t.Errorf("the order is logged %d times", len(logged))
		}
		e.Close()
	})
}

// heard passes what is logged to a function as well.
type heard struct {
	slog.Handler
	hears func(slog.Record)
}

func (heard) Enabled(context.Context, slog.Level) bool { return true }

func (h heard) Handle(_ context.Context, r slog.Record) error {
	h.hears(r)
	return nil
}

// TestOrdersHoldWhileThePlanDoesNotHoldTheClass removes a class from the plan and takes it in again, as a plan does that
// is read while it is being written.
func TestOrdersHoldWhileThePlanDoesNotHoldTheClass(t *testing.T) {
	const at, other = "2031-09-15 09:00-09:50", "2031-09-16 09:00-09:50"
	extended := session.ExtendArgs{Until: monday.Add(65 * time.Minute)}
	for _, tt := range []struct {
		name    string
		before  []string // orders while the plan holds the class
		absent  []string // orders while it does not
		back    bool     // it comes back
		stopped time.Duration
		outcome session.Outcome // "": the store does not know the class
	}{
		{"extended", []string{session.CommandExtend}, nil, true, 67 * time.Minute, session.Recorded},
		{"cancelled", []string{session.CommandCancel}, nil, true, 0, session.Cancelled},
		{"cancelled and taken back", []string{session.CommandCancel, session.CommandUncancel}, nil, true, 52 * time.Minute, session.Recorded},
		{"extended, cancelled and taken back", []string{session.CommandExtend, session.CommandCancel, session.CommandUncancel}, nil, true, 67 * time.Minute, session.Recorded},
		{"taken back while it is absent", []string{session.CommandCancel}, []string{session.CommandUncancel}, true, 52 * time.Minute, session.Recorded},
		{"taken back while it is absent, for good", []string{session.CommandCancel}, []string{session.CommandUncancel}, false, 0, ""},
		{"extended, absent for good", []string{session.CommandExtend}, nil, false, 0, ""},
	} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restart %v", tt.name, restart), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{})
					h.poll = 10 * time.Second
					with, without := loadPlan(t, school(at), "school.yaml"), loadPlan(t, school(other), "school.yaml")
					e := h.open(with)
					s := h.beside()
					for _, kind := range tt.before {
						if result := ordered(t, s, kind, german, extended); result != store.Done {
							t.Fatalf("%s: %s", kind, result)
						}
					}
					reload := func(p string) {
						t.Helper()
						next := with
						if p == other {
							next = without
						}
						if restart {
							h.shut(e)
							e = h.open(next)
						} else if _, err := e.Apply(context.Background(), next); err != nil {
							t.Fatal(err)
						}
					}
					reload(other)
					for _, kind := range tt.absent {
						if result := ordered(t, s, kind, german, extended); result != store.Done {
							t.Errorf("%s: %s", kind, result)
						}
					}
					if tt.back {
						reload(at)
					}
					until(monday.Add(3 * time.Hour))
					h.shut(e)
					rows, err := s.Occurrences(context.Background(), store.Filter{ID: german})
					if err != nil || (len(rows) > 0) != (tt.outcome != "") || len(rows) > 0 && rows[0].Outcome != string(tt.outcome) {
						t.Errorf("%+v, %v, want outcome %q", rows, err, tt.outcome)
					}
					ledger := h.sim.Ledger().Sessions
					if want := min(int(tt.stopped), 1); len(ledger) != want || want > 0 && ledger[0].StoppedAt.Sub(monday.Add(tt.stopped)).Abs() > 5*time.Second {
						t.Errorf("%+v, want one session that is stopped %v after the bell", ledger, tt.stopped)
					}
					h.audit()
				})
			})
		}
	}
}

// TestOrdersGoOverToTheIdentityThatAClassHasNow changes the zone of a class, as a new release of the time zone database
// does: its local time stays, and its identity, which is in UTC, becomes another.
func TestOrdersGoOverToTheIdentityThatAClassHasNow(t *testing.T) {
	const renamed = "school/german/20310915T080000Z" // 09:00 in Lisbon
	for _, tt := range []struct {
		name    string
		kinds   []string
		stopped time.Duration // since the new bell
	}{
		{"cancelled", []string{session.CommandCancel}, 0},
		{"extended by a quarter of an hour", []string{session.CommandExtend}, 67 * time.Minute},
		{"cancelled and taken back", []string{session.CommandCancel, session.CommandUncancel}, 52 * time.Minute},
	} {
		for _, way := range []string{"reload", "restart", "ordered while nobody runs"} {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{})
					h.poll = 10 * time.Second
					e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50"), "school.yaml"))
					s := h.beside()
					if way == "ordered while nobody runs" {
						time.Sleep(10 * time.Second)
						synctest.Wait()
						h.shut(e)
					}
					for _, kind := range tt.kinds {
						ordered(t, s, kind, german, session.ExtendArgs{Until: monday.Add(65 * time.Minute)})
					}
					moved := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50", "    timezone: Europe/Lisbon"), "school.yaml")
					switch way {
					case "reload":
						if _, err := e.Apply(context.Background(), moved); err != nil {
							t.Fatal(err)
						}
					case "restart":
						h.shut(e)
						e = h.open(moved)
					default:
						e = h.open(moved)
					}
					until(monday.Add(4 * time.Hour))
					h.shut(e)
					bell := monday.Add(time.Hour)
					ledger := h.sim.Ledger().Sessions
					if want := min(int(tt.stopped), 1); len(ledger) != want || want > 0 && ledger[0].StoppedAt.Sub(bell.Add(tt.stopped)).Abs() > 5*time.Second {
						t.Errorf("%+v, want one session that is stopped %v after the new bell", ledger, tt.stopped)
					}
					events, err := s.Events(context.Background(), renamed, 0, 0)
					if err != nil || !slices.ContainsFunc(events, func(e store.Event) bool { return strings.Contains(e.Text, "held this class as "+german) }) {
						t.Errorf("the log does not tell of it: %+v, %v", events, err)
					}
					if !strings.Contains(h.log.String(), `level=WARN msg="moved operators' orders to the new identity of a class`) {
						t.Error("the log does not warn of it")
					}
					if state := h.outcomes()["school/german/20310916T080000Z"]; state.Cancel != nil || state.Extended != nil {
						t.Errorf("the order went over to another class as well: %+v", state)
					}
					h.audit()
				})
			})
		}
	}
}

// TestOrdersHoldForAClassThatItsPlanMovedFarAhead extends a class that was moved by ten days. A new start reads the plan
// without the class, and with it again.
func TestOrdersHoldForAClassThatItsPlanMovedFarAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := monday.AddDate(0, 0, 10)
		until(later.AddDate(0, 0, -1))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Minute
		const at, other = "2031-09-15 09:00-09:50", "2031-09-26 09:00-09:50"
		with := loadPlan(t, school(at+", "+other, "    changes: {2031-09-15: {to: 2031-09-25 09:00-09:50}}"), "school.yaml")
		e := h.open(with)
		s := h.beside()
		order(t, s, session.CommandExtend, german, session.ExtendArgs{Until: later.Add(65 * time.Minute)})
		time.Sleep(5 * time.Minute)
		h.shut(e)
		e = h.open(loadPlan(t, school(other), "school.yaml"))
		if _, err := e.Apply(context.Background(), with); err != nil {
			t.Fatal(err)
		}
		until(later.Add(3 * time.Hour))
		ledger := h.ledgerOf("german")
		h.shut(e)
		if len(ledger) != 1 || ledger[0].StoppedAt == nil || ledger[0].StoppedAt.Sub(later.Add(67*time.Minute)).Abs() > 5*time.Second {
			t.Errorf("%+v, want one session that is stopped with the extended class", ledger)
		}
	})
}

// TestAnExtensionHoldsForARunningClassThatThePlanDropsWhileNobodyRuns extends a class that is being recorded and takes it
// out of the plan, both before the daemon is started again.
func TestAnExtensionHoldsForARunningClassThatThePlanDropsWhileNobodyRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		s := h.beside()
		until(monday.Add(20 * time.Minute))
		h.shut(e)
		order(t, s, session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(65 * time.Minute), Start: monday, End: monday.Add(50 * time.Minute)})
		until(monday.Add(25 * time.Minute))
		e = h.open(loadPlan(t, school("2031-09-16 09:00-09:50"), "school.yaml"))
		until(monday.Add(3 * time.Hour))
		h.shut(e)
		if state := h.outcomes()[german]; state.Outcome != session.Recorded {
			t.Errorf("%s: %s", state.Outcome, state.Reason)
		}
		if ledger := h.sim.Ledger().Sessions; len(ledger) != 1 || ledger[0].StoppedAt.Sub(monday.Add(67*time.Minute)).Abs() > 5*time.Second {
			t.Errorf("%+v, want one session that is stopped two minutes after the extended end", ledger)
		}
		h.audit()
	})
}
