package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"golang.org/x/sys/unix"
)

// terminal gives both ends of a terminal: what is written to tty can be read from end.
func terminal(t *testing.T) (end, tty *os.File) {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatalf("the tests of the width of a terminal need pseudo-terminals (devpts on /dev/pts, and /dev/ptmx): %v", err)
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

// onTerminal runs a command whose output leads to a terminal of the usual width, and gives what that shows.
func onTerminal(t *testing.T, args ...string) (status int, shown string) {
	t.Helper()
	return onTerminalOf(t, "", args...)
}

// onTerminalOf is the same for a terminal with so many columns.
func onTerminalOf(t *testing.T, columns string, args ...string) (status int, shown string) {
	t.Helper()
	t.Setenv("COLUMNS", columns)
	t.Setenv("NO_COLOR", "1")
	end, tty := terminal(t)
	text := make(chan string, 1)
	go func() { // a terminal holds no more than some lines that nobody has read
		all, err := io.ReadAll(end)
		if err != nil && !errors.Is(err, unix.EIO) { // which is how a terminal ends
			t.Error(err)
		}
		text <- strings.ReplaceAll(string(all), "\r\n", "\n")
	}()
	status = Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: tty, Err: tty})
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	return status, <-text
}

// TestAnErrorFitsTheTerminal has one that is longer than a line of it; a pipe gets it on one line.
func TestAnErrorFitsTheTerminal(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("RUNDOWN_STORE", "")
	_, _, want := command(t, "status")
	status, said := onTerminal(t, "status")
	if status != StatusTrouble {
		t.Errorf("status %d", status)
	}
	fits(t, said, "status")
	if joined := strings.Join(strings.Fields(said), " ") + "\n"; strings.Count(said, "\n  ") < 2 || joined != want {
		t.Errorf("said %swant %s", said, want)
	}
}

// TestAnOrderFits80Columns gives orders and takes them back.
func TestAnOrderFits80Columns(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	for _, args := range [][]string{
		{"apply", "../../examples/quickstart.yaml"},
		{"extend", "english-b2@2031-09-23", "15m"},
		{"extend", "english-b2@2031-09-23", "--undo"},
		{"cancel", "english-b2@2031-09-23", "--reason", "the heating failed"},
		{"cancel", "--on", "2031-09-24", "--recording", "lingua/german-*", "--reason", "the heating failed", "--yes"},
		{"cancel", "--on", "2031-09-24", "--recording", "lingua/german-*", "--undo", "--yes"},
	} {
		status, out := onTerminal(t, append(args, "--store", dsn)...)
		if status != StatusOK {
			t.Fatal(args, out)
		}
		fits(t, out, args...)
	}
}

// TestTheManualOfARuleIsForReading has no marks of Markdown, and no line that is wider than the terminal.
func TestTheManualOfARuleIsForReading(t *testing.T) {
	_, list := onTerminal(t, "rules")
	fits(t, list, "rules")
	for _, r := range allRules() {
		status, out := onTerminal(t, "rules", r.ID)
		if status != StatusOK || strings.Contains(out, "```") || strings.Contains(out, ", by `") {
			t.Fatal(out)
		}
		var lines strings.Builder
		for line := range strings.Lines(out) {
			if len(strings.Fields(line)) > 1 { // the name of a test may be longer than a line
				lines.WriteString(line)
			}
		}
		fits(t, lines.String(), "rules", r.ID)
	}
	if _, out := onTerminal(t, "rules", "calendar-matches-nothing"); !strings.Contains(out, "[2031-10-12, 2031-10-13]}\n") || !strings.Contains(out, "| ") {
		t.Errorf("the examples are left out:\n%s", out)
	}
}

// TestTablesFitANarrowTerminal cuts what can give way; a pipe gets all of it.
func TestTablesFitANarrowTerminal(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	const plan = "../../examples/quickstart.yaml"
	if status, out := onTerminal(t, "apply", plan, "--store", dsn); status != StatusOK {
		t.Fatal(out)
	}
	for _, args := range [][]string{
		{"list", plan, "--from", "2031-09-15", "--until", "2031-10-15"},
		{"rules"},
		{"forecast", plan, "--now", "2031-09-01"},
		{"history", "--plans", "--store", dsn},
	} {
		_, whole, _ := command(t, args...)
		for _, columns := range []int{40, 60} {
			status, out := onTerminalOf(t, strconv.Itoa(columns), args...)
			if status != StatusOK || !strings.Contains(out, "…") && columns == 40 {
				t.Errorf("%d columns: %s", columns, out)
			}
			for line := range strings.Lines(out) {
				if n := runewidth.StringWidth(strings.TrimRight(line, "\n")); n > columns && len(strings.Fields(line)) > 1 {
					t.Errorf("rundown %s: %d columns of %d: %s", strings.Join(args, " "), n, columns, line)
				}
			}
		}
		if strings.Contains(whole, "…") {
			t.Errorf("a pipe: %s", whole)
		}
	}
}

// TestTheOutboxFits80Columns lists messages that were sent, dropped and are tried again.
func TestTheOutboxFits80Columns(t *testing.T) {
	dsn := outbox(t)
	status, out := onTerminal(t, "notify", "list", "--all", "--store", dsn)
	if status != StatusOK || strings.Count(out, "tomorrow") != 2 {
		t.Fatal(out)
	}
	fits(t, out, "notify", "list")
}

// TestAPlaceThatDoesNotFitFollowsItsSetting has a plan in a folder with a long name.
func TestAPlaceThatDoesNotFitFollowsItsSetting(t *testing.T) {
	path := farPlan(t)
	_, out := onTerminal(t, "show", "german-a1@2031-09-17", path, "--store", "sqlite:none.db")
	if want := "  url            https://lingua.example/rooms/{id}?role=recorder\n                 (" + path + ":17)\n"; !strings.Contains(out, want) {
		t.Errorf("want %s%s", want, out)
	}
}

// TestSettingsStandInColumnsOnANarrowTerminal: the longest value makes its own line longer, not all of them.
func TestSettingsStandInColumnsOnANarrowTerminal(t *testing.T) {
	_, out := onTerminalOf(t, "60", "show", "german-a1@2031-09-17", "../../examples/quickstart.yaml", "--store", "sqlite:none.db")
	found := false
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "  app  ") {
			found = strings.HasSuffix(line, "  default\n") && runewidth.StringWidth(line) <= 61
		}
	}
	if !found {
		t.Error(out)
	}
}

// TestAForecastKeepsTheAccountOnANarrowTerminal: without it, the rows of two accounts in a month look the same.
func TestAForecastKeepsTheAccountOnANarrowTerminal(t *testing.T) {
	for columns, want := range map[string][]string{
		"80": {"MONTH", "ACCOUNT", "HD MIN", "FULL HD MIN", "FREE MIN", "USED UP", "US$"},
		"70": {"MONTH", "ACCOUNT", "HD MIN", "FULL HD MIN", "USED UP", "US$"},
		"60": {"MONTH", "ACCOUNT", "HD MIN", "FULL HD MIN", "US$"},
		"40": {"MONTH", "HD MIN", "FULL HD MIN", "US$"},
	} {
		_, shown := onTerminalOf(t, columns, "forecast", farPlan(t))
		for _, line := range strings.Split(shown, "\n") {
			if strings.HasPrefix(line, "MONTH") {
				if got := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line), -1); !slices.Equal(got, want) {
					t.Errorf("%s columns: %q", columns, got)
				}
			}
		}
		if !strings.Contains(shown, "\nMONTH") {
			t.Errorf("%s columns: %s", columns, shown)
		}
	}
}
