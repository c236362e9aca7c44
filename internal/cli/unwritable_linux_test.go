package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rundown/runner/store"
)

// fileLimit names the variable by which a test bounds the size of the files of a rundown process.
const fileLimit = "RUNDOWN_TEST_FILE_LIMIT"

func init() {
	limitFiles = func() {
		if n, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64); err == nil {
			_ = unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n})
		}
	}
}

// fullAt has a rundown process write no file beyond a size, which fails each such write as a full disk would.
func fullAt(bytes int64) string { return fileLimit + "=" + strconv.FormatInt(bytes, 10) }

// boundByPermissions runs a command to its end and gives its status and what it said on both streams. The bits of permission bind
// it as they bind every user, also where the tests are run by root.
func boundByPermissions(t *testing.T, env []string, args ...string) (status int, said string) {
	t.Helper()
	path, err := exec.LookPath("rundown")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	var text bytes.Buffer
	pipe, err := cmd.StdoutPipe() // a file could not be written either
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr, cmd.Env = cmd.Stdout, append(os.Environ(), env...)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with what it gave up
		if os.Getuid() == 0 {
			for _, right := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH, unix.CAP_FOWNER} {
				if err := unix.Prctl(unix.PR_CAPBSET_DROP, right, 0, 0, 0); err != nil {
					started <- err
					return
				}
			}
		}
		started <- cmd.Start()
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(3*time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	if _, err := text.ReadFrom(pipe); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), text.String()
}

// readOnly takes the right to write away from a folder and its files until the test ends.
func readOnly(t *testing.T, folder string) {
	t.Helper()
	set := func(file, dir fs.FileMode) {
		t.Helper()
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if err := os.Chmod(filepath.Join(folder, e.Name()), file); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(folder, dir); err != nil {
			t.Fatal(err)
		}
	}
	set(0o400, 0o500)
	t.Cleanup(func() { set(0o600, 0o700) })
}

// contents reads all files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

// TestWhatRunsIsStoppedFromAStoreThatCannotBeWritten ends a daemon in the middle of a class, takes the right to write
// away, and starts the daemon again, which fails, and run --stop-all, which does not.
func TestWhatRunsIsStoppedFromAStoreThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		full bool
		ends os.Signal
		lost string // a file beside the store, which a copy of it may lack
	}{
		"the disk is full, after a kill":                            {true, syscall.SIGKILL, ""},
		"the disk is full, after a kill, in another place":          {true, syscall.SIGKILL, "-shm"},
		"the disk is full, after an end":                            {true, syscall.SIGTERM, ""},
		"the file system is read-only, after a kill":                {false, syscall.SIGKILL, ""},
		"the file system is read-only, after a kill, without index": {false, syscall.SIGKILL, "-shm"},
		"the file system is read-only, after an end":                {false, syscall.SIGTERM, ""},
		"the file system is read-only, and no lock was made there":  {false, syscall.SIGTERM, ".lock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := inClass(t, 5*time.Minute)
			l.process.end(tt.ends)
			file := strings.TrimPrefix(l.dsn, "sqlite:")
			folder := filepath.Dir(file)
			if tt.lost != "" {
				if err := os.Remove(file + tt.lost); err != nil {
					t.Fatal(err)
				}
			}
			env := l.env
			if tt.full {
				env = append(env, fullAt(0))
			} else {
				readOnly(t, folder)
			}
			status, said := boundByPermissions(t, env, l.args...)
			if status != StatusTrouble || !strings.Contains(said, "rundown run --stop-all stops them and only reads the store") || strings.Count(said, "\n") != 1 {
				t.Errorf("the daemon ended with status %d: %s", status, said)
			}
			if ran := readLedger(t, l.address).Sessions; len(ran) != 1 || ran[0].StoppedAt != nil {
				t.Fatalf("the ledger: %+v", ran)
			}
			before := contents(t, folder)
			status, said = boundByPermissions(t, env, "run", "--stop-all", "--store", l.dsn, "--api-url", l.address)
			if status != StatusOK || !strings.Contains(said, "/class/") || !strings.Contains(said, "cancelled") || !strings.Contains(said, "the stops are not stored") {
				t.Errorf("run --stop-all ended with status %d: %s", status, said)
			}
			if ran := readLedger(t, l.address).Sessions; len(ran) != 1 || ran[0].StopReason != "stop" {
				t.Errorf("the ledger: %+v", ran)
			}
			after := contents(t, folder)
			for name, text := range before {
				if after[name] != text && !strings.HasSuffix(name, "-shm") {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

// TestNothingIsStoppedBehindADaemonThatWorks: it would begin what it finds ended anew.
func TestNothingIsStoppedBehindADaemonThatWorks(t *testing.T) {
	t.Parallel()
	l := inClass(t, 5*time.Minute)
	status, said := boundByPermissions(t, append(l.env, fullAt(0)), "run", "--stop-all", "--store", l.dsn, "--api-url", l.address)
	if status != StatusTrouble || !strings.Contains(said, "end that process, wait until it has ended, and repeat run --stop-all") {
		t.Errorf("run --stop-all ended with status %d: %s", status, said)
	}
	if ran := readLedger(t, l.address).Sessions; len(ran) != 1 || ran[0].StoppedAt != nil {
		t.Errorf("the ledger: %+v", ran)
	}
}

// TestWhateverRoomIsLeftWhatRunsIsStopped has the disk become full after so many more pages of the log: while the store
// is opened, while the orders are stored, and while what came of the stops is stored.
func TestWhateverRoomIsLeftWhatRunsIsStopped(t *testing.T) {
	t.Parallel()
	for _, pages := range []int64{1, 4, 8, 12, 20} {
		t.Run(fmt.Sprintf("%d pages", pages), func(t *testing.T) {
			t.Parallel()
			l := inClass(t, 5*time.Minute)
			l.process.end(syscall.SIGKILL)
			reader, err := store.Open(t.Context(), l.dsn, store.Options{}) // as long as it is open the log is appended to
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			info, err := os.Stat(strings.TrimPrefix(l.dsn, "sqlite:") + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			status, said := boundByPermissions(t, append(l.env, fullAt(info.Size()+pages*4120)), "run", "--stop-all", "--store", l.dsn, "--api-url", l.address)
			if status != StatusOK || !strings.Contains(said, "ended early by ") {
				t.Errorf("run --stop-all ended with status %d: %s", status, said)
			}
			if ran := readLedger(t, l.address).Sessions; len(ran) != 1 || ran[0].StopReason != "stop" {
				t.Errorf("the ledger: %+v", ran)
			}
		})
	}
}

// TestAnOrderThatTheStoreCannotTakeSaysWhatIsLeft orders on a full disk.
func TestAnOrderThatTheStoreCannotTakeSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	dsn, s := healthy(t)
	put(t, s, store.Occurrence{Recording: "art", Start: time.Now().Add(-20 * time.Minute).Truncate(time.Second), State: "recording"})
	for _, args := range [][]string{{"cancel", "art"}, {"extend", "art", "15m"}} {
		status, said := boundByPermissions(t, []string{fullAt(1)}, append(args, "--store", dsn)...)
		if status != StatusTrouble || !strings.Contains(said, "nothing is ordered: an order needs the store") ||
			!strings.Contains(said, "end the daemon and use rundown run --stop-all") {
			t.Errorf("%v ends with status %d: %s", args, status, said)
		}
	}
}
