package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// TestStopAllHasPatienceWithAStoreThatFails has the store fail when nothing has moved for most of the patience: what the command
// says of how long it could not be read is true.
func TestStopAllHasPatienceWithAStoreThatFails(t *testing.T) {
	t.Parallel()
	dsn, id := extendedRow(t, "recording", noon, noon.Add(time.Hour), map[string]any{})
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), dsn, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, begun := atNoon(), time.Now()
		a.stopPatience = stopPatience
		time.AfterFunc(stopPatience-10*time.Second, func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		open, err := a.awaitStops(t.Context(), s, map[string]int64{id: 1}, &leftover{states: map[string]session.State{}}, func() bool { return true })
		if err == nil || !strings.Contains(err.Error(), "could not be read for 3m0s") {
			t.Errorf("it leaves %v and says %v", open, err)
		}
		if after := time.Since(begun); after < 2*stopPatience-10*time.Second {
			t.Errorf("it ended after %v", after)
		}
	})
}
