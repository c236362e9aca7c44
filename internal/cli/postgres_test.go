package cli

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rundown/runner/store/pgtest"
)

// TestScriptsOnPostgreSQL runs the binary on a store on PostgreSQL. ADDRESS is an address whose password is a reference,
// PLAIN one that holds it.
func TestScriptsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	examples := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/postgres",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("HOME", examples)
			env.Setenv("COLUMNS", wideOutput)
			dsn := server.Database(t)
			u, err := url.Parse(dsn)
			if err != nil {
				return err
			}
			env.Setenv("PLAIN", dsn)
			env.Setenv("ADDRESS", "postgres://rundown:${file:password}@"+u.Host+u.Path+"?sslmode=disable")
			env.Setenv("SHOWN", "postgres://rundown@"+u.Host+u.Path)
			env.Setenv("DATABASE", u.Path[1:])
			env.Setenv("SERVER", strings.TrimSuffix(dsn, u.Path+"?"+u.RawQuery)) // for another database
			return nil
		},
	})
}

// TestADaemonOnPostgreSQL records a class to its end while the server crashes in the middle of it, and takes an order that
// another process gives.
func TestADaemonOnPostgreSQL(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	dsn := server.Database(t) + "&connect_timeout=60" // a command of a loaded machine may have no turn for 5 s
	address, _ := serve(t)
	pace := paceNow()
	begin := time.Now().UTC().Truncate(time.Second).Add(pace.of(6 * time.Second))
	file := filepath.Join(t.TempDir(), "plan.yaml")
	text := aroundNow + fmt.Sprintf("  german: {when: %s}\n  french: {when: %s}\n", dated(begin, pace.of(20*time.Second)), dated(begin.Add(time.Hour), time.Minute))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(slices.Clone(canaries), "RUNDOWN_STORE="+dsn)
	daemon := start(t, "stderr", env, "run", file, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.awaitListen()
	daemon.await(1, "german", "state=recording")
	server.Kill(t)
	daemon.await(1, "store", "cannot be reached")
	server.Restart(t)
	out, errs, status := runBinary(t, env, "cancel", "french@"+begin.Add(time.Hour).Format(time.DateOnly), "--reason", "snow")
	if status != StatusOK {
		t.Fatalf("cancel: status %d: %s%s", status, out, errs)
	}
	daemon.await(1, "order taken", "french")
	daemon.await(1, "german", "state=ended")
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
	if strings.Contains(daemon.output(), "hunter2") {
		t.Error("the log shows the password")
	}
	found := outcomesOf(t, dsn)
	if outcome := *found["german"].Outcome; outcome != "recorded" && outcome != "partial" { // on a slow machine it begins late
		t.Errorf("german is %v", outcome)
	}
	if sessions := readLedger(t, address).Sessions; len(sessions) != 1 {
		t.Errorf("%d sessions, want one", len(sessions))
	}
}
