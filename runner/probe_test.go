package runner_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
)

// TestANodeThatTheServiceDoesNotAnswerHandsOver cuts a node off from the service around the bell; the store stays in its reach.
func TestANodeThatTheServiceDoesNotAnswerHandsOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at     time.Duration // after the bell
		asks   time.Duration // after that it sends its next request at the latest
		silent bool          // requests get no answer, else they fail at once
	}{
		{-3 * time.Minute, 3*time.Minute - 43*time.Second, false},
		{-43500 * time.Millisecond, 500 * time.Millisecond, true},
		{2 * time.Minute, catalog.MonitorInterval(), true},
		{11*time.Minute + 58*time.Second, 2 * time.Second, true},
	} {
		t.Run(fmt.Sprint("at the bell and ", c.at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, a, b := twoNodes(t)
				until(monday.Add(c.at))
				a.wire.cut.Store(!c.silent)
				a.wire.silent.Store(c.silent)
				time.Sleep(c.asks + 30*time.Second)
				if got := f.owners(b.store); got["canary-APP_A"] != "b" || got["canary-APP_B"] != "b" {
					t.Errorf("the owners are %v", got)
				}
				until(monday.Add(15 * time.Minute))
				f.recorded(b.store, 4)
				a.wire.cut.Store(false)
				a.wire.silent.Store(false)
				time.Sleep(time.Minute)
				if got := f.owners(b.store); got["canary-APP_A"] == got["canary-APP_B"] {
					t.Errorf("once the service answers again the owners are %v", got)
				}
				for _, n := range []*fleetNode{a, b} {
					f.leave(n)
				}
				f.once()
				if t.Failed() {
					t.Logf("a: %s\nb: %s", a.log.String(), b.log.String())
				}
			})
		})
	}
}

// TestAServiceThatAnswersNobodyMovesAppsOnceAtMost cuts both nodes off from the service for some minutes.
func TestAServiceThatAnswersNobodyMovesAppsOnceAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		terms := func() (sum int64) {
			leases, err := b.store.Leases(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range leases {
				sum += l.Term
			}
			return sum
		}
		until(monday.Add(2 * time.Minute))
		before := terms()
		a.wire.cut.Store(true)
		b.wire.cut.Store(true)
		time.Sleep(4 * time.Minute)
		if moved := terms() - before; moved > 1 {
			t.Errorf("App IDs have moved %d times", moved)
		}
		a.wire.cut.Store(false)
		b.wire.cut.Store(false)
		until(monday.Add(15 * time.Minute)) //
		f.recorded(b.store, 4)
		for _, n := range []*fleetNode{a, b} {
			f.leave(n)
		}
		f.once()
	})
}
