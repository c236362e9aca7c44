package cli

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
)

// crashPoints are the instants at which the daemon dies, in the order of a recording's life.
func crashPoints() []string {
	var points []string
	writing := func(steps ...string) {
		for _, step := range steps {
			points = append(points, "before writing "+step, "after writing "+step)
		}
	}
	sending := func(op string) {
		points = append(points, "before sending "+op, "after the answer to "+op)
	}
	writing("the plan", "the intent to acquire")
	sending("acquire")
	writing("the intent to start") // holds the answer to acquire as well
	sending("start")
	writing("the answer to start")
	sending("query")
	writing("the answer to query", "the intent to stop")
	sending("stop")
	writing("the outcome") // holds the answer to stop as well
	return points
}

// crash is what came of a class whose daemon was killed at a point and started again.
type crash struct {
	point           string
	sessions        int
	lost, doubled   bool
	running, orphan bool
	err             error
}

// TestADaemonThatDiesAtAnyPointLosesNothing kills a process at each point and starts another one on the same store.
// The orphans are starts whose answer died with the process: the service then says "already started" without a sid
// when asked again, which is all that it documents.
func TestADaemonThatDiesAtAnyPointLosesNothing(t *testing.T) {
	t.Parallel()
	sim, err := simulator.New(simulator.Config{StartAfter: time.Second, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	points := crashPoints()
	results := make([]crash, len(points))
	slots := make(chan struct{}, 13)
	var wg sync.WaitGroup
	for i, point := range points {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = dieOnce(t, server.URL, sim, i, point)
		})
	}
	wg.Wait()
	for _, r := range results {
		mayOrphan := r.point == "before sending start" || r.point == "after the answer to start" ||
			r.point == "before writing the answer to start" || r.point == "after writing the intent to start"
		switch {
		case r.err != nil:
			t.Errorf("%s: %v", r.point, r.err)
		case r.lost || r.doubled:
			t.Errorf("%s: lost %v, doubled %v", r.point, r.lost, r.doubled)
		case r.running != r.orphan:
			t.Errorf("%s: left running %v, orphan reported %v", r.point, r.running, r.orphan)
		case r.orphan && !mayOrphan:
			t.Errorf("%s: an orphan although the answer was stored", r.point)
		}
	}
	if t.Failed() {
		return
	}
	const path = "../../docs/crash-matrix.md"
	text := crashTable(results)
	if *updateManual {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != text {
		t.Errorf("docs/crash-matrix.md is not what came out (go test ./internal/cli -run DiesAtAnyPoint -update writes it): %v\n%s", err, text)
	}
}

// dieOnce has a daemon record one class, kills it at the point and lets another one end the work.
func dieOnce(t *testing.T, address string, sim *simulator.Simulator, n int, point string) crash {
	r := crash{point: point}
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	pace := paceNow()
	ahead := pace.of(5 * time.Second)
	if strings.HasSuffix(point, "the plan") {
		ahead = pace.of(18 * time.Second) // what is due at once is never written as merely planned
	}
	from := time.Now().UTC().Truncate(time.Second).Add(ahead)
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "padding: {before: 0s, after: 0s}, min_remainder: 1s", 1)
	length := pace.of(12 * time.Second)
	text += fmt.Sprintf("  class-%d: {when: %s}\n", n, dated(from, length))
	if r.err = os.WriteFile(path, []byte(text), 0o600); r.err != nil {
		return r
	}
	args := []string{"run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0"}
	app := fmt.Sprintf("APP=%032x", n+1) // an App ID of its own has a budget of its own
	env := append(append([]string{"GORACE=atexit_sleep_ms=0"}, canaries...), app)

	first := start(t, "stderr", append(env, "RUNDOWN_TEST_DIE="+point), args...)
	if !first.awaitEnd(time.Until(from.Add(length))+25*time.Second) || first.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		r.err = fmt.Errorf("the daemon never came to this point:\n%s", first.output())
		return r
	}
	second := start(t, "stderr", env, args...)
	second.await(1, "msg=running")
	name := fmt.Sprintf("class-%d", n)
	o := outcomesOf(t, dsn)[name]
	if o.Outcome == nil { // the line is said once the end is stored, so it is still to come
		second.await(1, "msg=occurrence", "/"+name+"/", "state=ended")
		o = outcomesOf(t, dsn)[name]
	}
	if o.Outcome == nil {
		r.err = fmt.Errorf("the class ended without an outcome:\n%s", second.output())
		return r
	}
	_ = second.cmd.Process.Signal(syscall.SIGTERM)
	if !second.awaitEnd(15*time.Second) || second.cmd.ProcessState.ExitCode() != StatusOK {
		r.err = fmt.Errorf("SIGTERM did not end it well within its time:\n%s", second.output())
		return r
	}
	r.lost = *o.Outcome == "missed" || *o.Outcome == "failed"
	r.orphan = o.Reason != nil && strings.Contains(*o.Reason, "orphan: session")
	known := map[string]bool{}
	for _, x := range o.Sessions {
		if x.SID != nil {
			known[*x.SID] = true
		}
	}
	stopped := 0
	for _, s := range sim.Ledger().Sessions {
		if s.Cname != "today-"+name {
			continue
		}
		r.sessions++
		if s.StoppedAt == nil {
			r.running = true
		} else {
			stopped++
		}
	}
	r.doubled = stopped > 1
	if len(known) != stopped {
		r.err = fmt.Errorf("the store knows %d sessions, the ledger %d that ended", len(known), stopped)
	}
	return r
}

// awaitEnd reads the process's lines to the end, for a limit and at least a minute, as eventually does.
func (p *process) awaitEnd(limit time.Duration) bool {
	over, stop := patience(max(limit, time.Minute))
	defer stop()
	for {
		select {
		case _, ok := <-p.lines:
			if !ok {
				<-p.ended
				return true
			}
		case <-over:
			_ = p.cmd.Process.Kill()
			for range p.lines {
			}
			<-p.ended
			return false
		}
	}
}

func crashTable(results []crash) string {
	var b strings.Builder
	b.WriteString(`# What a crash costs

A daemon records a class and is killed (SIGKILL) at each of these instants; another one is started on the same store.
The simulator's ledger is the account. Written by ` + "`go test ./internal/cli -run DiesAtAnyPoint -update`" + ` and held by that test.

The one thing that cannot be mended is a start whose answer died with the process: asked again, the service says that
the session runs and need not say its sid. The class is then recorded by another session, and the report names the
orphan and the instant at which its maxRecordingHour ends it at the latest.

| killed | sessions | lost | doubled | left running |
| --- | ---: | ---: | ---: | --- |
`)
	for _, r := range results {
		count := map[bool]int{true: 1}
		left := "0"
		if r.running {
			left = "1, reported as orphan"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s |\n", r.point, r.sessions, count[r.lost], count[r.doubled], left)
	}
	return b.String()
}
