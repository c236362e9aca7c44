package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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
