package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestADaemonTellsOfAnswersThatAreNotTheServicesWhileTheyLast runs in real time: a firewall refuses the first acquires.
func TestADaemonTellsOfAnswersThatAreNotTheServicesWhileTheyLast(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	faults, file, store := filepath.Join(folder, "faults.yaml"), filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	const refuse = "requests:\n  - {endpoint: acquire, times: 2, status: 403, body: '<html><title>Blocked by firewall 7</title></html>'}\n"
	if err := os.WriteFile(faults, []byte(refuse), 0o600); err != nil {
		t.Fatal(err)
	}
	sim, _ := serve(t, "--faults", faults)
	pace := paceNow()
	bell, length := time.Now().UTC().Truncate(time.Second).Add(pace.of(14*time.Second)), pace.of(8*time.Second)
	if err := os.WriteFile(file, []byte(aroundNow+fmt.Sprintf("  one: {when: %q}\n", dated(bell, length))), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := start(t, "stderr", canaries, "run", file, "--store", store, "--api-url", sim, "--listen", "127.0.0.1:0")
	address := daemon.awaitListen()
	ready := func() (status int, body string) { return health(address, "/readyz") }
	waitFor := func(what string, holds func() bool) {
		t.Helper()
		eventually(t, time.Until(bell)+length+20*time.Second, what, holds)
	}
	waitFor("readyz names it", func() bool {
		_, body := ready()
		return strings.Contains(body, "acquire") && strings.Contains(body, "HTTP 403") && strings.Contains(body, "Blocked by firewall 7")
	})
	waitFor("readyz drops it", func() bool {
		status, body := ready()
		return status != 0 && !strings.Contains(body, "HTTP 403")
	})
	waitFor("the class ends", func() bool { return outcomesOf(t, store)["one"].Outcome != nil })
	if one := outcomesOf(t, store)["one"]; *one.Outcome == "failed" || !strings.Contains(*one.Reason, "Blocked by firewall 7") {
		t.Errorf("outcome %s: %s", *one.Outcome, *one.Reason)
	}
	if l := readLedger(t, sim); len(l.Sessions) != 1 || l.Sessions[0].StopReason != "stop" {
		t.Errorf("sessions %+v", l.Sessions)
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
	if said := daemon.output(); strings.Contains(said, "CANARY") || !strings.Contains(said, "not the service's own") {
		t.Errorf("the log:\n%s", said)
	}
}
