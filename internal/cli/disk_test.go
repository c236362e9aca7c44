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

// TestADiskThatFillsIsToldBeforeItIsFull has the disk of a store run low and be given room again, with a daemon and without one.
func TestADiskThatFillsIsToldBeforeItIsFull(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, dsn, disk := filepath.Join(folder, "plan.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db"), filepath.Join(folder, "disk")
	text, _ := growing(1, "")
	write(t, path, text)
	const MB, GB = 1 << 20, 1 << 30
	room := func(free, size int) {
		t.Helper()
		write(t, disk+".new", fmt.Sprint(free, " ", size))
		if err := os.Rename(disk+".new", disk); err != nil {
			t.Fatal(err)
		}
	}
	env := append([]string{fakeDisk + "=" + disk, "GORACE=atexit_sleep_ms=0"}, canaries...)
	said := func(args ...string) (int, string) {
		t.Helper()
		p := start(t, "stdout", env, append(args, "--store", dsn)...)
		return p.awaited(time.Minute), p.output()
	}
	const low = "150 MB are free in %s: once the disk is full, no class begins; free some space"
	told := fmt.Sprintf(low, folder)

	room(50*GB, 100*GB)
	daemon := start(t, "stderr", env, "run", path, "--simulate", "--store", dsn, "--listen", "127.0.0.1:0")
	address := daemon.awaitListen()
	ready := func(want string) func() bool {
		return func() bool {
			status, body := health(address, "/readyz")
			return status == 200 && body == "ready\n"+want
		}
	}
	eventually(t, 30*time.Second, "there is room", ready(""))
	room(150*MB, 100*GB)
	eventually(t, 30*time.Second, "the disk is low", ready("disk-low: "+told+"\n"))
	daemon.await(1, "level=WARN", `msg="health issue raised" id=disk-low`)
	_, metrics := health(address, "/metrics")
	for _, want := range []string{"\nrundown_store_free_bytes 1.572864e+08\n", "\nrundown_health_issues{id=\"disk-low\"} 1\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	check := func(who string) {
		t.Helper()
		if _, out := said("status"); !strings.Contains(out, "disk-low since ") || !strings.Contains(out, strings.Split(told, "; ")[0]) {
			t.Errorf("%s, status says\n%s", who, out)
		}
		if status, out := said("status", "--check"); status != StatusFindings || !strings.Contains(out, "disk-low: "+told+"\n") {
			t.Errorf("%s, status --check says, with status %d\n%s", who, status, out)
		}
		if _, out := said("doctor", "--offline"); strings.Count(out, told) != 1 || !strings.Contains(out, "warn  space: "+told+"\n") {
			t.Errorf("%s, doctor says\n%s", who, out)
		}
	}
	check("with a daemon")
	room(220*MB, 100*GB) // a little more, and it stays
	eventually(t, 30*time.Second, "the disk is still low", func() bool {
		_, metrics := health(address, "/metrics")
		return strings.Contains(metrics, "\nrundown_store_free_bytes 2.3068672e+08\n")
	})
	if _, body := health(address, "/readyz"); !strings.Contains(body, "disk-low") {
		t.Errorf("with a little more room: %s", body)
	}
	room(300*MB, 100*GB)
	eventually(t, 30*time.Second, "there is room again", ready(""))
	daemon.await(1, "level=INFO", `msg="health issue cleared" id=disk-low`)
	room(150*MB, 200*MB) // a small disk never has as much as a large one is to have
	eventually(t, 30*time.Second, "the small disk is seen", func() bool {
		_, metrics := health(address, "/metrics")
		return strings.Contains(metrics, "\nrundown_store_free_bytes 1.572864e+08\n")
	})
	if !ready("")() {
		t.Error("a small disk that is nearly empty is told as low")
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
	room(150*MB, 100*GB)
	check("without a daemon")
}
