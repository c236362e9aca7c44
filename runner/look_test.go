package runner_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestSpecsAreReadThoughTheirWriterWasInterrupted gives up on a plan when its specs are written. The class that it adds begins all the
// same, although nobody else writes the store.
func TestSpecsAreReadThoughTheirWriterWasInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-3 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Second
		ctx, cancel := context.WithCancel(context.Background())
		var armed atomic.Bool
		h.atPoint = func(point string) {
			if armed.Load() && point == "after writing the plan" {
				cancel()
			}
		}
		e := h.open(loadPlan(t, school("2031-09-16 09:00-09:10"), "school.yaml"))
		time.Sleep(10 * time.Second) // virtual: the plan is at work
		armed.Store(true)
		if _, err := e.Apply(ctx, loadPlan(t, school("2031-09-15 09:00-09:10, 2031-09-16 09:00-09:10"), "school.yaml")); err == nil {
			t.Fatal("the plan was not given up")
		}
		until(monday.Add(15 * time.Minute))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("it is %q: %s", s.Outcome, s.Reason)
		}
	})
}

// TestANodeDoesNotRemoveWhatIsPlannedAgain withdraws a plan and applies it again while one of two nodes is about to remove its classes.
func TestANodeDoesNotRemoveWhatIsPlannedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		p := loadPlan(t, twoApps(bell), "school.yaml")
		var nodes [2]*fleetNode
		reached, goOn := make(chan bool), make(chan bool)
		var slow, waits [2]atomic.Bool
		for i, name := range []string{"a", "b"} {
			f.failpoint = func(point string) {
				switch {
				case point != "before writing the plan":
				case slow[i].CompareAndSwap(true, false):
					close(reached)
					<-goOn
				case waits[i].Load():
					<-reached
				}
			}
			nodes[i] = f.join(name, nil, p)
			time.Sleep(600 * time.Millisecond) // virtual: the two do not poll at the same instant
		}
		until(monday.Add(-9 * time.Minute))
		leads := 0 // the node that writes what the plan wants
		if f.owners(nodes[0].store)["canary-APP_A"] == "b" {
			leads = 1
		}
		slow[1-leads].Store(true)
		waits[leads].Store(true)
		other := nodes[leads]
		if _, err := other.store.AddRevision(context.Background(), store.Revision{At: time.Now(), Plan: "school", Who: "operator", State: store.RevisionConfirmed}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-reached:
		case <-time.After(10 * time.Second):
			t.Fatal("the node has removed nothing")
		}
		r, err := wholeRevision(p)
		if err != nil {
			t.Fatal(err)
		}
		r.At = time.Now()
		if _, err := other.store.AddRevision(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // virtual: the other node has the plan at work again
		close(goOn)
		synctest.Wait()
		if rows, err := other.store.Occurrences(context.Background(), store.Filter{}); err != nil || len(rows) != 4 { // before anybody plans them anew
			t.Errorf("%d classes are planned, want 4 (%v)", len(rows), err)
		}
		until(monday.Add(15 * time.Minute))
		f.recorded(other.store, 4)
		for _, n := range nodes {
			if t.Failed() {
				t.Logf("%s: %s", n.name, n.log.String())
			}
			f.leave(n)
		}
	})
}

// TestANodeRecordsAPlanThatItCanWorkOnLater starts a node that lacks what a plan refers to, on a store that holds the plan's classes
// already. Once it has it, it records them, although nothing of them is to be written.
func TestANodeRecordsAPlanThatItCanWorkOnLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		f.leave(f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml")))
		var lacks atomic.Bool
		lacks.Store(true)
		b := f.join("b", lacksKey(&lacks))
		time.Sleep(30 * time.Second) // virtual: it looks again every 10 s
		if got := f.owners(b.store); len(got) > 0 {
			t.Errorf("the owners are %v", got)
		}
		lacks.Store(false)
		until(monday.Add(15 * time.Minute))
		f.recorded(b.store, 4)
		f.leave(b)
		f.once()
	})
}
