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
	n, err := give(s, store.Command{At: time.Now(), Occurrence: id, Kind: kind, Who: "ops", Reason: "the talk runs over", Args: text})
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
				if errors.Is(err, runner.ErrNeedsConfirmation) != tt.held {
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
				for i, want := range []string{"done", "done", "done"} {
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
	if l := runner.RemovalOf(before, after, now); l != (runner.Removal{Removed: 0, Of: 12}) {
		t.Errorf("moved by half an hour: %v", l)
	}
	elsewhere := loadPlan(t, school(strings.ReplaceAll(strings.Join(when, ", "), "09-16", "09-17")), "school.yaml")
	if l := runner.RemovalOf(before, elsewhere, now); l != (runner.Removal{Removed: 12, Of: 12}) || !l.ExceedsLimit() {
		t.Errorf("moved to another day: %v", l)
	}
	cancelled := loadPlan(t, school("Tue 08:00-08:20, Wed 08:00-08:20", "    only: autumn", "    changes: {2031-09-16: cancelled}"), "school.yaml")
	kept := loadPlan(t, school("Tue 08:00-08:20, Wed 08:00-08:20", "    only: autumn"), "school.yaml")
	if l := runner.RemovalOf(kept, cancelled, now); l != (runner.Removal{Removed: 1, Of: 2}) {
		t.Errorf("one of two cancelled: %v", l)
	}
}

// TestAPlanThatCancelsClassesThatAreOnRemovesThem has seven classes that are on, and twelve of the next day.
func TestAPlanThatCancelsClassesThatAreOnRemovesThem(t *testing.T) {
	plan := func(more string) *plan.Plan {
		text := classes(12)["school.yaml"]
		for i := range 7 {
			text += fmt.Sprintf("\n  on-%d: {when: 2031-09-15 09:00-09:50%s}", i, more)
		}
		return loadPlan(t, files{"school.yaml": text + "\n"}, "school.yaml")
	}
	for _, tt := range []struct {
		name string
		now  time.Time
		want runner.Removal
	}{
		{"in the middle of them", monday.Add(20 * time.Minute), runner.Removal{Removed: 7, Of: 19}},
		{"at their end", monday.Add(50 * time.Minute), runner.Removal{Of: 12}},
	} {
		if l := runner.RemovalOf(plan(""), plan(", changes: {2031-09-15: cancelled}"), tt.now); l != tt.want || l.ExceedsLimit() != (tt.want.Removed > 0) {
			t.Errorf("%s: %+v, want %+v", tt.name, l, tt.want)
		}
		if l := runner.RemovalOf(plan(""), plan(", changes: {2031-09-15: {to: 09:00-09:30}}"), tt.now); l.Removed > 0 {
			t.Errorf("%s, they end sooner: %+v", tt.name, l)
		}
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

// TestAnEditedClassRelievesTheRunningOne edits the date of a class while it is recorded, which makes it another class: that
// one is begun at once, the running one ends when it writes, and no second between them is lost.
func TestAnEditedClassRelievesTheRunningOne(t *testing.T) {
	tests := []struct {
		name     string
		after    string
		restart  bool // the edit is read by a start instead of a reload
		id       string
		extended bool // the running class was extended, which lets the other one last longer
		stopped  time.Duration
		relieved time.Duration
	}{
		{"it begins later", "2031-09-15 09:10-10:00", false, "school/german/20310915T071000Z", false, 62 * time.Minute, 20 * time.Minute},
		{"it began sooner", "2031-09-15 08:50-09:40", false, "school/german/20310915T065000Z", false, 42 * time.Minute, 20 * time.Minute},
		{"it begins in a quarter of an hour", "2031-09-15 09:35-10:00", false, "school/german/20310915T073500Z", false, 62 * time.Minute, 35*time.Minute - 30*time.Second},
		{"while nobody ran", "2031-09-15 09:10-10:00", true, "school/german/20310915T071000Z", false, 62 * time.Minute, 20 * time.Minute},
		{"of an extended one", "2031-09-15 09:10-10:00", false, "school/german/20310915T071000Z", true, 122 * time.Minute, 20 * time.Minute},
		{"a class that begins at its end does not", "2031-09-15 09:50-10:40", false, "school/german/20310915T075000Z", false, 102 * time.Minute, 52 * time.Minute},
		{"a later class does not", "2031-09-15 11:00-11:50", false, "school/german/20310915T090000Z", false, 172 * time.Minute, 52 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(15 * time.Minute))
				if tt.extended {
					order(t, h.beside(), session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(2 * time.Hour)})
				}
				until(monday.Add(20 * time.Minute))
				edited := loadPlan(t, school(tt.after), "school.yaml")
				if tt.restart {
					h.shut(e)
					e = h.open(edited)
				} else if _, err := e.Apply(context.Background(), edited); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(4 * time.Hour))
				h.shut(e)
				got := h.outcomes()
				if s := got[tt.id]; s.Outcome != session.Recorded && s.Outcome != session.Partial {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				if s := got[german]; s.Outcome != session.Recorded {
					t.Errorf("the class before: %s: %s", s.Outcome, s.Reason)
				}
				ran := h.sim.Ledger().Sessions
				if len(ran) != 2 || ran[1].StoppedAt.Sub(monday.Add(tt.stopped)).Abs() > 5*time.Second {
					t.Fatalf("sessions %+v, want 2, the last stopped %v after the bell", ran, tt.stopped)
				}
				if late := ran[0].StoppedAt.Sub(monday.Add(tt.relieved)); late < -10*time.Second || late > 30*time.Second {
					t.Errorf("the one before ended %v after the bell, want %v or a little later", ran[0].StoppedAt.Sub(monday), tt.relieved)
				}
				if gap := ran[1].RecordingAt.Sub(*ran[0].StoppedAt); gap > 0 && tt.relieved < 50*time.Minute {
					t.Errorf("%v were lost between the two", gap)
				}
				h.audit()
			})
		})
	}
}

// TestAClassThatIsNotRelievedGoesOn has nothing begin in place of a class that left the plan while it was recorded: the
// service refuses the start of the other, or there is not enough left of it.
func TestAClassThatIsNotRelievedGoesOn(t *testing.T) {
	for name, tt := range map[string]struct {
		after  string
		refuse bool
	}{
		"its start is refused":     {"2031-09-15 09:10-10:00", true},
		"too little of it is left": {"2031-09-15 08:30-09:22", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				if tt.refuse {
					h.transport = &spell{next: h.sim.Transport(), op: "/acquire", from: monday, until: monday.Add(3 * time.Hour), unsent: errors.New("no route to host")}
				}
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				apply(t, e, loadPlan(t, school(tt.after, "    min_remainder: 5m"), "school.yaml"))
				until(monday.Add(4 * time.Hour))
				h.shut(e)
				if s := h.outcomes()[german]; s.Outcome != session.Recorded {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				if x := h.sim.Ledger().Sessions[0]; x.StoppedAt.Sub(monday.Add(52*time.Minute)).Abs() > 5*time.Second {
					t.Errorf("it ended %v after the bell", x.StoppedAt.Sub(monday))
				}
			})
		})
	}
}

// TestAClassThatRelievesMoreSessionsThanItWantsStopsThem looks at the ledger, since what lives is billed.
func TestAClassThatRelievesMoreSessionsThanItWantsStopsThem(t *testing.T) {
	for _, wanted := range []int{1, 4} {
		t.Run(fmt.Sprint(wanted), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    redundancy: 3"), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				apply(t, e, loadPlan(t, school("2031-09-15 09:10-10:00", fmt.Sprintf("    redundancy: %d", wanted)), "school.yaml"))
				until(monday.Add(21 * time.Minute))
				live := 0
				for _, x := range h.sim.Ledger().Sessions {
					if x.StoppedAt == nil {
						live++
					}
				}
				if live != wanted {
					t.Errorf("a minute after the edit %d sessions run, want %d", live, wanted)
				}
				until(monday.Add(4 * time.Hour))
				h.shut(e)
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
		if l := runner.RemovalOf(before, loadPlan(t, school(tt.when, tt.changes), "school.yaml"), now); l.ExceedsLimit() != tt.much {
			t.Errorf("%s: %v", tt.name, l)
		}
	}
	if l := runner.RemovalOf(loadPlan(t, school("2031-09-01 09:00-09:50"), "school.yaml"), loadPlan(t, school("2031-09-02 09:00-09:50"), "school.yaml"), now); l.ExceedsLimit() {
		t.Errorf("a plan that had nothing ahead: %v", l)
	}
}
