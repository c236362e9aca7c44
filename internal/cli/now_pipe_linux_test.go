package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestNowStopsWhatItStartedWhereNobodyReadsItsProgress closes standard error after its first line, as a pipe into head
// does.
func TestNowStopsWhatItStartedWhereNobodyReadsItsProgress(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s")
	plan := filepath.Join(t.TempDir(), "today.yaml")
	tomorrows(t, plan, 1)
	cmd := exec.Command(binary(t), "now", plan, "--all", "--for", "3s", "--api-url", address, "--store", "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"))
	cmd.Env = append(append(os.Environ(), canaries...), "GORACE=atexit_sleep_ms=0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if line, err := bufio.NewReaderSize(stderr, 16).ReadString('\n'); err != nil {
		t.Fatalf("its first line: %q, %v", line, err)
	}
	if err := stderr.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	ran := readLedger(t, address).Sessions
	if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StopReason != "stop" || ran[0].StoppedAt.Sub(ran[0].StartedAt) > 30*time.Second {
		t.Errorf("%+v, want one session that is stopped", ran)
	}
}
