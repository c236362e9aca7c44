package cli

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hanging is a daemon with a class that is being recorded, whose plan file became a pipe that is open for writing and
// gives nothing: whoever reads it waits.
type hanging struct {
	*process
	plan, dsn, listen, address string
	text                       []byte // of the plan before
	end                        time.Time
	pipe                       *os.File
}

func hang(t *testing.T, length time.Duration) *hanging {
	t.Helper()
	h := &hanging{listen: freeAddress(t), dsn: "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")}
	h.address, _ = serve(t, "--start-after", "1s")
	h.plan, h.end = classesNow(t, 1, length)
	env := append([]string{"GORACE=atexit_sleep_ms=0", "RUNDOWN_TEST_WATCH=50ms 500ms 100ms slow=300ms"}, canaries...)
	h.process = start(t, "stderr", env, "run", h.plan, "--store", h.dsn, "--api-url", h.address, "--listen", h.listen)
	h.await(1, "state=recording")
	var err error
	if h.text, err = os.ReadFile(h.plan); err != nil {
		t.Fatal(err)
	}
	pipe := h.plan + ".pipe"
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if h.pipe, err = os.OpenFile(pipe, os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.pipe.Close() })
	if err := os.Rename(pipe, h.plan); err != nil {
		t.Fatal(err)
	}
	return h
}

// told awaits that the daemon tells of the reading, in its log and at /readyz, and is ready all the same.
func (h *hanging) told() {
	h.t.Helper()
	h.await(1, "level=WARN", "reading a plan file is slow", "path="+h.plan)
	status, said := health(h.listen, "/readyz")
	if want := "ready\nplan-rejected: reading " + h.plan + " has not ended since "; status != http.StatusOK || !strings.HasPrefix(said, want) {
		h.t.Errorf("/readyz: %d %q", status, said)
	}
}

func TestAPlanFileThatHangsHoldsUpNeitherAClassNorTheEnd(t *testing.T) {
	t.Parallel()
	h := hang(t, 15*time.Second)
	h.told()
	stoppedOnTime(t, h.address, 1, h.end)
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !h.awaitEnd(time.Minute) || h.cmd.ProcessState.ExitCode() != StatusOK {
		t.Errorf("SIGTERM: it ended with %v, or not within a minute", h.cmd.ProcessState)
	}
	for _, want := range []string{"shutting down: recordings go on", "shut down while reading plan files", "path=" + h.plan} {
		if !strings.Contains(h.output(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

func TestAPlanFileThatHangsDoesNotKeepADaemonThatIsFenced(t *testing.T) {
	t.Parallel()
	h := hang(t, 10*time.Minute)
	h.told()
	db, err := sql.Open("sqlite", strings.TrimPrefix(h.dsn, "sqlite:")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE leases SET term = term + 1, node = node + 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if !h.awaitEnd(20*time.Second) || h.cmd.ProcessState.ExitCode() != StatusTrouble {
		t.Errorf("it ended with %v, or not within 20 s", h.cmd.ProcessState)
	}
}

func TestAPlanFileThatHungIsReadAgainOnceItIsAFile(t *testing.T) {
	t.Parallel()
	h := hang(t, 10*time.Minute)
	h.told()
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Truncate(time.Hour)
	again := string(h.text) + "  other: {when: " + dated(tomorrow, time.Hour/2) + "}\n"
	write(t, h.plan+".new", again)
	if err := os.Rename(h.plan+".new", h.plan); err != nil {
		t.Fatal(err)
	}
	if err := h.pipe.Close(); err != nil { // the reading ends, with an empty text
		t.Fatal(err)
	}
	h.await(1, "level=INFO", "plan file read", "path="+h.plan)
	h.await(1, "plan applied", "added=1", "removed=0")
	eventually(t, 5*time.Second, "/readyz has no issue", func() bool {
		_, said := health(h.listen, "/readyz")
		return said == "ready\n"
	})
	if status := h.process.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}
