package runner_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/store"
)

// TestTheDutiesGoToANodeThatIsFit has each of two nodes lack in turn what a plan refers to.
func TestTheDutiesGoToANodeThatIsFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{})
		var lacks [2]atomic.Bool
		vet := func(i int) func(*plan.Plan) error {
			return func(*plan.Plan) error {
				if lacks[i].Load() {
					return errors.New("KEY is not set")
				}
				return nil
			}
		}
		a := f.join("a", vet(0), loadPlan(t, twoApps(bell), "school.yaml"))
		time.Sleep(2600 * time.Millisecond)
		b := f.join("b", vet(1))
		edit := 0
		for _, step := range []struct {
			what           string
			lacksA, lacksB bool
			a              bool // on duty
		}{
			{"both are fit", false, false, true},
			{"a lacks a variable", true, false, false},
			{"both lack it", true, true, false},
			{"a has it again", false, true, true},
			{"both have it", false, false, true},
		} {
			lacks[0].Store(step.lacksA)
			lacks[1].Store(step.lacksB)
			edit++ // so that both look at the plan again
			r, err := wholeRevision(loadPlan(t, twoApps(bell, "2031-09-16 09:00-09:"+[]string{"", "10", "11", "12", "13", "14"}[edit]), "school.yaml"))
			must(t, err)
			r.At = time.Now()
			_, err = a.store.AddRevision(t.Context(), r)
			must(t, err)
			var bothSince, nobodySince time.Duration
			for range 400 {
				time.Sleep(100 * time.Millisecond)
				switch hasA, hasB := a.HasDuties(), b.HasDuties(); {
				case hasA && hasB:
					bothSince += 100 * time.Millisecond
				case !hasA && !hasB:
					nobodySince += 100 * time.Millisecond
				}
			}
			// Whoever had them learns within a second that they are gone, and ends what is out.
			if ends := runner.DutyInterval + notify.EndsWithin; nobodySince > 0 && nobodySince < ends {
				t.Errorf("%s: the next one has the duties after %v, want %v at least", step.what, nobodySince, ends)
			}
			if a.OnDuty() != step.a || b.OnDuty() == step.a || bothSince > 0 {
				t.Errorf("%s: on duty are a: %v, b: %v, both for %v; want a: %v\na: %s\nb: %s", step.what, a.OnDuty(), b.OnDuty(), bothSince, step.a, a.log.String(), b.log.String())
			}
		}
		for _, n := range []*fleetNode{b, a} {
			f.leave(n)
		}
	})
}

// TestAnUnfitNodeHasTheDutiesWhereNoFitOneLives kills the one node that is fit.
func TestAnUnfitNodeHasTheDutiesWhereNoFitOneLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		b := f.join("b", func(*plan.Plan) error { return errors.New("KEY is not set") })
		time.Sleep(time.Minute)
		if !a.OnDuty() || b.OnDuty() {
			t.Errorf("on duty are a: %v, b: %v, want the one that is fit", a.OnDuty(), b.OnDuty())
		}
		f.kill(a)
		time.Sleep(20 * time.Second)
		if !b.OnDuty() {
			t.Errorf("nobody is on duty\nb: %s", b.log.String())
		}
		if l, err := b.store.DutiesLease(t.Context()); err != nil || l.Node != b.store.NodeID() || l == (store.Lease{}) {
			t.Errorf("the lease of the duties is %+v, %v", l, err)
		}
		a.Abandon()
		a.Close()
		f.leave(b)
	})
}
