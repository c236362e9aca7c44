package runner_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAStartThatWritesALargePlanWatchesWhatRuns has a class end, and another one begin, while a start writes its plan.
func TestAStartThatWritesALargePlanWatchesWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Second
		before := school("2031-09-15 09:00-09:50, 2031-09-15 10:00-10:30")
		h.shut(h.open(loadPlan(t, before, "school.yaml")))
		e := h.open(loadPlan(t, before, "school.yaml"))
		until(monday.Add(20 * time.Minute))
		h.shut(e)

		var large atomic.Bool
		large.Store(true)
		h.atPoint = func(at string) {
			if at == "before writing the plan" && large.Swap(false) {
				time.Sleep(80 * time.Minute) // virtual: the write takes that long
			}
		}
		until(monday.Add(30 * time.Minute))
		after := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 10:00-10:30, 2031-09-16 09:00-09:50"), "school.yaml")
		opened := make(chan *runner.Engine)
		go func() { opened <- h.open(after) }()
		until(monday.Add(2 * time.Hour))
		for _, s := range h.sim.Ledger().Sessions {
			if s.StoppedAt == nil {
				t.Errorf("the recording of %s runs on although its class is over", s.Cname)
			}
		}
		e = <-opened
		h.shut(e)
		for _, id := range []string{german, "school/german/20310915T080000Z"} {
			if s := h.outcomes()[id]; s.Outcome != session.Recorded {
				t.Errorf("%s: %s: %s", id, s.Outcome, s.Reason)
			}
		}
		h.audit()
	})
}

// TestAStartThatWritesALargePlanGoesByItForWhatIsNear edits a plan while no daemon runs, so that the next start writes more classes of the
// day after than one transaction takes. The second of its transactions takes twenty minutes. Meanwhile a class ends and another one begins,
// by the new plan.
func TestAStartThatWritesALargePlanGoesByItForWhatIsNear(t *testing.T) {
	t.Parallel()
	const both = "2031-09-15 09:00-09:50, 2031-09-15 09:55-10:30"
	for _, tt := range []struct {
		name     string
		before   files
		when     string // of the recording after the edit
		setting  string
		ran      []string
		outcomes map[string]session.Outcome
	}{
		{
			"a class is extended", school("2031-09-15 09:00-09:50"), "2031-09-15 09:00-10:50", "",
			[]string{"06:59-08:52"},
			map[string]session.Outcome{german: session.Recorded},
		},
		{
			"a class is removed", school(both), "2031-09-15 09:00-09:50", "",
			[]string{"06:59-07:52"},
			map[string]session.Outcome{german: session.Recorded},
		},
		{
			"a class is moved to a later hour", school(both), both, "    changes: {2031-09-15 09:55: {to: 11:00-11:30}}",
			[]string{"06:59-07:52", "08:59-09:32"},
			map[string]session.Outcome{german: session.Recorded, "school/german/20310915T075500Z": session.Recorded},
		},
		{
			"a class is cancelled", school(both), both, "    changes: {2031-09-15 09:55: cancelled}",
			[]string{"06:59-07:52"},
			map[string]session.Outcome{german: session.Recorded, "school/german/20310915T075500Z": session.Cancelled},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			after := largeSchool(tt.when, tt.setting)
			h := duringALargeStart(t, []*plan.Plan{loadPlan(t, tt.before, "school.yaml")}, loadPlan(t, after, "school.yaml"))
			if ran := h.runs(); !slices.Equal(ran, tt.ran) {
				t.Errorf("ran %v, want %v", ran, tt.ran)
			}
			got := map[string]session.Outcome{}
			for id, s := range h.outcomes() {
				got[id] = s.Outcome
			}
			if !maps.Equal(got, tt.outcomes) {
				t.Errorf("%v, want %v", got, tt.outcomes)
			}
		})
	}
	t.Run("another plan is not given any more", func(t *testing.T) {
		t.Parallel()
		const kept = "2031-09-15 09:00-09:50"
		other := school("2031-09-15 09:55-10:30")
		other["school.yaml"] = strings.Replace(other["school.yaml"], "name: school", "name: academy", 1)
		before := []*plan.Plan{loadPlan(t, school(kept), "school.yaml"), loadPlan(t, other, "school.yaml")}
		h := duringALargeStart(t, before, loadPlan(t, largeSchool(kept, ""), "school.yaml"))
		if ran, ended := h.runs(), h.outcomes(); !slices.Equal(ran, []string{"06:59-07:52"}) || len(ended) != 1 {
			t.Errorf("ran %v, ended %v", ran, ended)
		}
	})
}

// largeSchool is a plan of a German class, with 1440 other classes on the day after.
func largeSchool(when, setting string) files {
	var slots []string
	for i := range 48 {
		slots = append(slots, fmt.Sprintf("2031-09-16 %02d:%02d-%02d:%02d", i/2, 30*(i%2), i/2, 30*(i%2)+10))
	}
	more := []string{setting}
	for i := range 30 {
		more = append(more, fmt.Sprintf("  other-%d: {when: [%s]}", i, strings.Join(slots, ", ")))
	}
	return school(when, more...)
}

// duringALargeStart works on plans until twenty minutes past nine, and starts with another one at eleven minutes to ten, for which the
// second transaction of specs takes twenty minutes.
func duringALargeStart(t *testing.T, before []*plan.Plan, after *plan.Plan) (h *house) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h = newHouse(t, simulator.Config{})
		h.poll = 10 * time.Second
		e := h.open(before...)
		until(monday.Add(20 * time.Minute))
		h.shut(e)
		var writes atomic.Int64
		h.atPoint = func(at string) {
			if at == "before writing the plan" && writes.Add(1) == 2 {
				time.Sleep(20 * time.Minute) // virtual: the write takes that long
			}
		}
		until(monday.Add(49 * time.Minute))
		e = h.open(after)
		until(monday.Add(3 * time.Hour))
		if n := writes.Load(); n < 3 {
			t.Errorf("the plan took %d transactions", n)
		}
		h.shut(e)
		h.audit()
	})
	return h
}

// TestAStartBesideAnotherWriterWatchesWhatRuns has another node write specs before each transaction of a start, so that what is near of the
// plan cannot be written for half an hour.
func TestAStartBesideAnotherWriterWatchesWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(30 * time.Minute))
		f.leave(a)
		other := f.openStore("other", f.slow)
		defer func() { must(t, other.Close()) }()
		f.failpoint = func(at string) {
			if at != "before writing the plan" || !time.Now().Before(monday.Add(70*time.Minute)) {
				return
			}
			time.Sleep(5 * time.Second) // virtual: two such writes take longer than a start waits
			if err := other.WriteSpecs(context.Background(), func(*store.SpecTx) error { return nil }); err != nil {
				t.Error(err)
			}
		}
		until(monday.Add(40 * time.Minute))
		b := f.join("b", nil, loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 11:00-11:30"), "school.yaml"))
		until(monday.Add(160 * time.Minute))
		f.recorded(b.store, 2)
		f.leave(b)
		for _, s := range f.sim.Ledger().Sessions {
			if s.StoppedAt == nil || s.StoppedAt.After(monday.Add(53*time.Minute)) && s.StartedAt.Before(monday) {
				t.Errorf("the recording of %s that began at %v was stopped at %v", s.Cname, s.StartedAt, s.StoppedAt)
			}
		}
	})
}

// TestAStartGoesOnWhereTheStoreCannotTakeWhatIsFarAhead takes the table of generations away for some minutes, after what is near of a plan has
// been written.
func TestAStartGoesOnWhereTheStoreCannotTakeWhatIsFarAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-20 * time.Minute))
		f := newFleet(t, simulator.Config{})
		var writes atomic.Int64
		f.failpoint = func(at string) {
			if at == "before writing the plan" && writes.Add(1) == 2 {
				f.define("ALTER TABLE changes RENAME TO hidden")
				time.AfterFunc(5*time.Minute, func() { f.define("ALTER TABLE hidden RENAME TO changes") })
			}
		}
		a := f.join("a", nil, loadPlan(t, school("2031-09-15 09:00-09:15, 2031-09-16 09:00-09:50"), "school.yaml"))
		until(monday.Add(20 * time.Minute))
		f.recorded(a.store, 1)
		if rows, err := a.store.Occurrences(t.Context(), store.Filter{}); err != nil || len(rows) != 2 {
			t.Errorf("the store has %d classes, want 2: %v", len(rows), err)
		}
		f.leave(a)
	})
}
