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

// nowBeside is a daemon with a plan of two recordings, beside which now is run.
type nowBeside struct {
	file, service, dsn string
	env                []string
}

func newNowBeside(t *testing.T, dsn string) *nowBeside {
	t.Helper()
	if strings.HasPrefix(dsn, "postgres:") {
		dsn += "&connect_timeout=60" // a command of a loaded machine may have no turn for 5 s
	}
	x := &nowBeside{file: filepath.Join(t.TempDir(), "plan.yaml"), dsn: dsn, env: append(slices.Clone(canaries), "RUNDOWN_STORE="+dsn, "GORACE=atexit_sleep_ms=0")}
	x.service, _ = serve(t)
	text := aroundNow + fmt.Sprintf("  german: {when: %s}\n  french: {when: %[1]s}\n", dated(time.Now().UTC().Add(time.Hour), time.Minute))
	if err := os.WriteFile(x.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *nowBeside) daemon(t *testing.T) *process {
	t.Helper()
	p := start(t, "stderr", x.env, "run", x.file, "--api-url", x.service, "--listen", "127.0.0.1:0")
	p.awaitListen()
	return p
}

// now is the command without what is secret or a plan's: the daemon has that.
func (x *nowBeside) now(t *testing.T, args ...string) *process {
	t.Helper()
	env := []string{"RUNDOWN_STORE=" + x.dsn, "GORACE=atexit_sleep_ms=0"}
	return start(t, "stderr", env, append([]string{"now", x.file, "--api-url", x.service}, args...)...)
}

// TestNowIsAnOrderToTheDaemon records now beside a daemon, interrupts another now, and asks for what the daemon has not.
func TestNowIsAnOrderToTheDaemon(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "rundown.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newNowBeside(t, dsn(t))
			daemon := x.daemon(t)
			first := x.now(t, "german", "--for", "5s")
			first.await(1, "the order was given to")
			second := x.now(t, "french", "--for", "10m")
			second.await(1, "french", "recording until")
			if status := second.end(os.Interrupt); status != StatusFindings {
				t.Errorf("interrupted, it ended with status %d:\n%s", status, second.output())
			}
			status := first.awaited(2 * time.Minute)
			found := outcomesOf(t, x.dsn)
			if o := found["french"]; o.Outcome == nil || *o.Outcome != "cancelled" {
				t.Errorf("french: %+v", o)
			}
			if o := found["german"]; o.Outcome == nil || (*o.Outcome == "recorded") != (status == StatusOK) || len(o.Sessions) != 1 {
				t.Errorf("status %d, german: %+v\n%s", status, o, first.output())
			}
			for _, s := range readLedger(t, x.service).Sessions {
				if s.StoppedAt == nil || s.StopReason != "stop" {
					t.Errorf("%+v", s)
				}
			}
			if err := os.WriteFile(filepath.Join(filepath.Dir(x.file), "other.yaml"), []byte(aroundNow+"  music: {when: 2031-09-15 09:00-09:50}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, errs, status := runBinary(t, x.env, "now", filepath.Join(filepath.Dir(x.file), "other.yaml"), "music", "--api-url", x.service)
			if status != StatusTrouble || !strings.Contains(errs, "apply") {
				t.Errorf("another plan: status %d: %s", status, errs)
			}
			if status := daemon.end(syscall.SIGTERM); status != StatusOK {
				t.Errorf("the daemon ended with status %d", status)
			}
			// Without a daemon it records by itself, and is no daemon of the store afterwards.
			out, errs, status := runBinary(t, x.env, "now", x.file, "german", "--for", "1s", "--api-url", x.service)
			if status != StatusOK && !strings.Contains(out, "partial") {
				t.Errorf("without a daemon: status %d: %s%s", status, out, errs)
			}
		})
	}
}

// TestNowSaysWhoGoesOn kills the daemon that carries out an order. Another one on the same PostgreSQL goes on.
func TestNowSaysWhoGoesOn(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	first := x.daemon(t)
	second := x.daemon(t)
	now := x.now(t, "german", "--for", paceNow().of(30*time.Second).String())
	now.await(1, "german", "recording until")
	first.end(syscall.SIGKILL)
	now.await(1, "goes on")
	status := now.awaited(3 * time.Minute)
	if o := outcomesOf(t, x.dsn)["german"]; o.Outcome == nil || status != StatusOK && *o.Outcome == "recorded" {
		t.Errorf("status %d, german: %+v\n%s", status, o, now.output())
	}
	if n := len(readLedger(t, x.service).Sessions); n != 1 {
		t.Errorf("%d sessions ran", n)
	}
	second.end(syscall.SIGTERM)
}

// TestNowWaitsForADaemonThatComesBack kills the only daemon and starts it again.
func TestNowWaitsForADaemonThatComesBack(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"))
	first := x.daemon(t)
	now := x.now(t, "german", "--for", paceNow().of(20*time.Second).String())
	now.await(1, "german", "recording until")
	first.end(syscall.SIGKILL)
	now.await(1, "no other daemon")
	second := x.daemon(t)
	now.await(1, "goes on")
	if status := now.awaited(3 * time.Minute); status != StatusOK && status != StatusFindings {
		t.Errorf("status %d:\n%s", status, now.output())
	}
	if n := len(readLedger(t, x.service).Sessions); n != 1 {
		t.Errorf("%d sessions ran", n)
	}
	second.end(syscall.SIGTERM)
}
