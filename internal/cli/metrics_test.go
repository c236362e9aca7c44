package cli

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheDaemonAnswersScrapes follows a daemon through a plan that is rejected and corrected.
func TestTheDaemonAnswersScrapes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plan.yaml")
	good, _ := growing(3, "")
	write(t, path, good)
	daemon := start(t, "stderr", canaries, "run", path, "--simulate", "--listen", "127.0.0.1:0")
	address := daemon.awaitListen()
	shows := func(lines ...string) {
		t.Helper()
		var body string
		eventually(t, 20*time.Second, "/metrics shows "+strings.Join(lines, " and "), func() bool {
			var status int
			status, body = health(address, "/metrics")
			for _, line := range lines {
				if status != 200 || !strings.Contains(body, "\n"+line+"\n") {
					return false
				}
			}
			return true
		})
		if strings.Contains(body, "CANARY") {
			t.Error("/metrics shows a secret")
		}
	}
	shows("rundown_up 1", `rundown_plan_revision{plan="today"} 1`, `rundown_plan_last_reload_successful{plan="today"} 1`, `rundown_health_issues{id="plan-rejected"} 0`)
	write(t, path, good+"nonsense: true\n")
	if err := daemon.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	shows(`rundown_plan_last_reload_successful{plan="today"} 0`, `rundown_health_issues{id="plan-rejected"} 1`, `rundown_plan_revision{plan="today"} 1`)
	better, _ := growing(4, "")
	write(t, path, better)
	if err := daemon.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	shows(`rundown_plan_last_reload_successful{plan="today"} 1`, `rundown_plan_revision{plan="today"} 2`)
	if status := daemon.end(syscall.SIGTERM); status != 0 {
		t.Errorf("status %d", status)
	}
}
