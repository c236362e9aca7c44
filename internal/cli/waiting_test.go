package cli

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store/pgtest"
)

// TestADaemonWaitsForADatabaseThatIsAway starts one while PostgreSQL is down, and PostgreSQL after it. Another one is told to end
// while it waits, and one with a wrong database ends at once.
func TestADaemonWaitsForADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	x := newNowBeside(t, server.Database(t))
	wrong := strings.Replace(x.dsn, "/test_", "/nowhere_", 1)
	if out, errs, status := runBinary(t, x.env, "run", x.file, "--store", wrong, "--api-url", x.service, "--listen", "127.0.0.1:0"); status != StatusTrouble || !strings.Contains(errs, "createdb") {
		t.Errorf("with a database that does not exist: status %d: %s%s", status, out, errs)
	}
	server.Kill(t)
	waiting := func() (p *process, url string) {
		p = start(t, "stderr", x.env, "run", x.file, "--api-url", x.service, "--listen", "127.0.0.1:0")
		_, url, _ = strings.Cut(p.await(1, "waiting for it"), "listen=")
		url, _, _ = strings.Cut(url, " ")
		return p, url
	}
	ended, _ := waiting()
	if status := ended.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("told to end while it waits, it ends with status %d", status)
	}
	daemon, url := waiting()
	if status, body := get(url + "/healthz"); status != http.StatusOK {
		t.Errorf("healthz says %d: %s", status, body)
	}
	if status, body := get(url + "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "store-failed") {
		t.Errorf("readyz says %d: %s", status, body)
	}
	server.Restart(t)
	daemon.await(1, "msg=running", strings.TrimPrefix(url, "http://"))
	eventually(t, 20*time.Second, "it is ready", func() bool {
		status, _ := get(url + "/readyz")
		return status == http.StatusOK
	})
	if strings.Contains(daemon.output(), "hunter2") {
		t.Error("the log shows the password")
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
}
