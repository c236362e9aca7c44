package runner_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestANodeIsBuriedWhenItsTimeIsOver kills a node whose heartbeats are not at whole seconds, at which the other one polls.
func TestANodeIsBuriedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		until(monday.Add(-3*time.Minute - 500*time.Millisecond))
		nodes, err := b.store.Nodes(t.Context())
		if err != nil || len(nodes) != 2 || nodes[0].Name != "a" {
			t.Fatalf("%+v, %v", nodes, err)
		}
		alive := nodes[0].AliveUntil
		if part := alive.Sub(alive.Truncate(time.Second)); part < 100*time.Millisecond || part > 900*time.Millisecond {
			t.Fatalf("its heartbeats are at whole seconds, so it proves nothing: %v", alive)
		}
		f.kill(a)
		for f.owners(b.store)["canary-APP_A"] != "b" || f.owners(b.store)["canary-APP_B"] != "b" {
			if time.Since(alive) > 2*time.Second {
				t.Fatalf("the owners are %v", f.owners(b.store))
			}
			time.Sleep(5 * time.Millisecond)
		}
		if took := time.Since(alive); took < 0 || took > 50*time.Millisecond {
			t.Errorf("its App IDs were taken over %v after its time was over", took)
		}
		a.Abandon()
		a.Close()
		f.leave(b)
	})
}
