package cli

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store/pgtest"
)

// TestStopAllBesideDaemonsFollowsTheirWork has daemons on PostgreSQL stop what they record, and stops by itself what a daemon
// that was killed recorded.
func TestStopAllBesideDaemonsFollowsTheirWork(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	daemon := x.daemon(t)
	record := func() {
		t.Helper()
		now := x.now(t, "german", "--for", "20m")
		now.await(1, "german", "recording until")
		now.end(syscall.SIGKILL)
	}
	stopAll := func(env []string, says string) {
		t.Helper()
		begun := time.Now()
		out, errs, status := runBinary(t, env, "run", "--stop-all", "--store", x.dsn, "--api-url", x.service)
		if status != StatusOK || !strings.Contains(out, "german") || !strings.Contains(out, "cancelled") || !strings.Contains(errs, says) {
			t.Errorf("after %v, status %d:\n%s%s", time.Since(begun), status, out, errs)
		}
		for _, s := range readLedger(t, x.service).Sessions {
			if s.StoppedAt == nil {
				t.Errorf("%s runs on", s.Cname)
			}
		}
	}
	record()
	stopAll(nil, "daemons are using the store") // the daemon has what the plan refers to
	record()
	daemon.end(syscall.SIGKILL)
	stopAll(x.env, "german")
	if n := len(readLedger(t, x.service).Sessions); n != 2 {
		t.Errorf("%d sessions ran", n)
	}
	out, errs, status := runBinary(t, x.env, "run", "--stop-all", "--api-url", x.service)
	if status != StatusOK || !strings.Contains(out, "nothing is running") {
		t.Errorf("with nothing left: status %d:\n%s%s", status, out, errs)
	}
}
