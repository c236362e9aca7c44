package cli

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lesson is a class that a daemon is recording, in a process of its own.
type lesson struct {
	*process
	address, dsn, listen string // of the simulator, the store and the daemon
	args, env            []string
	end                  time.Time     // of the class
	late                 time.Duration // how long after its end it may be stopped
}

// inClass has a daemon record a class that has begun, which is not padded.
func inClass(t *testing.T, length time.Duration, more ...string) *lesson {
	t.Helper()
	address, _ := serve(t, "--start-after", "1s")
	folder := t.TempDir()
	plan, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	pace := paceNow()
	length = pace.of(length)
	from := time.Now().UTC().Truncate(time.Second).Add(-2 * time.Second)
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "padding: {before: 0s, after: 0s}, min_remainder: 1s", 1)
	text += fmt.Sprintf("  class: {when: %s}\n", dated(from, length))
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &lesson{address: address, dsn: dsn, end: from.Add(length), late: pace.of(8 * time.Second)}
	l.args = append([]string{"run", plan, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0"}, more...)
	l.env = append([]string{"GORACE=atexit_sleep_ms=0"}, canaries...)
	l.process = start(t, "stderr", l.env, l.args...)
	l.listen = "http://" + l.awaitListen()
	l.await(1, "state=recording")
	return l
}

// limit sets a limit of the daemon's resources and gives back what it was.
func (l *lesson) limit(resource int, soft uint64) (was uint64) {
	l.t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(l.cmd.Process.Pid, resource, nil, &old); err != nil {
		l.t.Fatal(err)
	}
	if err := unix.Prlimit(l.cmd.Process.Pid, resource, &unix.Rlimit{Cur: soft, Max: old.Max}, nil); err != nil {
		l.t.Fatal(err)
	}
	return old.Cur
}

// stopped holds the ledger to the one session that was stopped at the end of the class.
func (l *lesson) stopped() (sid string) {
	l.t.Helper()
	ran := readLedger(l.t, l.address).Sessions
	if len(ran) != 1 || ran[0].StopReason != "stop" {
		l.t.Fatalf("the ledger: %+v", ran)
	}
	if late := ran[0].StoppedAt.Sub(l.end); late < 0 || late > l.late {
		l.t.Errorf("stopped %v after the class", late)
	}
	return ran[0].SID
}

// settled holds the store to what the ledger says.
func (l *lesson) settled(sid string) {
	l.t.Helper()
	o := outcomesOf(l.t, l.dsn)["class"]
	if o.Outcome == nil || *o.Outcome != "partial" || len(o.Sessions) != 1 || orUnknown(o.Sessions[0].SID) != sid || len(o.Gaps) != 1 {
		l.t.Errorf("the store says %s with the sessions %+v and gaps %v: %s", orUnknown(o.Outcome), o.Sessions, o.Gaps, orUnknown(o.Reason))
	}
}

// TestADiskThatFillsUpInTheMiddleOfAClass takes from the daemon the right to write to any file, which fails each write
// as a full disk would.
func TestADiskThatFillsUpInTheMiddleOfAClass(t *testing.T) {
	t.Parallel()
	l := inClass(t, 20*time.Second)
	was := l.limit(unix.RLIMIT_FSIZE, 0)
	l.await(1, "level=ERROR", "the store cannot be written", "look at the disk, its room")
	l.await(1, "sending a stop although the store cannot be written")
	l.limit(unix.RLIMIT_FSIZE, was)
	l.await(1, "the store can be written again")
	l.await(1, "state=ended", "outcome=partial")
	l.settled(l.stopped())
	if status := l.process.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}

// TestADaemonWithoutFileHandlesGoesOnWatchingAndStops takes from the daemon the right to open another file, and has callers take what it
// closes meanwhile.
func TestADaemonWithoutFileHandlesGoesOnWatchingAndStops(t *testing.T) {
	t.Parallel()
	l := inClass(t, 20*time.Second)
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", l.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	was := l.limit(unix.RLIMIT_NOFILE, uint64(len(open)))
	healthy := make(chan error, 1)
	go func() {
		var err error
		if status, body := get(l.listen + "/healthz"); status != http.StatusOK {
			err = fmt.Errorf("answered %d %s", status, body)
		}
		healthy <- err
	}()
	ctx, leave := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	defer callers.Wait()
	defer leave()
	for range 20 {
		callers.Go(func() { holdOpen(ctx, strings.TrimPrefix(l.listen, "http://"), "") })
	}
	l.await(1, "level=WARN", "too many open files")
	l.await(1, "state=ended", "outcome=partial")
	l.settled(l.stopped())
	l.limit(unix.RLIMIT_NOFILE, was)
	if err := <-healthy; err != nil {
		t.Errorf("asked for its health: %v", err)
	}
	if status := l.process.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}
