package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal gives both ends of a terminal: what is written to tty can be read from end.
func terminal(t *testing.T) (end, tty *os.File) {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end.Close() })
	if err := unix.IoctlSetPointerInt(int(end.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(end.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return end, tty
}

// TestAnErrorFitsTheTerminal has one that is longer than a line of it; a pipe gets it on one line.
func TestAnErrorFitsTheTerminal(t *testing.T) {
	t.Setenv("COLUMNS", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("RUNDOWN_STORE", "")
	_, _, want := command(t, "status")
	end, tty := terminal(t)
	if status := Main(t.Context(), []string{"status"}, Streams{In: strings.NewReader(""), Out: tty, Err: tty}); status != StatusTrouble {
		t.Errorf("status %d", status)
	}
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(end)
	if err != nil && !errors.Is(err, unix.EIO) { // which is how a terminal ends
		t.Fatal(err)
	}
	said := strings.ReplaceAll(string(text), "\r\n", "\n")
	fits(t, said, "status")
	if joined := strings.Join(strings.Fields(said), " ") + "\n"; strings.Count(said, "\n  ") < 2 || joined != want {
		t.Errorf("said %swant %s", said, want)
	}
}
