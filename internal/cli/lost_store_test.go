package cli

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAStoreThatIsDeletedIsToldOfAndLeavesNoUnknownSession deletes the store of a daemon in the middle of a class, kills
// the daemon and starts it again, which makes a new store, and once more.
func TestAStoreThatIsDeletedIsToldOfAndLeavesNoUnknownSession(t *testing.T) {
	t.Parallel()
	l := inClass(t, 35*time.Second)
	file := strings.TrimPrefix(l.dsn, "sqlite:")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	l.await(1, "level=ERROR", "the store was replaced", "was deleted or moved away while in use")
	if status, text := get(l.listen + "/readyz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(text, "not ready\nstore-replaced: ") {
		t.Errorf("readyz answers %d: %q", status, text)
	}
	want := fmt.Sprintf("process %d works on it, and its files were deleted or moved away", l.process.cmd.Process.Pid)
	if status, _, said := command(t, "status", "--store", l.dsn); status != StatusTrouble || !strings.Contains(said, want) {
		t.Errorf("status ends with status %d and says %s", status, said)
	}
	l.process.end(syscall.SIGKILL)
	for _, name := range []string{file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, "stderr", l.env, l.args...)
	again.await(1, "level=ERROR", "orphan: a recording that this store does not know")
	again.await(1, "state=ended", "outcome=partial", "orphan: a recording that this store does not know")
	ran := readLedger(t, l.address).Sessions
	if len(ran) != 2 || ran[0].StoppedAt != nil || ran[1].StopReason != "stop" {
		t.Fatalf("the ledger: %+v", ran)
	}
	o := outcomesOf(t, l.dsn)["class"]
	if len(o.Sessions) != 2 || orUnknown(o.Sessions[0].State) != "orphan" || orUnknown(o.Sessions[0].UID) != ran[0].UID ||
		orUnknown(o.Sessions[1].SID) != ran[1].SID || !strings.Contains(orUnknown(o.Reason), "runs with cname "+ran[0].Cname+" and uid "+ran[0].UID) {
		t.Errorf("history says %+v with the sessions %+v: %s", o, o.Sessions, orUnknown(o.Reason))
	}
	if status := again.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
	third := start(t, "stderr", l.env, l.args...)
	if status, said := health(third.awaitListen(), "/readyz"); status != http.StatusOK || !strings.HasPrefix(said, "ready\norphan: ") ||
		!strings.Contains(said, "runs with cname "+ran[0].Cname+" and uid "+ran[0].UID) || strings.Count(said, "\n") != 2 {
		t.Errorf("after another restart /readyz answers %d: %q", status, said)
	}
	if status := third.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}
