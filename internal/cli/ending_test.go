package cli

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
)

// TestALockedStoreHoldsUpNeitherNotificationsNorTheEnd keeps the write lock of the store, as a backup might, while a
// class is being recorded.
func TestALockedStoreHoldsUpNeitherNotificationsNorTheEnd(t *testing.T) {
	t.Parallel()
	l := inClass(t, 40*time.Second, "--webhook-secret", "${AGORA_SECRET}")
	file := strings.TrimPrefix(l.dsn, "sqlite:")
	db, err := sql.Open("sqlite", file+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 { // of no known recording: each is to be kept in the store
		// Were it to wait for the store, it would wait for ever. Without an answer it is sent again, as the service does.
		eventually(t, 10*time.Second, fmt.Sprintf("notification %d is taken", i), func() bool {
			return sendNotice(strings.TrimPrefix(l.listen, "http://"), fmt.Sprintf("s%d", i)) == http.StatusOK
		})
	}
	l.await(1, "level=ERROR", "the store cannot be written", "another process keeps it locked")
	second := start(t, "stderr", l.env, l.args...)
	if !second.awaitEnd(20*time.Second) || second.cmd.ProcessState.ExitCode() != StatusTrouble ||
		!strings.Contains(second.output(), fmt.Sprintf("is in use by process %d: stop that one, or name another store", l.cmd.Process.Pid)) {
		t.Errorf("a second daemon ended with status %d: %s", second.cmd.ProcessState.ExitCode(), second.output())
	}
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !l.awaitEnd(10*time.Second) || l.cmd.ProcessState.ExitCode() != StatusOK {
		t.Errorf("with a locked store it ended with status %d, or not within ten seconds", l.cmd.ProcessState.ExitCode())
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	l.process = start(t, "stderr", l.env, l.args...)
	l.await(1, "state=ended", "outcome=partial")
	if status := l.process.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
	l.settled(l.stopped())
}

// TestAnEndWaitsForNoAnswerForEver has the service take a start and never answer, without effect, as often as it is
// asked, until the daemon has ended twice: by two signals that are one request, and by a second request.
func TestAnEndWaitsForNoAnswerForEver(t *testing.T) {
	t.Parallel()
	sim, err := simulator.New(simulator.Config{StartAfter: time.Second, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	var silent atomic.Bool
	silent.Store(true)
	asked := make(chan struct{}, 16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() && strings.HasSuffix(r.URL.Path, "/mode/web/start") {
			_, _ = io.Copy(io.Discard, r.Body) // only then it shows that the other side has gone
			asked <- struct{}{}
			<-r.Context().Done()
			return
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	plan, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	text := strings.Replace(aroundNow, "padding:", "min_remainder: 1s, padding:", 1) +
		fmt.Sprintf("  class: {when: %s}\n", dated(time.Now().UTC().Truncate(time.Second).Add(-2*time.Second), paceNow().of(45*time.Second)))
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := func(sameRequest string) *process {
		return start(t, "stderr", append([]string{"GORACE=atexit_sleep_ms=0", "RUNDOWN_TEST_SAME_REQUEST=" + sameRequest}, canaries...),
			"run", plan, "--store", dsn, "--api-url", server.URL, "--listen", "127.0.0.1:0")
	}
	left := func(p *process) {
		t.Helper()
		o := outcomesOf(t, dsn)["class"]
		if len(o.Sessions) != 1 || orUnknown(o.Sessions[0].State) != "starting" || o.Outcome != nil {
			t.Errorf("the store holds %+v", o)
		}
	}

	first := daemon("1h")
	<-asked
	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	first.await(1, "msg=\"shutting down: recordings go on")
	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil { // as timeout(1) does
		t.Fatal(err)
	}
	if !first.awaitEnd(10*time.Second) || first.cmd.ProcessState.ExitCode() != StatusOK {
		t.Errorf("it ended with status %d, or not within ten seconds", first.cmd.ProcessState.ExitCode())
	}
	if !strings.Contains(first.output(), "ended with requests unanswered or steps unwritten; the next start, or another node, settles them") {
		t.Error("it does not say what it left")
	}
	left(first)

	second := daemon("0s")
	<-asked
	if err := second.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	second.await(1, "msg=\"shutting down: recordings go on")
	if status := second.end(syscall.SIGTERM); status != -1 || second.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("after a second signal it ended by itself, with status %d", status)
	}
	left(second)

	silent.Store(false)
	third := daemon("")
	third.await(1, "state=ended", "outcome=partial")
	if status := third.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
	o, ran := outcomesOf(t, dsn)["class"], sim.Ledger().Sessions
	if len(ran) != 1 || ran[0].StopReason != "stop" || len(o.Gaps) != 1 || orUnknown(o.Sessions[len(o.Sessions)-1].SID) != ran[0].SID {
		t.Errorf("the ledger holds %+v, the store %+v", ran, o)
	}
}

// supervisor is the socket of a supervisor such as systemd.
type supervisor struct {
	t    *testing.T
	path string
	conn *net.UnixConn
}

func newSupervisor(t *testing.T) *supervisor {
	t.Helper()
	folder, err := os.MkdirTemp("", "notify-*") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	path := filepath.Join(folder, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &supervisor{t, path, conn}
}

// told is the next state that it is told; "" when the limit passes without any.
func (s *supervisor) told(limit time.Duration) string {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		s.t.Fatal(err)
	}
	b := make([]byte, 256)
	n, err := s.conn.Read(b)
	if err != nil && !os.IsTimeout(err) {
		s.t.Fatal(err)
	}
	return string(bytes.TrimSpace(b[:n]))
}

func TestASupervisorIsToldOfReadinessLifeAndEnd(t *testing.T) {
	t.Parallel()
	s := newSupervisor(t)
	env := append([]string{"GORACE=atexit_sleep_ms=0", "NOTIFY_SOCKET=" + s.path, "WATCHDOG_USEC=900000", "WATCHDOG_PID="}, canaries...)
	plan := filepath.Join(t.TempDir(), "today.yaml")
	tomorrows(t, plan, 3)
	daemon := start(t, "stderr", env, "run", plan, "--simulate", "--listen", "127.0.0.1:0")
	var told []string
	next := func() string {
		state := s.told(60 * time.Second)
		if len(told) == 0 || told[len(told)-1] != state { // however often it is fed
			told = append(told, state)
		}
		return state
	}
	fed := func() {
		for range 3 {
			for next() != "WATCHDOG=1" {
			}
		}
	}
	fed()
	if err := daemon.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	fed()
	daemon.await(1, "plan applied")
	if err := daemon.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for next() != "STOPPING=1" {
	}
	told = slices.DeleteFunc(told, func(state string) bool { return state == "WATCHDOG=1" })
	if want := []string{"READY=1", "RELOADING=1", "READY=1", "STOPPING=1"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q and the watchdog in between", told, want)
	}
	if !daemon.awaitEnd(10*time.Second) || daemon.cmd.ProcessState.ExitCode() != StatusOK {
		t.Errorf("ended with status %d", daemon.cmd.ProcessState.ExitCode())
	}
}

func TestTheWatchdogIsNotFedWhereTheWorkHangs(t *testing.T) {
	t.Parallel()
	s := newSupervisor(t)
	env := append([]string{
		"GORACE=atexit_sleep_ms=0", "NOTIFY_SOCKET=" + s.path, "WATCHDOG_USEC=300000", "WATCHDOG_PID=",
		"RUNDOWN_TEST_HANG=before writing the intent to acquire",
	}, canaries...)
	plan := filepath.Join(t.TempDir(), "today.yaml")
	text := aroundNow + fmt.Sprintf("  class: {when: %s}\n", dated(time.Now().UTC().Truncate(time.Second).Add(paceNow().of(20*time.Second)), time.Hour))
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := start(t, "stderr", env, "run", plan, "--simulate", "--listen", "127.0.0.1:0")
	listen := daemon.awaitListen()
	if status, said := health(listen, "/healthz"); status != http.StatusOK {
		t.Errorf("before it hangs, /healthz: %d %s", status, said)
	}
	daemon.await(1, "hangs before writing the intent to acquire")
	for path, want := range map[string]string{"/healthz": "not healthy\n", "/readyz": "not ready\n"} {
		if status, said := health(listen, path); status != http.StatusServiceUnavailable || !strings.HasPrefix(said, want+"the worker of app 0123456789abcdef0123456789abcdef has not moved") {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
	daemon.await(10, "level=ERROR", "watchdog not fed", "has not moved for 100ms")
	for s.told(time.Second) != "" { // what was told before
	}
	daemon.await(10, "level=ERROR", "watchdog not fed", "has not moved for 100ms")
	if state := s.told(time.Second); state != "" {
		t.Errorf("told %q in ten intervals in which the work hung", state)
	}
	// It ends all the same, since a supervisor asks for that first.
	if err := daemon.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !daemon.awaitEnd(10*time.Second) || daemon.cmd.ProcessState.ExitCode() != StatusOK {
		t.Errorf("ended with status %d, or not within ten seconds", daemon.cmd.ProcessState.ExitCode())
	}
}
