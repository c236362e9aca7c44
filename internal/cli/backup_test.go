package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestABackupOfARunningDaemonIsRestored backs up a store while its daemon records a class, loses the store, puts the
// backup in its place and starts the daemon again, which finds what it left running.
func TestABackupOfARunningDaemonIsRestored(t *testing.T) {
	t.Parallel()
	l := inClass(t, 20*time.Second)
	file := strings.TrimPrefix(l.dsn, "sqlite:")
	backup := filepath.Join(t.TempDir(), "backup.db")
	status, out, said := command(t, "store", "backup", backup, "--store", l.dsn)
	if status != StatusOK || !strings.HasPrefix(out, backup+": 1 classes, ") {
		t.Fatalf("status %d: %s%s", status, out, said)
	}
	live, copied := outcomesOf(t, l.dsn)["class"], outcomesOf(t, "sqlite:"+backup)["class"]
	if len(copied.Sessions) != 1 || copied.ID != live.ID || orUnknown(copied.State) != orUnknown(live.State) || orUnknown(copied.Sessions[0].SID) != orUnknown(live.Sessions[0].SID) {
		t.Errorf("the backup holds %+v, the store %+v", copied, live)
	}
	l.process.end(syscall.SIGKILL)
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(backup, file); err != nil {
		t.Fatal(err)
	}
	again := start(t, "stderr", l.env, l.args...)
	again.await(1, `msg="occurrence adopted"`)
	again.await(1, "state=ended", "outcome=partial") // it began late
	l.settled(l.stopped())
	if status := again.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}
