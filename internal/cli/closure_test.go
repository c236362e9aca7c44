package cli

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAClosureCoversWhatALaterPlanBringsToItsDay has a daemon, a day that is closed, and a plan that then adds a class to the
// day and moves another one away. A pause holds while no daemon runs.
func TestAClosureCoversWhatALaterPlanBringsToItsDay(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	day := time.Now().UTC().AddDate(0, 0, 2).Truncate(24 * time.Hour)
	on, next := day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)
	one := "  one: {when: " + on + " 10:00-11:00}\n"
	write(t, path, aroundNow+one)
	begin := func() *process {
		daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=20ms 200ms 20ms"), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
		daemon.await(1, "msg=running")
		return daemon
	}
	daemon := begin()
	gives := func(want string, args ...string) {
		t.Helper()
		status, out, said := command(t, append(args, "--store", dsn)...)
		if status != StatusOK || !strings.Contains(out, want) {
			t.Fatalf("%v: status %d, no %q in\n%s%s", args, status, want, out, said)
		}
	}
	becomes := func(name string, cancelled bool) {
		t.Helper()
		what := map[bool]string{true: " is cancelled", false: " is not cancelled"}[cancelled]
		eventually(t, 20*time.Second, name+what, func() bool {
			status, out, _ := command(t, "show", name, "--store", dsn)
			return status == StatusOK && strings.Contains(out, "cancelled  by ") == cancelled
		})
	}
	gives("closure 1: all classes on ", "cancel", "--on", on, "--reason", "snow", "--yes")
	becomes("one", true)
	write(t, path, aroundNow+strings.Replace(one, "}", ", changes: {"+on+": {to: "+next+" 10:00-11:00}}}", 1)+"  two: {when: "+on+" 12:00-13:00}\n")
	becomes("two", true)
	becomes("one", false)
	gives("closure 1 ended: 1 class will be recorded", "cancel", "--on", on, "--undo", "--yes")
	becomes("two", false)

	gives("closure 2: two paused since ", "pause", "two", "--yes")
	becomes("two", true)
	daemon.end(syscall.SIGKILL)
	begin()
	becomes("two", true)
	gives("closure 2 ended: 1 class will be recorded", "resume", "two")
	becomes("two", false)
	becomes("one", false)
}
