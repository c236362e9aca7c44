package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// replacements lists what may happen to the files of a store in use.
var replacements = map[string]func(t *testing.T, file string){
	"the file is deleted": func(t *testing.T, file string) { must(t, os.Remove(file)) },
	"the log is deleted":  func(t *testing.T, file string) { must(t, os.Remove(file+"-wal")) },
	"another store takes its place": func(t *testing.T, file string) {
		other := filepath.Join(t.TempDir(), "other.db")
		s, err := store.Open(context.Background(), other, store.Options{Create: true, Work: true})
		must(t, err)
		must(t, s.Close())
		must(t, os.Rename(other, file))
	},
	"its folder is moved away": func(t *testing.T, file string) {
		must(t, os.Rename(filepath.Dir(file), filepath.Dir(file)+".old"))
	},
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAStoreThatIsReplacedCostsNoStopAndBeginsNothing has two classes: the store is replaced during the first and before
// the second.
func TestAStoreThatIsReplacedCostsNoStopAndBeginsNothing(t *testing.T) {
	t.Parallel()
	for name, replace := range replacements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.dir = filepath.Join(h.dir, "state")
				h.poll = 5 * time.Second
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:15, 2031-09-15 09:30-09:45"), "school.yaml"))
				until(monday.Add(6 * time.Minute))
				replace(t, filepath.Join(h.dir, "rundown.db"))
				time.Sleep(7 * time.Second)
				if told := e.Troubles(); len(told) != 1 || !e.Blocked() || !strings.HasPrefix(told[0], "store-replaced: ") || !strings.Contains(told[0], "rundown.db") {
					t.Errorf("troubles: %q", told)
				}
				if log := h.log.String(); strings.Count(log, `level=ERROR msg="the store was replaced: `) != 1 {
					t.Errorf("nobody was told once:\n%s", log)
				}
				until(monday.Add(time.Hour))
				h.shut(e)
				ran := h.sim.Ledger().Sessions
				if len(ran) != 1 {
					t.Fatalf("%d sessions ran, want that of the first class: %+v", len(ran), ran)
				}
				if ran[0].StoppedAt == nil || ran[0].StoppedAt.Sub(monday.Add(17*time.Minute)).Abs() > 2*time.Second {
					t.Errorf("the session was stopped at %v, want 09:17", ran[0].StoppedAt)
				}
			})
		})
	}
}

func TestAStoreThatIsPutBackIsWorkedOnAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:15"), "school.yaml"))
		until(monday.Add(6 * time.Minute))
		file := filepath.Join(h.dir, "rundown.db")
		must(t, os.Rename(file, file+".away"))
		until(monday.Add(10 * time.Minute))
		must(t, os.Rename(file+".away", file))
		until(monday.Add(time.Hour))
		if told := e.Troubles(); len(told) != 0 {
			t.Errorf("troubles afterwards: %q", told)
		}
		h.shut(e)
		h.audit()
		h.agrees()
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
	})
}
