//go:build unix

package planfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/plan"
)

// TestNoProcessOfACommandForTemporaryKeysIsLeftBehind has a command that ends, and one that is given up, with a process
// of theirs in the background that holds the output open.
func TestNoProcessOfACommandForTemporaryKeysIsLeftBehind(t *testing.T) {
	for name, tt := range map[string]struct {
		script  string
		ends    bool
		givenUp bool // once the process in the background is there
	}{
		"the command ends":        {"sleep 600 & echo $! >pid\necho '{}'", true, false},
		"the command is given up": {"sleep 600 & echo $! >pid.new\nmv pid.new pid\nsleep 600", false, true},
		"the command fails":       {"sleep 600 & echo $! >pid\nexit 3", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			if tt.givenUp {
				go func() {
					for ctx.Err() == nil {
						if _, err := os.Stat(filepath.Join(folder, "pid")); err == nil {
							cancel()
						}
						time.Sleep(10 * time.Millisecond) // a file tells when the command has begun, and nothing says so but the file
					}
				}()
			}
			text, err := IssueSTS(filepath.Join(folder, "plan.yaml"))(ctx, &plan.STS{Command: script(t, folder, tt.script)})
			if tt.ends != (err == nil) || tt.ends && string(text) != "{}\n" {
				t.Errorf("got %q, %v", text, err)
			}
			written, err := os.ReadFile(filepath.Join(folder, "pid"))
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(written)))
			if err != nil {
				t.Fatal(err)
			}
			for range 3000 { // half a minute of real time, until whoever inherits the process has reaped it
				if err = syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) || zombie(pid) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("process %d runs on: %v", pid, err)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		})
	}
}

// zombie says that a process has ended and only waits to be reaped, where the system tells.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}
