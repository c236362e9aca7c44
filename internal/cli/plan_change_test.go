package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner/store"
)

// TestPeopleHearWhatAPlanChanges has a plan with twelve classes of tomorrow, of which one and then six more are left out.
func TestPeopleHearWhatAPlanChanges(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	hook := newReceiver(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	day := time.Now().UTC().AddDate(0, 0, 1)
	write := func(classes int) {
		t.Helper()
		var when []string
		for i := range classes {
			when = append(when, fmt.Sprintf("%s %02d:00-%02d:30", day.Format(time.DateOnly), 8+i, 8+i))
		}
		text := notified(", severity: info") + "  german: {title: German A1, when: [" + strings.Join(when, ", ") + "]}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(12)
	daemon := start(t, "stderr", hook.env(), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	hears := func(kind string, n int, want string) {
		t.Helper()
		eventually(t, paceNow().of(60*time.Second), fmt.Sprintf("%s is told %d times", kind, n), func() bool { return len(hook.events(kind)) == n })
		if text := hook.events(kind)[n-1].Data.Text; !strings.Contains(text, want) {
			t.Errorf("%s says %q, want %q", kind, text, want)
		}
	}
	first := day.Format("Mon 2 Jan 2006")
	hears("plan.applied", 1, " Of the classes of the next 366 days, 12 are added. The first of them is German A1 (german), "+first+" 08:00 to 08:30 UTC (added).")
	write(11)
	hears("plan.applied", 2, " Of the classes of the next 366 days, 1 is removed. The first of them is German A1 (german), "+first+" 19:00 to 19:30 UTC (removed).")
	write(5)
	hears("plan.waiting", 1, " Of the classes of the next 366 days, 6 would be removed. The first of them is German A1 (german), "+first+" 13:00 to 13:30 UTC (removed).")
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}

// TestAClassThatRunsOrBeganSinceTheRevisionCounts removes classes of 8:00, 9:00, 10:00 and 11:00, of half an hour each.
func TestAClassThatRunsOrBeganSinceTheRevisionCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "today.yaml")
	read := func(when string) *plan.Plan {
		t.Helper()
		if err := os.WriteFile(path, []byte(notified("")+"  german: {title: German A1, when: ["+when+"]}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := (&app{}).loadPlan(path)
		if err != nil {
			t.Fatal(err)
		}
		return c.Plan
	}
	const last = "2031-09-15 14:00-14:30"
	before := read("2031-09-15 08:00-08:30, 2031-09-15 09:00-09:30, 2031-09-15 10:00-10:30, 2031-09-15 11:00-11:30, " + last)
	after := read(last)
	for _, tt := range []struct {
		applied, now string
		state        store.RevisionState
		removed      int
	}{
		{"07:00", "07:00", "", 4},
		{"09:10", "09:10", "", 3},                      // one runs
		{"09:40", "10:35", "", 2},                      // one began, and was over, before anybody looked
		{"07:00", "10:10", store.RevisionConfirmed, 2}, // it waited
		{"11:30", "11:40", "", 0},
		{"12:00", "09:10", "", 3}, // by another clock
	} {
		at := func(clock string) time.Time {
			t.Helper()
			x, err := time.Parse(time.RFC3339, "2031-09-15T"+clock+":00Z")
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		if c := changeBetween("today", before, after, store.Revision{At: at(tt.applied), State: tt.state}, at(tt.now)); c.Removed != tt.removed || c.Added+c.Moved+c.Changed > 0 {
			t.Errorf("applied at %s, seen at %s: %+v, want %d removed", tt.applied, tt.now, c, tt.removed)
		}
	}
}
