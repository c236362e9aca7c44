package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rundown/internal/host"
	"rundown/internal/planfile"
	"rundown/runner/store/pgtest"
)

// fakeDisk is the file that holds what is free on a disk and its size, for tests of a disk that fills.
const fakeDisk = "RUNDOWN_TEST_DISK"

// readFakeDisk reads it.
func readFakeDisk(string) (free, size uint64, err error) {
	text, err := os.ReadFile(os.Getenv(fakeDisk))
	if err == nil {
		_, err = fmt.Sscan(string(text), &free, &size)
	}
	return free, size, err
}

// limitFiles bounds the size of the files that this process writes, where a test asks for it and the system can.
var limitFiles = func() {}

// wideOutput is a width that wraps nothing.
const wideOutput = "10000"

// TestMain puts a rundown command into the PATH of the tests: this very binary.
//
// Tests look for texts in the output, which is therefore not wrapped; that it fits 80 columns is a test of its own.
func TestMain(m *testing.M) {
	if err := os.Setenv("COLUMNS", wideOutput); err != nil {
		panic(err)
	}
	testscript.Main(sharing{m}, map[string]func(){
		"rundown": func() {
			if size, err := strconv.Atoi(os.Getenv("RUNDOWN_TEST_LOG_QUEUE")); err == nil {
				host.LogQueueSize = size
			}
			failpoint = dieAt(os.Getenv("RUNDOWN_TEST_DIE"))
			if point := os.Getenv("RUNDOWN_TEST_HANG"); point != "" {
				failpoint = hangAt(point)
			}
			setWatchTimes(os.Getenv("RUNDOWN_TEST_WATCH"))
			if within, err := time.ParseDuration(os.Getenv("RUNDOWN_TEST_SAME_REQUEST")); err == nil {
				sameRequest = within
			}
			if os.Getenv(fakeDisk) != "" {
				diskSpace = readFakeDisk
			}
			limitFiles()
			os.Exit(Main(context.Background(), os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
		"viewers": func() { // of a benchmark
			if err := viewersMain(os.Args[1:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(StatusTrouble)
			}
		},
	})
}

// sharing runs the tests and ends the PostgreSQL that they share.
type sharing struct{ m *testing.M }

func (s sharing) Run() int { return pgtest.Main(s.m) }

// TestScripts runs the binary as people and scripts do; each script tells what it is about.
func TestScripts(t *testing.T) {
	t.Parallel()
	examples, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// Under the race detector each process would sleep for a second before it ends.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("EXAMPLES", examples+"/../../examples")
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("XDG_STATE_HOME", "")
			env.Setenv("COLUMNS", wideOutput)
			return nil
		},
	})
}

// setWatchTimes sets when plan files are read again: settle, most and reread, such as "20ms 200ms 1h", and as a fourth word
// from when on reading is slow, such as "slow=300ms".
func setWatchTimes(text string) {
	if text == "" {
		return
	}
	var times [3]time.Duration
	fields := strings.Fields(text)
	for i, field := range fields[:3] {
		d, err := time.ParseDuration(field)
		if err != nil {
			panic(err)
		}
		times[i] = d
	}
	planfile.WatchTimes.Settle, planfile.WatchTimes.Most, planfile.WatchTimes.Reread = times[0], times[1], times[2]
	for _, field := range fields[3:] {
		slow, err := time.ParseDuration(strings.TrimPrefix(field, "slow="))
		if err != nil {
			panic(err)
		}
		planfile.WatchTimes.Slow = slow
	}
}

// dieAt kills this process when the engine comes to the named point.
func dieAt(name string) func(string) {
	if name == "" {
		return nil
	}
	return func(point string) {
		if point == name {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// hangAt has the engine's loop that comes to the named point go no further.
func hangAt(name string) func(string) {
	return func(point string) {
		if point == name {
			fmt.Fprintln(os.Stderr, "hangs", point)
			select {}
		}
	}
}
