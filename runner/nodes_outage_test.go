package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/store/pgtest"
)

// TestAnOutageOfPostgreSQLMovesNoApp has the database be stopped hard, and one of two nodes find its way back some seconds before the
// other.
func TestAnOutageOfPostgreSQLMovesNoApp(t *testing.T) {
	t.Parallel()
	virtually(t, pgtest.Start(t), monday.Add(enter), func(t *testing.T, d *database) {
		f := newFleet(t, simulator.Config{})
		f.address = d.address
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		time.Sleep(600 * time.Millisecond) // virtual: the two do not poll at the same instant
		f.address = d.narrow
		b := f.join("b", nil)
		until(monday.Add(middle))
		before, err := a.store.Leases(t.Context())
		must(t, err)
		d.outside(func() {
			d.server.Kill(t)
			d.network.Break()
		})
		sent := len(a.wire.requests()) + len(b.wire.requests())
		time.Sleep(2 * time.Minute) // virtual: the outage
		for _, n := range []*fleetNode{a, b} {
			if issues := fmt.Sprint(n.Issues()); !strings.Contains(issues, "node-unconfirmed") || !strings.Contains(issues, "store-failed") {
				t.Errorf("in the outage the health issues of %s are %s", n.name, issues)
			}
		}
		if now := len(a.wire.requests()) + len(b.wire.requests()); now != sent {
			t.Errorf("%d requests were sent in the outage", now-sent)
		}
		d.outside(func() { d.server.Restart(t) })
		time.Sleep(4 * time.Second) // virtual: one node is back that much before the other
		d.network.Mend()
		until(monday.Add(15 * time.Minute))
		after, err := a.store.Leases(t.Context())
		must(t, err)
		if !slices.Equal(before, after) {
			t.Errorf("the leases are %+v and were %+v", after, before)
		}
		f.recorded(a.store, 4)
		f.leave(a)
		f.leave(b)
		f.once()
		if t.Failed() {
			t.Logf("a: %s\nb: %s", a.log.String(), b.log.String())
		}
	})
}
