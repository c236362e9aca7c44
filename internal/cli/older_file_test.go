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

// TestADaemonThatLacksWhatTheActivePlanNeedsStays starts one on PostgreSQL with the file that is active. Where the file holds
// something new, it ends.
func TestADaemonThatLacksWhatTheActivePlanNeedsStays(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	if out, errs, status := runBinary(t, x.env, "apply", x.file); status != StatusOK {
		t.Fatalf("apply: status %d: %s%s", status, out, errs)
	}
	lacking := slices.DeleteFunc(slices.Clone(x.env), func(v string) bool { return strings.HasPrefix(v, "ROOM=") })
	daemon := start(t, "stderr", lacking, "run", x.file, "--api-url", x.service, "--listen", "127.0.0.1:0")
	daemon.await(1, "owns none of its App IDs", "ROOM")
	daemon.awaitListen()
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
	text, err := os.ReadFile(x.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(x.file, fmt.Appendf(text, "  music: {when: %s}\n", dated(time.Now().UTC().Add(2*time.Hour), time.Minute)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := runBinary(t, lacking, "run", x.file, "--api-url", x.service, "--listen", "127.0.0.1:0"); status != StatusTrouble || !strings.Contains(errs, "ROOM") {
		t.Errorf("with a file that holds something new: status %d: %s", status, errs)
	}
}

// TestADaemonThatLacksAKeyLeavesWhatRunsToOthers starts one on PostgreSQL without a key of the plan's storage while a class is
// recorded: beside a daemon that records it, and where none is left.
func TestADaemonThatLacksAKeyLeavesWhatRunsToOthers(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	other := x.daemon(t)
	x.now(t, "german", "--for", "20m").await(1, "german", "recording until")
	lacking := slices.DeleteFunc(slices.Clone(x.env), func(v string) bool { return strings.HasPrefix(v, "SECRET=") })
	begin := func() *process {
		daemon := start(t, "stderr", lacking, "run", x.file, "--api-url", x.service, "--listen", "127.0.0.1:0")
		daemon.awaitListen()
		return daemon
	}
	beside := begin()
	if said := beside.output(); !strings.Contains(said, "owns none of its App IDs") || strings.Contains(said, "started to finish running classes") {
		t.Errorf("beside a daemon that records, it says:\n%s", said)
	}
	for _, p := range []*process{beside, other} {
		if status := p.end(syscall.SIGTERM); status != StatusOK {
			t.Errorf("status %d", status)
		}
	}
	alone := begin()
	if said := alone.output(); !strings.Contains(said, "started to finish running classes") {
		t.Errorf("where no other daemon works, it says:\n%s", said)
	}
	if status := alone.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
}

// TestADaemonWithAnOlderFileStays starts one on PostgreSQL with a file that was replaced in the store. It lacks what both the file
// and the active revision refer to. It says so, owns nothing and turns nothing back.
func TestADaemonWithAnOlderFileStays(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	text, err := os.ReadFile(x.file)
	if err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(older, text, 0o600); err != nil {
		t.Fatal(err)
	}
	newer := string(text) + fmt.Sprintf("  music: {when: %s}\n", dated(time.Now().UTC().Add(2*time.Hour), time.Minute))
	for _, content := range []string{string(text), newer} {
		if err := os.WriteFile(x.file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, errs, status := runBinary(t, x.env, "apply", x.file); status != StatusOK {
			t.Fatalf("apply: status %d: %s%s", status, out, errs)
		}
	}
	lacking := slices.DeleteFunc(slices.Clone(x.env), func(v string) bool { return strings.HasPrefix(v, "ROOM=") })
	daemon := start(t, "stderr", lacking, "run", older, "--api-url", x.service, "--listen", "127.0.0.1:0")
	address := daemon.awaitListen()
	if _, body := health(address, "/readyz"); !strings.Contains(body, "ROOM") || strings.Contains(body, "not started") {
		t.Errorf("readyz says %s", body)
	}
	eventually(t, 30*time.Second, "status says that the node is unfit", func() bool {
		out, _, _ := runBinary(t, nil, "status", "--store", x.dsn)
		return strings.Contains(out, "ROOM") && !strings.Contains(out, "owns App ID")
	})
	for _, part := range []string{"older revision", "node-unfit"} {
		if !strings.Contains(daemon.output(), part) {
			t.Errorf("the log does not say %q:\n%s", part, daemon.output())
		}
	}
	if out, _, _ := runBinary(t, nil, "history", "--plans", "--store", x.dsn); !strings.Contains(out, "2") || strings.Contains(out, "revision 3") {
		t.Errorf("the revisions are:\n%s", out)
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
}

// TestADaemonThatIsBackAtOnceWithoutAKeyEndsWhatRuns has another daemon without a key of the plan's storage start while the only daemon of
// a PostgreSQL records, as where that one is dead and not known to be, and kills the first. The class is recorded to its end.
func TestADaemonThatIsBackAtOnceWithoutAKeyEndsWhatRuns(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	first := x.daemon(t)
	now := x.now(t, "german", "--for", paceNow().of(40*time.Second).String())
	now.await(1, "german", "recording until")
	lacking := slices.DeleteFunc(slices.Clone(x.env), func(v string) bool { return strings.HasPrefix(v, "SECRET=") })
	second := start(t, "stderr", lacking, "run", x.file, "--api-url", x.service, "--listen", "127.0.0.1:0")
	second.awaitListen()
	if said := second.output(); !strings.Contains(said, "owns none of its App IDs") {
		t.Errorf("before the other is known to be dead, it says:\n%s", said)
	}
	first.end(syscall.SIGKILL) // only now: on a loaded machine the other may take longer to start than to be taken for dead
	if status := now.awaited(3 * time.Minute); status != StatusOK {
		t.Errorf("now ended with status %d:\n%s", status, now.output())
	}
	if o := outcomesOf(t, x.dsn)["german"]; o.Outcome == nil || *o.Outcome != "recorded" {
		t.Errorf("the class is %+v; the daemon says:\n%s", o, second.output())
	}
	if status := second.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
}
