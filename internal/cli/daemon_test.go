package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/view"
)

// process is the binary at work, in a process of its own that a test may kill.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	lines  chan string // of the stream that is followed
	passed []string    // lines that awaitListen has passed over; they come before those of lines
	ended  chan error

	mu   sync.Mutex
	said bytes.Buffer
}

// start runs the rundown command that TestMain puts into the PATH. follow chooses the stream whose lines are read:
// standard output or standard error.
func start(t testing.TB, follow string, env []string, args ...string) *process {
	t.Helper()
	return startProgram(t, "rundown", follow, env, args...)
}

// startProgram runs another version of the command.
func startProgram(t testing.TB, program, follow string, env []string, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(path, args...), lines: make(chan string, 4096), ended: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), env...)
	pipe, err := p.cmd.StderrPipe()
	if follow == "stdout" {
		pipe, err = p.cmd.StdoutPipe()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		scanner := bufio.NewScanner(pipe)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			p.mu.Lock()
			fmt.Fprintln(&p.said, scanner.Text())
			p.mu.Unlock()
			p.lines <- scanner.Text()
		}
		close(p.lines)
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		for range p.lines {
		}
		if t.Failed() {
			t.Logf("%v said:\n%s", args, p.output())
		}
	})
	return p
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// await reads lines until n of them hold all the parts.
func (p *process) await(n int, parts ...string) string {
	p.t.Helper()
	over, stop := patience(5 * time.Minute)
	defer stop()
	for {
		line := p.next(over, parts)
		holds := true
		for _, part := range parts {
			holds = holds && strings.Contains(line, part)
		}
		if holds {
			if n--; n == 0 {
				return line
			}
		}
	}
}

// next is the next line that nobody has awaited.
func (p *process) next(over <-chan struct{}, parts []string) string {
	p.t.Helper()
	if len(p.passed) > 0 {
		line := p.passed[0]
		p.passed = p.passed[1:]
		return line
	}
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("ended before it said %q:\n%s", parts, p.output())
		}
		return line
	case <-over:
		p.t.Fatalf("never said %q:\n%s", parts, p.output())
	}
	return ""
}

// awaitListen waits until a daemon runs, and gives the host and port that it serves HTTP on. What the engine did meanwhile can still be
// awaited: it begins before the daemon says that it runs.
func (p *process) awaitListen() string {
	p.t.Helper()
	const says = "msg=running"
	over, stop := patience(5 * time.Minute)
	defer stop()
	var before []string
	for {
		line := p.next(over, []string{says})
		if !strings.Contains(line, says) {
			before = append(before, line)
			continue
		}
		p.passed = append(before, p.passed...)
		_, address, _ := strings.Cut(line, "listen=http://")
		address, _, _ = strings.Cut(address, " ")
		return address
	}
}

// end sends a signal and gives the exit status.
func (p *process) end(sig os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	for range p.lines {
	}
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

// serve starts a simulator and gives its address.
func serve(t testing.TB, args ...string) (string, *process) {
	t.Helper()
	sim := start(t, "stdout", nil, append([]string{"simulator", "--listen", "127.0.0.1:0", "--log-level", "error"}, args...)...)
	_, address, ok := strings.Cut(sim.await(1, "listening on "), "listening on ")
	if !ok {
		t.Fatal("no address")
	}
	return address, sim
}

func readLedger(t testing.TB, address string) simulator.Ledger {
	t.Helper()
	_, body := get(address + "/_simulator/ledger")
	var l simulator.Ledger
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		t.Fatalf("the ledger: %v in %s", err, body)
	}
	return l
}

// dated is a class as plans write it, in UTC.
func dated(from time.Time, length time.Duration) string {
	return fmt.Sprintf("%s-%s", from.Format("2006-01-02 15:04:05"), from.Add(length).Format("15:04:05"))
}

// canaries are the secrets of the plan below, as the environment gives them.
var canaries = []string{
	"AGORA_ID=customer", "AGORA_SECRET=CANARY-customer-secret", "APP=0123456789abcdef0123456789abcdef",
	"ACCESS=CANARY-access-key", "SECRET=CANARY-secret-key", "STREAM=CANARY-stream-key", "ROOM=CANARY-room-token",
}

const aroundNow = `version: 1
name: today
account: {customer_id: "${AGORA_ID}", customer_secret: "${AGORA_SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${SECRET}"}}
cdn: {live: "rtmps://ingest.example/app/${STREAM}"}
expose: [ROOM]
defaults: {timezone: UTC, url: "https://school.example/{id}?token=${ROOM}", padding: {before: 1s, after: 1s}, cdn: live}
recordings:
`

// outcomesOf reads the store as scripts do.
func outcomesOf(t testing.TB, dsn string) map[string]view.Occurrence {
	t.Helper()
	var out, errs bytes.Buffer
	if status := Main(context.Background(), []string{"history", "--store", dsn, "--format", "json"}, Streams{Out: &out, Err: &errs}); status != StatusOK {
		t.Fatalf("history: status %d: %s", status, errs.String())
	}
	var doc struct{ Occurrences []view.Occurrence }
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	byName := map[string]view.Occurrence{}
	for _, o := range doc.Occurrences {
		byName[o.Recording] = o
	}
	return byName
}

// TestADaemonIsKilledInTheMiddleOfClasses runs in real time: classes around the present, on a simulator that is a
// process of its own.
func TestADaemonIsKilledInTheMiddleOfClasses(t *testing.T) {
	t.Parallel()
	address, sim := serve(t)
	folder := t.TempDir()
	plan, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	pace, now := paceNow(), time.Now().UTC().Truncate(time.Second)
	classes := map[string]struct {
		from   time.Time
		length time.Duration
	}{
		"begun":  {now.Add(-12 * time.Second), pace.of(45 * time.Second)}, // in its middle when the daemon starts
		"first":  {now.Add(pace.of(16 * time.Second)), pace.of(20 * time.Second)},
		"second": {now.Add(pace.of(18 * time.Second)), pace.of(26 * time.Second)},
	}
	text := aroundNow
	for _, id := range []string{"begun", "first", "second"} {
		text += fmt.Sprintf("  %s: {when: %s}\n", id, dated(classes[id].from, classes[id].length))
	}
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", plan, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0", "--log-level", "debug"}

	daemon := start(t, "stderr", canaries, args...)
	daemon.await(3, "state=recording")
	if status := daemon.end(syscall.SIGKILL); status != -1 {
		t.Fatalf("killed, it ended with status %d", status)
	}
	for _, s := range readLedger(t, address).Sessions {
		if s.StoppedAt != nil {
			t.Errorf("the death of the daemon stopped the session of %s", s.Cname)
		}
	}
	again := start(t, "stderr", canaries, args...)
	again.await(3, "outcome=")
	if status := again.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended by SIGTERM with status %d", status)
	}

	ledger := readLedger(t, address)
	sessions := map[string]simulator.LedgerSession{}
	for _, s := range ledger.Sessions {
		if _, twice := sessions[s.Cname]; twice {
			t.Errorf("%s has a second session", s.Cname)
		}
		sessions[s.Cname] = s
	}
	ended := outcomesOf(t, dsn)
	for id, class := range classes {
		s, o := sessions["today-"+id], ended[id]
		end := class.from.Add(class.length)
		switch {
		case s.SID == "" || len(o.Sessions) != 1 || o.Sessions[0].SID == nil || *o.Sessions[0].SID != s.SID:
			t.Errorf("%s: the ledger has session %q, the store %+v", id, s.SID, o.Sessions)
			continue
		case s.StoppedAt == nil:
			t.Errorf("%s still runs", id)
			continue
		case s.StoppedAt.Before(end) || s.StoppedAt.Sub(end) > pace.of(20*time.Second):
			t.Errorf("%s ended %v after its class", id, s.StoppedAt.Sub(end))
		}
		want := "recorded"
		if id == "begun" {
			want = "partial"
		} else if s.RecordingAt == nil || s.RecordingAt.After(class.from) {
			t.Errorf("%s was recorded from %v on, its class begins at %v", id, s.RecordingAt, class.from)
		}
		if o.Outcome == nil || *o.Outcome != want {
			t.Errorf("%s ended %v: %v, want %s", id, orUnknown(o.Outcome), orUnknown(o.Reason), want)
		}
	}
	if gaps := ended["begun"].Gaps; len(gaps) != 1 {
		t.Errorf("begun: gaps %v, want the one before the daemon was there", gaps)
	}
	if status := sim.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("the simulator ended with status %d", status)
	}

	written := map[string]string{"the first daemon's log": daemon.output(), "the second daemon's log": again.output(), "the simulator": sim.output()}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		written[entry.Name()] = string(b)
	}
	for where, text := range written {
		if strings.Contains(text, "CANARY") {
			t.Errorf("%s holds a secret", where)
		}
	}
}

func orUnknown(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

func TestADaemonReadsItsPlansAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	plan := filepath.Join(folder, "today.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(plan+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(plan+".new", plan); err != nil {
			t.Fatal(err)
		}
	}
	tomorrow := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Hour)
	one := aroundNow + fmt.Sprintf("  one: {when: %s}\n", dated(tomorrow, time.Hour/2))
	write(one)
	daemon := start(t, "stderr", canaries, "run", plan, "--simulate", "--listen", "127.0.0.1:0")
	if status, body := health(daemon.awaitListen(), "/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d %q", status, body)
	}

	write(one + "  two: {when: never}\n  three: {when: never}\n")
	if line := daemon.await(1, "level=ERROR"); !strings.Contains(line, "plan rejected") || !strings.Contains(line, "when-syntax] and 1 more; rundown validate "+plan+" shows them") {
		t.Errorf("a broken plan is reported as %s", line)
	}
	write(one + fmt.Sprintf("  two: {when: %s}\n", dated(tomorrow, time.Hour/4)))
	daemon.await(1, "plan applied", "added=1", "removed=0", "changed=0")
	write(strings.Replace(one, "name: today", "name: tomorrow", 1))
	if line := daemon.await(1, "level=ERROR"); !strings.Contains(line, "its name changed to tomorrow") {
		t.Errorf("another name is reported as %s", line)
	}
	write(one)
	daemon.await(1, "plan applied", "added=0", "removed=1")
	if err := daemon.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	daemon.await(1, "plan applied", "added=0", "removed=0", "changed=0")
	if status := daemon.end(syscall.SIGINT); status != StatusOK {
		t.Errorf("ended by SIGINT with status %d", status)
	}
}

// TestNowStopsWhatItStartedWhenInterrupted has it interrupted as timeout(1) and Ctrl-C below a parent do: by two signals.
func TestNowStopsWhatItStartedWhenInterrupted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ledger := filepath.Join(folder, "ledger.json")
	now := start(t, "stderr", []string{"RUNDOWN_TEST_SAME_REQUEST=1h"}, "now", "../../examples/quickstart.yaml", "german-a1", "--simulate", "--for", "10m", "--ledger", ledger)
	now.await(1, "german-a1", "recording until")
	if err := now.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	now.await(1, "stopping the recordings")
	if status := now.end(syscall.SIGTERM); status != StatusFindings {
		t.Errorf("ended with status %d, want %d", status, StatusFindings)
	}
	b, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	var l simulator.Ledger
	if err := json.Unmarshal(b, &l); err != nil {
		t.Fatal(err)
	}
	if len(l.Sessions) != 1 || l.Sessions[0].StopReason != "stop" {
		t.Errorf("the ledger: %s", b)
	}
}

func TestNowRefusesAPageThatTheStoreShowsRunning(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	args := []string{"now", "../../examples/quickstart.yaml", "german-a1", "--simulate", "--store", dsn, "--for"}
	first := start(t, "stderr", nil, append(args, "10m")...)
	first.await(1, "german-a1", "recording until")
	first.end(syscall.SIGKILL)
	var out, errs bytes.Buffer
	status := Main(context.Background(), append(args, "1s"), Streams{Out: &out, Err: &errs})
	if want := "the page of german-a1 is being recorded already: lingua/german-a1/"; status != StatusTrouble || !strings.Contains(errs.String(), want) {
		t.Errorf("status %d, %q; want %d and %q", status, errs.String(), StatusTrouble, want)
	}
}

// TestNowStopsWhatIsOverdue has now die when its recording is over and not stopped yet.
func TestNowStopsWhatIsOverdue(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s")
	folder := t.TempDir()
	plan, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	text := aroundNow + "  one: {when: 2031-09-15 09:00-09:50}\n  two: {when: 2031-09-15 09:00-09:50}\n"
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"now", plan, "--store", dsn, "--api-url", address, "--for", "1s"}
	first := start(t, "stderr", append([]string{"RUNDOWN_TEST_DIE=before writing the intent to stop"}, canaries...), append(args, "one")...)
	if !first.awaitEnd(time.Minute) || first.cmd.ProcessState.ExitCode() != -1 || !strings.Contains(first.output(), "recording until") {
		t.Fatalf("it did not die as its recording was over:\n%s", first.output())
	}
	second := start(t, "stderr", canaries, append(args, "two")...)
	second.await(1, "two", "recorded")
	for range second.lines {
	}
	for _, s := range readLedger(t, address).Sessions {
		if s.StoppedAt == nil {
			t.Errorf("%s still runs", s.Cname)
		}
	}
}
