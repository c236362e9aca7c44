package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store/pgtest"
)

// TestEachDaemonOfAFleetThatIsLostIsTold has two daemons on one store, of which the second, which sends no notifications, is killed,
// another one takes its place and ends as it should.
func TestEachDaemonOfAFleetThatIsLostIsTold(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	address, _ := serve(t)
	hook := newReceiver(t)
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(notified(", events: [\"node.*\"]")+"  german: {when: "+dated(time.Now().Add(time.Hour), time.Minute)+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) *process {
		p := start(t, "stderr", append(hook.env(), "RUNDOWN_STORE="+dsn), append([]string{"run", "--api-url", address, "--listen", "127.0.0.1:0"}, args...)...)
		p.awaitListen()
		return p
	}
	told := func(kind string, n int) string {
		t.Helper()
		eventually(t, paceNow().of(60*time.Second), kind+" is told", func() bool { return len(hook.events(kind)) == n })
		return hook.events(kind)[n-1].Data.Text
	}
	first := run(file)
	told("node.joined", 1)
	second := run()
	if text := told("node.joined", 2); !strings.Contains(text, "together with ") {
		t.Errorf("joined: %s", text)
	}
	second.end(syscall.SIGKILL)
	if text := told("node.lost", 1); !strings.Contains(text, " is lost: it was last seen on ") || !strings.Contains(text, "Its classes are recorded by ") {
		t.Errorf("lost: %s", text)
	}
	third := run()
	told("node.joined", 3)
	third.end(syscall.SIGTERM)
	first.end(syscall.SIGTERM) // who takes its place would tell of the loss of the third, if it were one
	last := run()
	told("node.joined", 4)
	last.end(syscall.SIGTERM)
	told("node.lost", 1)
}
