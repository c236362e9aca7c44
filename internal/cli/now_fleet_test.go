package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store/pgtest"
)

// TestNowTakesNoAppFromADaemon records at once on the store of a daemon on PostgreSQL that owns the App ID.
func TestNowTakesNoAppFromADaemon(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	address, _ := serve(t)
	file := filepath.Join(t.TempDir(), "plan.yaml")
	text := aroundNow + fmt.Sprintf("  german: {when: %s}\n", dated(time.Now().UTC().Add(time.Hour), time.Minute))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(slices.Clone(canaries), "RUNDOWN_STORE="+dsn)
	daemon := start(t, "stderr", env, "run", file, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.awaitListen()
	_, errs, status := runBinary(t, env, "now", file, "german", "--for", "5s", "--api-url", address)
	if status != StatusTrouble || !strings.Contains(errs, "another process works on its App ID") {
		t.Errorf("status %d: %s", status, errs)
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("the daemon ended with status %d", status)
	}
	if n := len(readLedger(t, address).Sessions); n != 0 {
		t.Errorf("%d sessions ran", n)
	}
	// Without a daemon it records, and is no daemon of the store afterwards.
	out, errs, status := runBinary(t, env, "now", file, "german", "--for", "5s", "--api-url", address)
	if status != StatusOK {
		t.Errorf("without a daemon: status %d: %s%s", status, out, errs)
	}
}
