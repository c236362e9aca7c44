package cli

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestADaemonThatIsFencedEndsWithAnError gives the App ID another owner in the store, as a second daemon does that a
// lock cannot keep away, for instance on a network file system.
func TestADaemonThatIsFencedEndsWithAnError(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]func(t *testing.T) string{
		"while it waits for tomorrow": func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "today.yaml")
			tomorrows(t, path, 3)
			return path
		},
		"while it records": func(t *testing.T) string {
			path, _ := classesNow(t, 1, 10*time.Minute)
			return path
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, "--start-after", "1s")
			file := filepath.Join(t.TempDir(), "rundown.db")
			path := plan(t)
			daemon := start(t, "stderr", append([]string{"GORACE=atexit_sleep_ms=0"}, canaries...),
				"run", path, "--store", "sqlite:"+file, "--api-url", address, "--listen", "127.0.0.1:0")
			daemon.awaitListen()
			if name == "while it records" {
				daemon.await(1, "state=recording")
			}
			db, err := sql.Open("sqlite", file+"?_txlock=immediate&_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), `UPDATE leases SET term = term + 1, node = node + 1`); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if !daemon.awaitEnd(20 * time.Second) {
				_ = daemon.cmd.Process.Signal(os.Signal(syscall.SIGKILL))
				t.Fatal("it goes on")
			}
			if status := daemon.cmd.ProcessState.ExitCode(); status != StatusTrouble {
				t.Errorf("ended with status %d, want %d", status, StatusTrouble)
			}
			if want := "rundown: another daemon has taken over app 0123456789abcdef0123456789abcdef in store " + file; !strings.Contains(daemon.output(), want) {
				t.Errorf("it does not say %q", want)
			}
			if ran := readLedger(t, address).Sessions; name == "while it records" && (len(ran) != 1 || ran[0].StoppedAt != nil) {
				t.Errorf("it stopped what is the other's: %+v", ran)
			}
		})
	}
}
