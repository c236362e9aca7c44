package runner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestTheFileAloneHoldsWhatIsStoredWhileNothingIsDue copies the file without its log, as a careless backup does, before,
// during and after a day of classes.
func TestTheFileAloneHoldsWhatIsStoredWhileNothingIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-2 * time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll, h.watch = 15*time.Second, session.MinQueryInterval
		text := school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50")
		for i := range 40 {
			text["school.yaml"] += fmt.Sprintf("  other-%d: {when: 2031-09-17 09:00-09:50}\n", i)
		}
		e := h.open(loadPlan(t, text, "school.yaml"))
		for _, at := range []struct {
			since time.Duration
			phase session.Phase
		}{{-time.Hour, session.Planned}, {20 * time.Minute, session.Recording}, {2 * time.Hour, session.Ended}} {
			until(monday.Add(at.since))
			file := filepath.Join(h.dir, "rundown.db")
			if log, err := os.Stat(file + "-wal"); err != nil || log.Size() > 128<<10 {
				t.Errorf("%v from the bell the log has %d bytes, %v", at.since, log.Size(), err)
			}
			copied, err := os.ReadFile(file)
			must(t, err)
			alone := filepath.Join(t.TempDir(), "alone.db")
			must(t, os.WriteFile(alone, copied, 0o600))
			s, err := store.Open(context.Background(), alone, store.Options{Work: true})
			must(t, err)
			rows, err := s.Occurrences(context.Background(), store.Filter{})
			must(t, err)
			must(t, s.Close())
			if len(rows) != 42 || rows[0].State != string(at.phase) {
				t.Errorf("%v from the bell the file alone holds %d classes, the first %s", at.since, len(rows), rows[0].State)
			}
		}
		h.shut(e)
		h.audit()
	})
}
