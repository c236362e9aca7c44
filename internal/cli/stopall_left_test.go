package cli

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// classAroundNow writes a plan with one class that has begun, and gives its path and the DSN of a store beside it.
func classAroundNow(t *testing.T) (path, dsn string) {
	t.Helper()
	folder := t.TempDir()
	path, dsn = filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begun := time.Now().UTC().Truncate(time.Second).Add(-5 * time.Minute)
	text := aroundNow + "  german: {when: " + dated(begun, 40*time.Minute) + "}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, dsn
}

// awaited gives the exit status of a process that ends by itself.
func (p *process) awaited(limit time.Duration) int {
	p.t.Helper()
	if !p.awaitEnd(limit) {
		p.t.Fatalf("it does not end:\n%s", p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

// TestStopAllStopsWhatNowLeft kills now in the middle of a class and takes its plan away. No plan was applied to the store.
func TestStopAllStopsWhatNowLeft(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	path, dsn := classAroundNow(t)
	now := start(t, "stderr", canaries, "now", path, "german", "--for", "20m", "--store", dsn, "--api-url", address)
	now.await(1, "german", "recording")
	now.end(syscall.SIGKILL)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	without := slices.DeleteFunc(slices.Clone(canaries), func(v string) bool { return strings.HasPrefix(v, "AGORA_SECRET=") })
	refused := start(t, "stderr", without, "run", "--stop-all", "--store", dsn, "--api-url", address)
	if status := refused.awaited(time.Minute); status != StatusTrouble || !strings.Contains(refused.output(), "${AGORA_SECRET} is not set in the environment") {
		t.Errorf("without the secret it ended with status %d:\n%s", status, refused.output())
	}
	onlyAccount := slices.DeleteFunc(slices.Clone(canaries), func(v string) bool { return !strings.HasPrefix(v, "AGORA_") })
	stopper := start(t, "stdout", onlyAccount, "run", "--stop-all", "--store", dsn, "--api-url", address)
	if status := stopper.awaited(time.Minute); status != StatusOK || !strings.Contains(stopper.output(), "cancelled") {
		t.Errorf("it ended with status %d:\n%s", status, stopper.output())
	}
	if l := readLedger(t, address); len(l.Sessions) != 1 || l.Sessions[0].StoppedAt == nil {
		t.Errorf("%+v, want one session that is stopped", l.Sessions)
	}
}

// TestStopAllNamesAnOrphan kills a daemon between a start and the storing of its answer, so that nobody knows the sid. In the end its class is
// planned again, as one that was moved ahead.
func TestStopAllNamesAnOrphan(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	path, dsn := classAroundNow(t)
	daemon := start(t, "stderr", append(slices.Clone(canaries), "RUNDOWN_TEST_DIE=after the answer to start"),
		"run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.awaited(time.Minute)
	for i, args := range [][]string{{"run", path, "--stop-all"}, {"run", "--stop-all"}, {"run", "--stop-all"}} { // the second finds that nothing runs
		if i == 2 {
			db, err := sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(`UPDATE occurrences SET state = 'planned', outcome = '', starts_at = starts_at + 2592000000, ends_at = ends_at + 2592000000`); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		stopper := start(t, "stderr", canaries, append(args, "--store", dsn, "--api-url", address)...)
		status, said := stopper.awaited(time.Minute), ""
		said = stopper.output()
		ledger := readLedger(t, address)
		if len(ledger.Sessions) != 1 || ledger.Sessions[0].StoppedAt != nil {
			t.Fatalf("%+v, want one session that runs", ledger.Sessions)
		}
		for _, part := range []string{
			"today/german/", "session 1 may still be running, until 20", "sid unknown", ledger.Sessions[0].ResourceID,
			"rundown: 1 session may still be running and be billed",
		} {
			if status != StatusFindings || !strings.Contains(said, part) {
				t.Errorf("%v ended with status %d and did not say %q:\n%s", args, status, part, said)
			}
		}
	}
}

// TestStopAllGivesUpOnAServiceThatDoesNotAnswer ends the service while a class is recorded.
func TestStopAllGivesUpOnAServiceThatDoesNotAnswer(t *testing.T) {
	for _, pair := range canaries {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	address, sim := serve(t)
	path, dsn := classAroundNow(t)
	daemon := start(t, "stderr", canaries, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "state=recording")
	daemon.end(syscall.SIGKILL)
	sid := readLedger(t, address).Sessions[0].SID
	sim.end(syscall.SIGKILL)

	status, out, said := stopAllSoon(t, path, dsn, address)
	for _, part := range []string{
		"today/german/", "session 1 may still be running, until 20", "sid " + sid, "check the service with rundown doctor PLAN, then repeat run --stop-all",
	} {
		if status != StatusFindings || !strings.Contains(said, part) {
			t.Errorf("it ended with status %d and did not say %q:\n%s%s", status, part, out, said)
		}
	}
}

// stopAllSoon runs --stop-all with little patience.
func stopAllSoon(t *testing.T, path, dsn, address string) (status int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := newApp(Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	a.stopPatience = 8 * time.Second
	root := newRootCommand(a)
	args := []string{"run", "--stop-all", "--store", dsn, "--api-url", address}
	if path != "" {
		args = append(args, path)
	}
	root.SetArgs(args)
	status = a.finish(root.ExecuteContext(t.Context()))
	a.flushLog()
	return status, stdout.String(), stderr.String()
}

// TestStopAllWaitsForADaemon leaves the orders for a daemon whose service does not answer, and then for one that is killed
// while it carries them out.
func TestStopAllWaitsForADaemon(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"that cannot stop anything": false, "that is killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, sim := serve(t)
			path, dsn := classAroundNow(t)
			daemon := start(t, "stderr", canaries, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
			daemon.await(1, "state=recording")
			sid := readLedger(t, address).Sessions[0].SID
			sim.end(syscall.SIGKILL)
			if killed {
				go func() {
					daemon.await(1, "state=stopping")
					_ = daemon.cmd.Process.Kill()
				}()
			}
			status, out, said := stopAllSoon(t, path, dsn, address)
			for _, part := range []string{"waiting for it\n", ": stopping\n", "today/german/", "session 1 may still be running, until 20", "sid " + sid} {
				if status != StatusFindings || !strings.Contains(said, part) {
					t.Errorf("it ended with status %d and did not say %q:\n%s%s", status, part, out, said)
				}
			}
			if ended := "the process that was using the store has ended"; strings.Contains(said, ended) != killed {
				t.Errorf("%q is to be said: %v\n%s", ended, killed, said)
			}
		})
	}
}
