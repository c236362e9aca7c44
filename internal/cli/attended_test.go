package cli

import (
	"strings"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// TestAnAppIDThatALivingNodeOwnsIsAttended has a node own an App ID that its heartbeats do not name, and another name one in reserve.
func TestAnAppIDThatALivingNodeOwnsIsAttended(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	open := func() *store.Store {
		s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true, Shared: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	owner, asks := open(), open()
	if _, err := owner.ClaimAll(t.Context(), []string{"owned"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Heartbeat(t.Context(), time.Now(), []string{}); err != nil {
		t.Fatal(err)
	}
	if _, err := asks.Heartbeat(t.Context(), time.Now(), []string{store.Reserve("in reserve here")}); err != nil {
		t.Fatal(err)
	}
	attended := func() map[string]bool {
		apps, err := attendedApps(t.Context(), asks, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return apps
	}
	if apps := attended(); len(apps) != 2 || !apps["owned"] || !apps["in reserve here"] {
		t.Errorf("the App IDs that are attended are %v", apps)
	}
	if _, err := owner.Heartbeat(t.Context(), time.Now(), []string{store.ClockOff("owned"), store.ClockOff("another")}); err != nil {
		t.Fatal(err)
	}
	for app, want := range map[string]int{"owned": 1, "another": 0, "in reserve here": 0} {
		if doubts, err := ownersInDoubt(t.Context(), asks, map[string]bool{app: true}); err != nil || len(doubts) != want || want > 0 && !strings.Contains(doubts[0], "clock") {
			t.Errorf("of an order for App ID %q it says %q, %v", app, doubts, err)
		}
	}
	if err := owner.Leave(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if apps := attended(); len(apps) != 1 || apps["owned"] {
		t.Errorf("once the owner has left, they are %v", apps)
	}
}
