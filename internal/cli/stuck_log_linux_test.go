package cli

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// piped is the binary with a pipe as standard error that the test reads, leaves full or closes.
type piped struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr *os.File // the end to read from
	listen string   // its address for HTTP
	ended  chan error
}

// startPiped starts run with a pipe of one page and a queue of two kilobytes for its log. command is what comes before
// the arguments: the binary, or a shell that starts it.
func startPiped(t *testing.T, command []string, args ...string) *piped {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	p := &piped{t: t, stderr: r, listen: freeAddress(t), ended: make(chan error, 1)}
	args = append(append(command[1:], "run", "--listen", p.listen), args...)
	p.cmd = exec.Command(command[0], args...)
	p.cmd.Env = append(append(os.Environ(), canaries...), "GORACE=atexit_sleep_ms=0", "RUNDOWN_TEST_LOG_QUEUE=2000")
	p.cmd.Stderr = w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = r.Close()
	})
	return p
}

// binary is the rundown command that TestMain puts into the PATH.
func binary(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("rundown")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// terminated sends SIGTERM and wants status 0 within a minute.
func (p *piped) terminated() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	over, stop := patience(time.Minute)
	defer stop()
	select {
	case <-p.ended:
		if status := p.cmd.ProcessState.ExitCode(); status != StatusOK {
			p.t.Errorf("SIGTERM: ended with %v", p.cmd.ProcessState)
		}
	case <-over:
		p.t.Error("SIGTERM: it did not exit within a minute")
	}
}

// classesNow writes a plan with so many classes that have begun and are not padded.
func classesNow(t *testing.T, n int, length time.Duration) (plan string, end time.Time) {
	t.Helper()
	length = paceNow().of(length)
	from := time.Now().UTC().Truncate(time.Second).Add(-2 * time.Second)
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "padding: {before: 0s, after: 0s}, min_remainder: 1s", 1)
	for i := range n {
		text += fmt.Sprintf("  class%d: {when: %s}\n", i, dated(from, length))
	}
	plan = filepath.Join(t.TempDir(), "today.yaml")
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return plan, from.Add(length)
}

// stoppedOnTime waits for the end of the classes and holds the ledger to one session for each, stopped at its end.
func stoppedOnTime(t *testing.T, address string, n int, end time.Time) {
	t.Helper()
	stopped := func() bool {
		ran := 0
		for _, s := range readLedger(t, address).Sessions {
			if s.StoppedAt != nil {
				ran++
			}
		}
		return ran >= n
	}
	eventually(t, time.Until(end)+15*time.Second, "all sessions are stopped", stopped)
	ran := readLedger(t, address).Sessions
	if len(ran) != n {
		t.Errorf("%d sessions, want %d", len(ran), n)
	}
	for _, s := range ran {
		if late := s.StoppedAt.Sub(end); late < 0 || late > paceNow().of(30*time.Second) || s.StopReason != "stop" {
			t.Errorf("%s: stopped %v after its class, by %s", s.Cname, late, s.StopReason)
		}
	}
}

func TestALogThatNobodyReadsHoldsUpNoClass(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s")
	const classes = 8
	plan, end := classesNow(t, classes, 25*time.Second)
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	p := startPiped(t, []string{binary(t)}, plan, "--store", dsn, "--api-url", address, "--log-level", "debug")
	said := ""
	eventually(t, 30*time.Second, "/readyz names the lines that were dropped", func() bool {
		var status int
		status, said = health(p.listen, "/readyz")
		return status == http.StatusOK && strings.Contains(said, "log-dropped: ")
	})
	if strings.Count(said, "log-dropped") != 1 || !strings.HasPrefix(said, "ready\n") || !strings.Contains(said, "standard error") {
		t.Errorf("/readyz: %q", said)
	}
	stoppedOnTime(t, address, classes, end)
	if status, said := health(p.listen, "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d %s", status, said)
	}
	p.terminated()
	for id, o := range outcomesOf(t, dsn) {
		if orUnknown(o.Outcome) != "partial" || len(o.Gaps) != 1 {
			t.Errorf("%s: %s, gaps %v: %s", id, orUnknown(o.Outcome), o.Gaps, orUnknown(o.Reason))
		}
	}
}

func TestALogThatIsReadAgainTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	plan := filepath.Join(t.TempDir(), "today.yaml")
	tomorrows(t, plan, 3)
	p := startPiped(t, []string{binary(t)}, plan, "--simulate", "--log-format", "json")
	eventually(t, 30*time.Second, "it is ready", func() bool {
		status, _ := health(p.listen, "/readyz")
		return status == http.StatusOK
	})
	dropped := func() bool {
		_, said := health(p.listen, "/readyz")
		return strings.Contains(said, "log-dropped: ")
	}
	eventually(t, 30*time.Second, "/readyz names the lines that were dropped", func() bool {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil { // it logs what it reads again
			t.Fatal(err)
		}
		return dropped()
	})
	lines := make(chan string, 1024)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(p.stderr); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	eventually(t, 10*time.Second, "/readyz is clear again", func() bool { return !dropped() })
	p.terminated()
	told, ending := 0, false
	var all strings.Builder
	for line := range lines {
		fmt.Fprintln(&all, line)
		if !strings.HasPrefix(line, `{"time":`) || !strings.HasSuffix(line, "}") {
			t.Errorf("the log holds half a line: %s", line)
		}
		if strings.Contains(line, `"msg":"log lines dropped`) && strings.Contains(line, `"lines":`) {
			told++
		}
		ending = strings.Contains(line, `"msg":"shutting down`) || ending
	}
	if told == 0 || !ending {
		t.Errorf("it told %d times of lines that were dropped, and that it ends: %t\n%s", told, ending, &all)
	}
}

// TestTheEndOfWhoReadsTheLogIsNotTheDaemons closes the pipe that is standard error, with SIGPIPE as a shell leaves it
// and as systemd does, which has it ignored.
func TestTheEndOfWhoReadsTheLogIsNotTheDaemons(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"SIGPIPE as usual":                  {binary(t)},
		"SIGPIPE ignored by who started it": {"/bin/sh", "-c", `trap "" PIPE; exec "$0" "$@"`, binary(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, "--start-after", "1s")
			plan, end := classesNow(t, 1, 15*time.Second)
			p := startPiped(t, command, plan, "--store", "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), "--api-url", address, "--log-level", "debug")
			if line, err := bufio.NewReaderSize(p.stderr, 16).ReadString('\n'); err != nil {
				t.Fatalf("its first line: %q, %v", line, err)
			}
			if err := p.stderr.Close(); err != nil {
				t.Fatal(err)
			}
			stoppedOnTime(t, address, 1, end)
			if status, said := health(p.listen, "/readyz"); status != http.StatusOK || !strings.Contains(said, "log-dropped: ") {
				t.Errorf("/readyz: %d %s", status, said)
			}
			p.terminated()
		})
	}
}
