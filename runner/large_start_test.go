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

// TestAStartSaysThatItGoesByTheEarlierPlan has the store take a minute for the only class of an edited plan.
func TestAStartSaysThatItGoesByTheEarlierPlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.shut(h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")))
		var slow atomic.Bool
		slow.Store(true)
		h.atPoint = func(at string) {
			if at == "before writing the plan" && slow.Swap(false) {
				time.Sleep(time.Minute) // virtual: the write takes that long
			}
		}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-10:20"), "school.yaml"))
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded || !s.End.Equal(monday.Add(80*time.Minute)) {
			t.Errorf("%s until %v: %s", s.Outcome, s.End, s.Reason)
		}
		if log := h.log.String(); !strings.Contains(log, "recorded as planned before this start") || !strings.Contains(log, "the store did not answer in time") {
			t.Errorf("the log does not say by what is recorded, and why:\n%s", log)
		}
	})
}

// TestALargePlanIsGoneByForWhatIsNear edits a plan, while no daemon runs and while one does, so that more classes of the day after are written
// than one transaction takes. The second of the transactions takes twenty minutes. Meanwhile a class ends and another one begins, by the
// new plan.
func TestALargePlanIsGoneByForWhatIsNear(t *testing.T) {
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
		for way, restart := range map[string]bool{"at a start": true, "live": false} {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				t.Parallel()
				after := largeSchool(tt.when, tt.setting)
				h := whileALargePlanIsWritten(t, restart, []*plan.Plan{loadPlan(t, tt.before, "school.yaml")}, loadPlan(t, after, "school.yaml"))
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
	}
	t.Run("another plan is not given any more", func(t *testing.T) {
		t.Parallel()
		const kept = "2031-09-15 09:00-09:50"
		other := school("2031-09-15 09:55-10:30")
		other["school.yaml"] = strings.Replace(other["school.yaml"], "name: school", "name: academy", 1)
		before := []*plan.Plan{loadPlan(t, school(kept), "school.yaml"), loadPlan(t, other, "school.yaml")}
		h := whileALargePlanIsWritten(t, true, before, loadPlan(t, largeSchool(kept, ""), "school.yaml"))
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

// whileALargePlanIsWritten works on plans until eleven minutes to ten, and then on another one, for which the second transaction of specs
// takes twenty minutes. With restart no daemon runs for half an hour before that.
func whileALargePlanIsWritten(t *testing.T, restart bool, before []*plan.Plan, after *plan.Plan) (h *house) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h = newHouse(t, simulator.Config{})
		h.poll = 10 * time.Second
		var writes atomic.Int64
		var large atomic.Bool
		h.atPoint = func(at string) {
			if at == "before writing the plan" && large.Load() && writes.Add(1) == 2 {
				time.Sleep(20 * time.Minute) // virtual: the write takes that long
			}
		}
		e := h.open(before...)
		if restart {
			until(monday.Add(20 * time.Minute))
			h.shut(e)
		}
		until(monday.Add(49 * time.Minute))
		large.Store(true)
		if restart {
			e = h.open(after)
		} else if _, err := e.Apply(t.Context(), after); err != nil {
			t.Error(err)
		}
		until(monday.Add(3 * time.Hour))
		if n := writes.Load(); n < 2 {
			t.Errorf("the plan took %d transactions", n)
		}
		h.shut(e)
		h.audit()
	})
	return h
}

// TestATakeOverGoesByEachPlanForWhatIsNear has two plans applied just after the node is killed that owns their App ID. Of the one the node
// that takes over writes more than one transaction takes, and the last of its three takes twenty minutes. By the other one a class that is
// being recorded lasts longer.
func TestATakeOverGoesByEachPlanForWhatIsNear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		academy := func(when string) *plan.Plan {
			text := strings.Replace(school(when)["school.yaml"], "name: school", "name: academy", 1)
			return loadPlan(t, files{"school.yaml": text}, "school.yaml")
		}
		plans := []*plan.Plan{loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"), academy("2031-09-15 09:00-09:50")}
		a := f.join("a", nil, plans...)
		var killed atomic.Bool
		var writes atomic.Int64
		f.failpoint = func(at string) {
			if at == "before writing the plan" && killed.Load() && writes.Add(1) == 3 {
				time.Sleep(20 * time.Minute) // virtual: the write takes that long
			}
		}
		b := f.join("b", nil, plans...)
		until(monday.Add(48 * time.Minute))
		f.kill(a)
		killed.Store(true)
		operator := f.openStore("operator", nil)
		for _, p := range []*plan.Plan{loadPlan(t, largeSchool("2031-09-15 09:00-09:50", ""), "school.yaml"), academy("2031-09-15 09:00-10:05")} {
			r, err := archived(p)
			must(t, err)
			r.At = time.Now()
			_, err = operator.AddRevision(t.Context(), r)
			must(t, err)
		}
		must(t, operator.Close())
		until(monday.Add(70 * time.Minute))
		if n := writes.Load(); n != 3 {
			t.Errorf("the plans took %d transactions", n)
		}
		a.Abandon()
		a.Close()
		f.recorded(b.store, 2)
		f.leave(b)
		if ran := f.runs(); !slices.Equal(ran, []string{"06:59-07:52", "06:59-08:07"}) {
			t.Errorf("ran %v", ran)
		}
	})
}

// TestALargePlanIsGoneByForSettings changes what a spec does not say of a class that begins while the rest of the plan is written.
func TestALargePlanIsGoneByForSettings(t *testing.T) {
	t.Parallel()
	const both = "2031-09-15 09:00-09:50, 2031-09-15 09:55-10:30"
	h := whileALargePlanIsWritten(t, false, []*plan.Plan{loadPlan(t, school(both), "school.yaml")}, loadPlan(t, largeSchool(both, "    video: 480p"), "school.yaml"))
	var widths []int
	for _, s := range h.sim.Ledger().Sessions {
		widths = append(widths, s.Width)
	}
	if !slices.Equal(widths, []int{1280, 848}) {
		t.Errorf("recorded %v pixels wide, want the second class by the new plan", widths)
	}
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
		log := b.log.String()
		for _, part := range []string{`level=WARN msg="the next classes of the plans are not written yet; until they are, classes are recorded as planned before this start"`, "another daemon or command changed classes meanwhile"} {
			if !strings.Contains(log, part) {
				t.Errorf("the log does not say %s:\n%s", part, log)
			}
		}
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
