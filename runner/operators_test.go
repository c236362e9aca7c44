package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// beside opens the house's store as another process would, to leave orders and plans.
func (h *house) beside() *store.Store {
	h.t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = s.Close() })
	return s
}

func order(t *testing.T, s *store.Store, kind, id string, args any) int64 {
	t.Helper()
	text, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.AddCommand(context.Background(), store.Command{At: time.Now(), Occurrence: id, Kind: kind, Who: "ops", Reason: "the talk runs over", Args: text})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnExtensionOutlivesRestartAndReloadAndTheLaterEndWins(t *testing.T) {
	const at = "2031-09-15 09:00-09:50"
	tests := []struct {
		name    string
		ordered time.Duration // since the bell; negative: while it is only planned
		until   time.Duration // of the extension
		reload  files
		stopped time.Duration // with two minutes of padding
	}{
		{"a running class", 20 * time.Minute, 80 * time.Minute, nil, 82 * time.Minute},
		{"a class that has not begun", -30 * time.Minute, 80 * time.Minute, nil, 82 * time.Minute},
		{"the plan keeps its end", 20 * time.Minute, 80 * time.Minute, school(at, "    video: 480p"), 82 * time.Minute},
		{"the plan's end is later", 20 * time.Minute, 60 * time.Minute, school("2031-09-15 09:00-10:30"), 92 * time.Minute},
		{"the plan's end is sooner", 20 * time.Minute, 80 * time.Minute, school("2031-09-15 09:00-10:10"), 82 * time.Minute},
		{"the plan no longer holds it", 20 * time.Minute, 80 * time.Minute, school("2031-09-16 09:00-09:50"), 82 * time.Minute},
		{"an end that is past is refused", 20 * time.Minute, 10 * time.Minute, nil, 52 * time.Minute},
		{"an end that changes nothing", 20 * time.Minute, 50 * time.Minute, nil, 52 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = 10 * time.Second
				p := loadPlan(t, school(at), "school.yaml")
				e := h.open(p)
				until(monday.Add(tt.ordered))
				s := h.beside()
				id := order(t, s, session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(tt.until)})
				time.Sleep(15 * time.Second) // virtual: the daemon polls meanwhile
				synctest.Wait()
				if c, err := s.Command(context.Background(), id); err != nil || c.DoneAt.IsZero() {
					t.Fatalf("the order is not settled: %+v, %v", c, err)
				}
				if tt.reload != nil {
					p = loadPlan(t, tt.reload, "school.yaml")
					if _, err := e.Apply(context.Background(), p); err != nil {
						t.Fatal(err)
					}
				}
				until(monday.Add(30 * time.Minute))
				h.shut(e)
				e = h.open(p)
				until(monday.Add(3 * time.Hour))
				h.shut(e)
				state := h.outcomes()[german]
				if state.Outcome != session.Recorded {
					t.Errorf("%s: %s", state.Outcome, state.Reason)
				}
				ledger := h.sim.Ledger().Sessions
				if len(ledger) != 1 || ledger[0].StoppedAt.Sub(monday.Add(tt.stopped)).Abs() > 5*time.Second {
					t.Errorf("%+v, want one session that is stopped %v after the bell", ledger, tt.stopped)
				}
				h.audit()
			})
		})
	}
}

// classes is a plan of one recording with so many classes tomorrow, one an hour.
func classes(n int, more ...string) files {
	var when []string
	for i := range n {
		when = append(when, fmt.Sprintf("2031-09-16 %02d:00-%02d:20", 8+i, 8+i))
	}
	return school(strings.Join(when, ", "), more...)
}

// wantCode is the code of a plan that waits and leaves so many classes.
func wantCode(after int) reason.Code {
	if after == 0 {
		return reason.PlanEmptied
	}
	return reason.PlanRemovesMany
}

func TestAReloadThatRemovesMuchWaitsForAConfirmation(t *testing.T) {
	tests := []struct {
		name          string
		before, after int
		held          bool
	}{
		{"a half of them", 12, 6, true},
		{"six of thirteen", 13, 7, true},
		{"five, however many of them", 6, 1, false},
		{"nothing", 6, 6, false},
		{"more than there were", 2, 6, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday)
				h := newHouse(t, simulator.Config{})
				h.poll, h.revision = time.Second, archived
				e := h.open(loadPlan(t, classes(tt.before), "school.yaml"))
				planned := func() int {
					t.Helper()
					synctest.Wait()
					rows, err := h.store.Occurrences(context.Background(), store.Filter{States: []string{"planned"}})
					if err != nil {
						t.Fatal(err)
					}
					return len(rows)
				}
				_, err := e.Apply(context.Background(), loadPlan(t, classes(tt.after), "school.yaml"))
				if errors.Is(err, runner.ErrHeld) != tt.held {
					t.Fatalf("applied with %v", err)
				}
				if !tt.held {
					if n := planned(); n != tt.after {
						t.Errorf("%d classes are planned, want %d", n, tt.after)
					}
					h.shut(e)
					return
				}
				if n := planned(); n != tt.before {
					t.Errorf("%d classes are planned while it waits, want %d", n, tt.before)
				}
				waits := func(when string) {
					t.Helper()
					if is := e.Issues(); len(is) != 1 || is[0].ID != reason.IssuePlanWaiting || is[0].Blocking || is[0].ReasonCode != wantCode(tt.after) || !strings.Contains(is[0].Text, "it removes") {
						t.Errorf("%s the issues are %v, want the plan that waits", when, is)
					}
				}
				waits("at once")
				// A restart with the same file is no confirmation.
				h.shut(e)
				e = h.open(loadPlan(t, classes(tt.after), "school.yaml"))
				waits("after a restart")
				h.shut(e)
				e = h.open()
				waits("after a restart without a plan")
				if n := planned(); n != tt.before {
					t.Errorf("%d classes are planned after a restart, want %d", n, tt.before)
				}
				s := h.beside()
				// The file is as it was before, and then apply leaves the other one.
				if _, err := e.Apply(context.Background(), loadPlan(t, classes(tt.before), "school.yaml")); err != nil || len(e.Issues()) != 0 {
					t.Errorf("taken back: %v, %v", e.Issues(), err)
				}
				left, err := archived(loadPlan(t, classes(tt.after), "school.yaml"))
				if err != nil {
					t.Fatal(err)
				}
				left.At, left.State, left.Note = time.Now(), store.RevisionWaiting, "it removes much"
				left.ReasonCode = string(reason.PlanRemovesMany)
				if _, err := s.AddRevision(context.Background(), left); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second) // virtual: the daemon polls meanwhile
				synctest.Wait()
				waits("after apply left it")
				all, err := s.Revisions(context.Background(), "school")
				if err != nil || all[0].State != store.RevisionWaiting || all[0].ReasonCode != string(wantCode(tt.after)) || !strings.Contains(all[0].Note, "removes") {
					t.Fatalf("revisions %+v, %v", all, err)
				}
				if err := s.SetRevision(context.Background(), all[0].ID, store.RevisionConfirmed, "", ""); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second) // virtual: the daemon polls meanwhile
				synctest.Wait()
				if n := planned(); n != tt.after {
					t.Errorf("%d classes are planned once it is confirmed, want %d", n, tt.after)
				}
				if is := e.Issues(); len(is) != 0 {
					t.Errorf("it is confirmed, and the issues are %v", is)
				}
				h.shut(e)
			})
		})
	}
}

func TestARestartThatRemovesMuchWaitsForAConfirmationToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday)
		h := newHouse(t, simulator.Config{})
		h.revision = archived
		h.shut(h.open(loadPlan(t, classes(12), "school.yaml")))
		for range 2 { // a supervisor starts it again and again
			h.shut(h.open(loadPlan(t, classes(1), "school.yaml")))
		}
		s := h.beside()
		rows, err := s.Occurrences(context.Background(), store.Filter{States: []string{"planned"}})
		if err != nil || len(rows) != 12 {
			t.Errorf("%d classes are planned, %v, want 12", len(rows), err)
		}
		all, err := s.Revisions(context.Background(), "school")
		if err != nil || len(all) != 2 || all[0].State != store.RevisionWaiting || all[0].Note != "it removes 11 of the 12 classes of the next seven days" {
			t.Errorf("revisions %+v, %v", all, err)
		}
	})
}

func TestOrdersThatComeTogetherAreJudgedInTheirOrder(t *testing.T) {
	for name, running := range map[string]bool{"while nobody runs": false, "within one poll": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = 10 * time.Second
				p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
				e := h.open(p)
				if !running {
					h.shut(e)
				}
				s := h.beside()
				ids := []int64{
					order(t, s, session.CommandCancel, german, nil),
					order(t, s, session.CommandUncancel, german, nil),
					order(t, s, session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(time.Hour)}),
				}
				if !running {
					e = h.open(p)
				}
				time.Sleep(15 * time.Second) // virtual: the daemon polls meanwhile
				synctest.Wait()
				for i, want := range []string{"superseded by a later order", "without effect", "done"} {
					if c, err := s.Command(context.Background(), ids[i]); err != nil || !strings.HasPrefix(c.Result, want) {
						t.Errorf("%s: %q, %v, want %q", c.Kind, c.Result, err, want)
					}
				}
				until(monday.Add(2 * time.Hour))
				late := order(t, s, session.CommandUncancel, german, nil)
				time.Sleep(15 * time.Second) // virtual: the daemon polls meanwhile
				synctest.Wait()
				if c, err := s.Command(context.Background(), late); err != nil || c.Result != "it was not cancelled" {
					t.Errorf("taken back once it is over: %q, %v", c.Result, err)
				}
				h.shut(e)
				if state := h.outcomes()[german]; state.Outcome != session.Recorded || !state.End.Equal(monday.Add(time.Hour)) {
					t.Errorf("%s until %v: %s", state.Outcome, state.End, state.Reason)
				}
				h.audit()
			})
		})
	}
}

func TestAClassThatMovesWithinItsDayIsNotRemoved(t *testing.T) {
	now := monday
	before := loadPlan(t, classes(12), "school.yaml")
	var when []string
	for i := range 12 {
		when = append(when, fmt.Sprintf("2031-09-16 %02d:30-%02d:50", 8+i, 8+i))
	}
	after := loadPlan(t, school(strings.Join(when, ", ")), "school.yaml")
	if l := runner.LossOf(before, after, now); l != (runner.Loss{Removed: 0, Of: 12}) {
		t.Errorf("moved by half an hour: %v", l)
	}
	elsewhere := loadPlan(t, school(strings.ReplaceAll(strings.Join(when, ", "), "09-16", "09-17")), "school.yaml")
	if l := runner.LossOf(before, elsewhere, now); l != (runner.Loss{Removed: 12, Of: 12}) || !l.Much() {
		t.Errorf("moved to another day: %v", l)
	}
	cancelled := loadPlan(t, school("Tue 08:00-08:20, Wed 08:00-08:20", "    only: autumn", "    changes: {2031-09-16: cancelled}"), "school.yaml")
	kept := loadPlan(t, school("Tue 08:00-08:20, Wed 08:00-08:20", "    only: autumn"), "school.yaml")
	if l := runner.LossOf(kept, cancelled, now); l != (runner.Loss{Removed: 1, Of: 2}) {
		t.Errorf("one of two cancelled: %v", l)
	}
}

// archived has the engine keep the plans' texts, as they are: the plans of these tests hold no secret.
func archived(p *plan.Plan) (store.Revision, error) {
	return runner.NewRevision(p, p.Files[0].Path, p.Files)
}

func TestAStartWithoutPlansWorksOnWhatWasAppliedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll, h.revision = time.Second, archived
		first := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		h.shut(h.open(first))
		s := h.beside()
		give := func(p *plan.Plan) store.Revision {
			t.Helper()
			r, err := archived(p)
			if err != nil {
				t.Fatal(err)
			}
			r.At = time.Now()
			if r, err = s.AddRevision(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		second := give(loadPlan(t, school("2031-09-15 09:00-10:20"), "school.yaml"))
		e := h.open()
		until(monday.Add(20 * time.Minute))
		back := give(first) // the same content, and yet the newest
		if back.ID <= second.ID {
			t.Errorf("revision %d after %d", back.ID, second.ID)
		}
		time.Sleep(5 * time.Second)
		r := store.Revision{At: time.Now(), Plan: "school", Path: "school.yaml", Hash: "broken", Text: []byte(`{"files":[{"path":"school.yaml","text":"version: 2"}]}`)}
		broken, err := s.AddRevision(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		if got := h.sim.Ledger().Sessions; len(got) != 1 || got[0].StoppedAt.Sub(monday.Add(52*time.Minute)).Abs() > 5*time.Second {
			t.Errorf("%+v, want one session that ends with the plan gone back to", got)
		}
		if r, err := s.Revision(context.Background(), broken.ID); err != nil || r.State != store.RevisionRefused || r.Note == "" {
			t.Errorf("a plan that cannot be read is %+v, %v, want it refused", r, err)
		}
		h.audit()
	})
}

func TestAStartWithoutPlansOnAnEmptyStoreWaitsForAnApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll, h.revision = time.Second, archived
		e := h.open()
		until(monday.Add(-30 * time.Minute))
		if log := h.log.String(); !strings.Contains(log, "no plan is applied to this store") || !strings.Contains(log, "rundown apply PLAN") {
			t.Errorf("the log does not say what to do:\n%s", log)
		}
		r, err := archived(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		r.At = time.Now()
		if _, err := h.beside().AddRevision(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		if got := h.outcomes(); len(got) != 1 || got["school/german/20310915T070000Z"].Outcome != session.Recorded {
			t.Errorf("outcomes %v, want the class of the plan that was applied", got)
		}
		h.audit()
	})
}

func TestAnEditedClassTakesOverTheRunningSession(t *testing.T) {
	tests := []struct {
		name    string
		after   string
		restart bool // the edit is read by a start instead of a reload
		id      string
		stopped time.Duration
		count   int
	}{
		{"it begins later", "2031-09-15 09:10-10:00", false, "school/german/20310915T071000Z", 62 * time.Minute, 1},
		{"it began sooner", "2031-09-15 08:50-09:40", false, "school/german/20310915T065000Z", 42 * time.Minute, 1},
		{"while nobody ran", "2031-09-15 09:10-10:00", true, "school/german/20310915T071000Z", 62 * time.Minute, 1},
		{"a later class does not", "2031-09-15 11:00-11:50", false, "school/german/20310915T090000Z", 172 * time.Minute, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				edited := loadPlan(t, school(tt.after), "school.yaml")
				if tt.restart {
					h.shut(e)
					e = h.open(edited)
				} else if _, err := e.Apply(context.Background(), edited); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(4 * time.Hour))
				rows, err := h.store.Occurrences(context.Background(), store.Filter{})
				if err != nil || len(rows) != tt.count {
					t.Errorf("%d occurrences, %v, want %d", len(rows), err, tt.count)
				}
				h.shut(e)
				s := h.outcomes()[tt.id]
				if s.ID != tt.id || s.Outcome == "" || s.Outcome == session.Missed || s.Outcome == session.Failed {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				got := h.sim.Ledger().Sessions
				if len(got) != tt.count || got[tt.count-1].StoppedAt.Sub(monday.Add(tt.stopped)).Abs() > 5*time.Second {
					t.Errorf("sessions %+v, want %d, the last stopped %v after the bell", got, tt.count, tt.stopped)
				}
				h.audit()
			})
		})
	}
}

// TestAClassThatTakesOverMoreSessionsThanItWantsStopsTheOthers looks at the ledger, since what lives is billed.
func TestAClassThatTakesOverMoreSessionsThanItWantsStopsTheOthers(t *testing.T) {
	for _, wanted := range []int{1, 2, 3, 4} {
		t.Run(fmt.Sprint(wanted), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    redundancy: 3"), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				if _, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:10-10:00", fmt.Sprintf("    redundancy: %d", wanted)), "school.yaml")); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(21 * time.Minute))
				live := 0
				for _, x := range h.sim.Ledger().Sessions {
					if x.StoppedAt == nil {
						live++
					}
				}
				if live != wanted {
					t.Errorf("a minute after the take-over %d sessions run, want %d", live, wanted)
				}
				until(monday.Add(4 * time.Hour))
				h.shut(e)
				if s := h.outcomes()["school/german/20310915T071000Z"]; s.Outcome != session.Recorded || len(s.Sessions) != max(wanted, 3) {
					t.Errorf("%s with %d sessions: %s", s.Outcome, len(s.Sessions), s.Reason)
				}
				h.audit()
			})
		})
	}
}

func TestWhatIsOlderThanItIsToBeKeptGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.keep, h.poll = 10*24*time.Hour, time.Hour
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-24 09:00-09:50, 2031-10-24 09:00-09:50"), "school.yaml"))
		until(monday.Add(11 * 24 * time.Hour))
		rows, err := h.store.Occurrences(context.Background(), store.Filter{})
		if err != nil || len(rows) != 1 || rows[0].Day != "2031-09-24" {
			t.Errorf("kept %+v, %v", rows, err)
		}
		h.shut(e)
	})
}

// TestATakenOverSessionIsRenewedUnderItsNewName counts the renewals of a long class that changes its identity half-way:
// temporary keys each hour, key files when they are replaced, and neither for the change itself.
func TestATakenOverSessionIsRenewedUnderItsNewName(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key     string // in place of the plain keys
		renewed int    // before the take-over, and as often after it
	}{
		"temporary keys": {`sts: {command: [./issue]}`, 2},
		"key files":      {`access_key: "${ACCESS}", secret_key: "${file:key}"`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.lookup = func(r plan.Reference) (string, error) {
					// The file is replaced an hour after the bell and again after three.
					return fmt.Sprintf("canary-%v-%v", r.Name, r.File != "" && time.Since(monday) > time.Hour) + fmt.Sprint(r.File != "" && time.Since(monday) > 3*time.Hour), nil
				}
				h.issue = func(context.Context, *plan.STS) ([]byte, error) {
					return []byte(`{"access_key":"canary-ACCESS","secret_key":"canary-SECRET","token":"canary-KEY","expiration":"` + time.Now().Add(12*time.Hour).Format(time.RFC3339) + `"}`), nil
				}
				text := func(when string) files {
					f := school(when)
					f["school.yaml"] = strings.Replace(f["school.yaml"], `access_key: "${ACCESS}", secret_key: "${KEY}"`, tt.key, 1)
					return f
				}
				e := h.open(loadPlan(t, text("2031-09-15 09:00-13:50"), "school.yaml"))
				renewals := func(after time.Duration, want int) {
					t.Helper()
					until(monday.Add(after))
					if n := h.sim.Ledger().Requests["update"]; n != want {
						t.Errorf("%d renewals %v after the bell, want %d", n, after, want)
					}
				}
				renewals(2*time.Hour+10*time.Minute, tt.renewed)
				if _, err := e.Apply(context.Background(), loadPlan(t, text("2031-09-15 09:10-13:30"), "school.yaml")); err != nil {
					t.Fatal(err)
				}
				renewals(2*time.Hour+50*time.Minute, tt.renewed)
				renewals(4*time.Hour+10*time.Minute, 2*tt.renewed)
				until(monday.Add(6 * time.Hour))
				h.shut(e)
				if ran := h.sim.Ledger().Sessions; len(ran) != 1 {
					t.Errorf("%d sessions", len(ran))
				}
				h.audit()
			})
		})
	}
}

// TestAPlanThatIsEmptiedIsALotHoweverSmallItWas has plans of a few classes, as of a file that was cut or saved half.
func TestAPlanThatIsEmptiedIsALotHoweverSmallItWas(t *testing.T) {
	now := monday.Add(-time.Hour)
	const few = "2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50, 2031-09-17 09:00-09:50"
	before := loadPlan(t, school(few), "school.yaml")
	for _, tt := range []struct {
		name, when, changes string
		much                bool
	}{
		{"only what is past is left", "2031-09-01 09:00-09:50", "", true},
		{"two of three are removed", "2031-09-15 09:00-09:50", "", false},
		{"all are rewritten to next month", "2031-10-15 09:00-09:50", "", false},
		{"all are cancelled", few, "    changes: {2031-09-15..2031-09-17: cancelled}", false},
	} {
		if l := runner.LossOf(before, loadPlan(t, school(tt.when, tt.changes), "school.yaml"), now); l.Much() != tt.much {
			t.Errorf("%s: %v", tt.name, l)
		}
	}
	if l := runner.LossOf(loadPlan(t, school("2031-09-01 09:00-09:50"), "school.yaml"), loadPlan(t, school("2031-09-02 09:00-09:50"), "school.yaml"), now); l.Much() {
		t.Errorf("a plan that had nothing ahead: %v", l)
	}
}
