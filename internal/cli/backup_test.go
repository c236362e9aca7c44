package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestABackupOfARunningDaemonIsRestored backs up a store while its daemon records a class, kills the daemon, which leaves its
// write-ahead log, puts the backup in the place of the store and starts the daemon again, which finds what it left running.
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
	if status, _, said := command(t, "store", "restore", backup, "--store", l.dsn); status != StatusTrouble || !strings.Contains(said, "is in use by process ") {
		t.Errorf("while the daemon runs a restore ends with status %d: %s", status, said)
	}
	l.process.end(syscall.SIGKILL)
	if info, err := os.Stat(file + "-wal"); err != nil || info.Size() == 0 {
		t.Errorf("there is no log of the old store: %v", err)
	}
	status, out, said = command(t, "store", "restore", backup, "--store", l.dsn)
	if status != StatusOK || !strings.HasPrefix(out, file+": 1 classes, ") || !strings.HasPrefix(said, "the store that was there before is "+file+".replaced-") {
		t.Fatalf("status %d: %s%s", status, out, said)
	}
	again := start(t, "stderr", l.env, l.args...)
	again.await(1, `msg="occurrence adopted"`)
	again.await(1, "state=ended", "outcome=partial") // it began late
	l.settled(l.stopped())
	if status := again.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}
