package runner_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
)

// betweenOwners is a house in which a class was given to another App ID while it was recorded. Its session is stopped, the
// owner of the first App ID has let go of it, and the owner of the other is kept from taking it.
type betweenOwners struct {
	*house
	e             *runner.Engine
	before, after *plan.Plan
	hold          chan struct{}
	release       func()
}

// spared has the class of the other App ID on the next day, so that its owner can be kept in a step about it.
func spared(f files) files {
	return files{"school.yaml": strings.Replace(f["school.yaml"], "2031-12-02", "2031-09-16", 1)}
}

func passedOn(t *testing.T) *betweenOwners {
	t.Helper()
	until(monday.Add(-10 * time.Minute))
	b := &betweenOwners{house: newHouse(t, simulator.Config{}), hold: make(chan struct{})}
	b.release = sync.OnceFunc(func() { close(b.hold) })
	b.poll = time.Second
	b.onStep = func(s session.State) {
		if s.Recording == "spare" && s.Cancel != nil {
			<-b.hold
		}
	}
	b.transport = &spell{next: b.sim.Transport(), op: "/stop", from: monday, until: monday.Add(22 * time.Minute), unsent: errors.New("no route to host")}
	b.before, b.after = loadPlan(t, spared(moving("")), "school.yaml"), loadPlan(t, spared(moving("", "    app: other")), "school.yaml")
	b.e = b.open(b.before)
	until(monday.Add(20 * time.Minute))
	apply(t, b.e, b.after)
	until(monday.Add(21 * time.Minute))
	must(t, b.e.Cancel("school/spare/20310916T070000Z", "ops", "to keep its loop"))
	until(monday.Add(25 * time.Minute))
	if s := b.state(german); s.Outcome != "" || len(s.Sessions) != 1 || s.Sessions[0].State != session.SessionEnded || s.App != "canary-OTHER" {
		t.Fatalf("it is not between two owners: %+v", s)
	}
	return b
}

// TestNothingIsLostBetweenTwoOwners has something happen while a class is between the owners of two App IDs.
func TestNothingIsLostBetweenTwoOwners(t *testing.T) {
	t.Parallel()
	const first = "06:59-07:22"
	for _, tt := range []struct {
		name    string
		do      func(b *betweenOwners)
		runs    []string
		outcome session.Outcome
		other   bool // it ends with the other App ID
	}{
		{"nothing", func(*betweenOwners) {}, []string{first, "07:26-07:52"}, session.Partial, true},
		{"an operator cancels it", func(b *betweenOwners) {
			must(b.t, b.e.Cancel(german, "principal", "snow"))
		}, []string{first}, session.Cancelled, true},
		{"the plan gives it back", func(b *betweenOwners) {
			go func() { _, _ = b.e.Apply(b.t.Context(), b.before) }() // it waits for the owner that is kept
		}, []string{first, "07:25-07:52"}, session.Partial, false},
		{"the plan drops it", func(b *betweenOwners) {
			p := loadPlan(b.t, files{"school.yaml": strings.Replace(spared(moving(""))["school.yaml"], "2031-09-15 09:00-09:50, ", "", 1)}, "school.yaml")
			go func() { _, _ = b.e.Apply(b.t.Context(), p) }()
		}, []string{first}, session.Cancelled, true}, // nothing of it runs, and nobody wants it
		{"the daemon ends and begins again", func(b *betweenOwners) {
			b.e.Close()
			b.release()
			synctest.Wait()
			must(b.t, b.store.Close())
			b.onStep = nil
			b.e = b.open(b.after)
		}, []string{first, "07:25-07:52"}, session.Partial, true},
		{"and the plan gives it back meanwhile", func(b *betweenOwners) {
			b.e.Close()
			b.release()
			synctest.Wait()
			must(b.t, b.store.Close())
			b.onStep = nil
			b.e = b.open(b.before)
		}, []string{first, "07:25-07:52"}, session.Partial, false},
	} {
		for name, cancelled := range map[string]bool{"to its end": false, "and it is cancelled later": true} {
			if cancelled && tt.outcome == session.Cancelled {
				continue
			}
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := passedOn(t)
					tt.do(b)
					until(monday.Add(26 * time.Minute))
					b.release()
					until(monday.Add(40 * time.Minute))
					want, outcome := slices.Clone(tt.runs), tt.outcome
					if cancelled { // which only its owner can do
						if err := b.e.Cancel(german, "principal", "snow"); err != nil {
							t.Error(err)
						}
						want[1], outcome = want[1][:6]+"07:40", session.Cancelled
					}
					until(monday.Add(75 * time.Minute))
					s, story := b.state(german), b.story(german)
					b.shut(b.e)
					if runs := b.runs(); !slices.Equal(runs, want) || s.Outcome != outcome {
						t.Errorf("ran %v and ended %s, want %v and %s: %s\n%s", runs, s.Outcome, want, outcome, s.Reason, story)
					}
					if (s.App == "canary-OTHER") != tt.other {
						t.Errorf("it ended with the App ID %s", s.App)
					}
					if log := b.log.String(); strings.Contains(log, "is another's") {
						t.Errorf("an occurrence was let go:\n%s", log)
					}
				})
			})
		}
	}
}

// TestAClassThatIsLeftAndDroppedIsWantedAgain gives a class to another App ID while it is recorded, drops it and takes it in
// again, as a plan does that is read while it is being written, before its session can be stopped.
func TestAClassThatIsLeftAndDroppedIsWantedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Hour
		h.transport = &spell{next: h.sim.Transport(), op: "/stop", from: monday, until: monday.Add(22 * time.Minute), unsent: errors.New("no route to host")}
		e := h.open(loadPlan(t, moving(""), "school.yaml"))
		other := moving("", "    app: other")
		dropped := files{"school.yaml": strings.Replace(other["school.yaml"], "2031-09-15 09:00-09:50, ", "", 1)}
		for i, f := range []files{other, dropped, other} {
			until(monday.Add(20*time.Minute + time.Duration(i)*10*time.Second))
			apply(t, e, loadPlan(t, f, "school.yaml"))
		}
		until(monday.Add(2 * time.Hour))
		s, story := h.state(german), h.story(german)
		h.shut(e)
		if runs, want := h.runs(), []string{"06:59-07:22", "07:22-07:52"}; !slices.Equal(runs, want) || s.Outcome != session.Partial || s.App != "canary-OTHER" {
			t.Errorf("ran %v and ended %s with %s, want %v: %s\n%s", runs, s.Outcome, s.App, want, s.Reason, story)
		}
	})
}
