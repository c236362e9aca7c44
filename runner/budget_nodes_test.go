package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/store"
)

// TestTheRateHoldsAndIsUsedOverHandOvers has three nodes share one App ID, with 300 classes at one bell. In the middle of the starts
// the owner is told to end, and the next owner is killed. No second sees more requests than the rate allows, whoever sends
// them, and each owner uses the rate until all are started.
func TestTheRateHoldsAndIsUsedOverHandOvers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const rate, classes = 10, 300
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{QPS: rate, Concurrent: -1})
		plan := strings.Replace(twoApps(bell)["school.yaml"], `{a: {id: "${APP_A}"}, b: {id: "${APP_B}"}}`,
			fmt.Sprintf(`{a: {id: "${APP_A}", limits: {qps: %d, concurrent: %d}}}`, rate, classes), 1)
		plan = plan[:strings.Index(plan, "  german:")]
		for i := range classes {
			plan += fmt.Sprintf("  room-%d: {app: a, when: %s}\n", i, bell)
		}
		nodes := []*fleetNode{f.join("a", nil, loadPlan(t, files{"school.yaml": plan}, "school.yaml"))}
		for _, name := range []string{"b", "c"} {
			time.Sleep(300 * time.Millisecond)
			nodes = append(nodes, f.join(name, nil))
		}
		started := func() int { return len(f.sim.Ledger().Sessions) }
		sendsAgain := func(before *fleetNode, end func()) {
			end()
			sent := len(before.wire.requests())
			for n := started(); started() < n+20; {
				time.Sleep(500 * time.Millisecond)
			}
			if len(before.wire.requests()) > sent {
				t.Errorf("%s has sent requests after its end", before.name)
			}
		}
		waitFor := func(n int) {
			for started() < n {
				time.Sleep(500 * time.Millisecond)
			}
		}
		owner := func() *fleetNode {
			for _, n := range nodes {
				if n.name == f.owners(f.readerOf())["canary-APP_A"] {
					return n
				}
			}
			t.Fatal("nobody owns the App ID")
			return nil
		}
		waitFor(classes / 3)
		first := owner()
		sendsAgain(first, func() { f.leave(first) })
		waitFor(2 * classes / 3)
		second := owner()
		sendsAgain(second, func() { f.kill(second) })
		waitFor(classes)
		end := time.Now()
		var all []time.Time
		spent, sent := time.Duration(0), 0
		for _, n := range nodes {
			times := slices.DeleteFunc(n.wire.pacedRequests(), func(at time.Time) bool { return at.After(end) })
			if len(times) == 0 {
				continue
			}
			all = append(all, times...)
			sent += len(times)
			spent += times[len(times)-1].Sub(times[0]) + time.Second/rate
		}
		slices.SortFunc(all, time.Time.Compare)
		for i := rate; i < len(all); i++ {
			if all[i].Sub(all[i-rate]) < time.Second {
				t.Fatalf("%d requests within %v at %v", rate+1, all[i].Sub(all[i-rate]), all[i])
			}
		}
		if most := rate * spent.Seconds(); float64(sent) < 0.95*most || float64(sent) > 1.05*most {
			t.Errorf("%d requests were sent in the %v in which an owner sent any: %.0f%% of the rate, want 95%% at least", sent, spent, 100*float64(sent)/most)
		}
		if n := f.sim.Ledger().Answers["429"]; n > 0 {
			t.Errorf("%d requests were over the rate", n)
		}
		t.Logf("%d requests in %v by owners, %.1f%% of the rate, all started %v from the bell", sent, spent, 100*float64(sent)/(rate*spent.Seconds()), end.Sub(monday))
		if n := len(f.sim.Ledger().Sessions); n != classes {
			t.Errorf("%d sessions began for %d classes", n, classes)
		}
		for _, n := range nodes {
			if n != first { // what runs goes on: that is of no matter here
				n.Abandon()
				n.Close()
				_ = n.store.Close()
			}
		}
	})
}

// readerOf is a store of a node that works.
func (f *fleet) readerOf() *store.Store {
	return f.nodes[len(f.nodes)-1].store
}
