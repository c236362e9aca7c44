package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rundown/internal/planfile"
)

func TestStandardInputIsReadOnce(t *testing.T) {
	f := planfile.NewFiles(strings.NewReader("version: 1\n"), "-")
	for range 2 {
		if text, err := f.ReadFile("-"); err != nil || string(text) != "version: 1\n" {
			t.Fatalf("ReadFile(-) = %q, %v", text, err)
		}
	}
}

func TestUnreadableFilesSayWhyWithoutTheirName(t *testing.T) {
	folder := t.TempDir()
	for name, want := range map[string]string{
		folder:                          "is a directory",
		filepath.Join(folder, "absent"): "no such file",
		"/dev/zero":                     "is a device",
		"-":                             "no standard input",
	} {
		_, err := planfile.NewFiles(nil, name).ReadFile(name)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), folder) {
			t.Errorf("ReadFile(%s): %v, want one with %q and without the name", name, err, want)
		}
	}
}

func TestUnreadableFilesKeepTheirCause(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	if _, err := planfile.NewFiles(nil, absent).ReadFile(absent); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not os.ErrNotExist", err)
	}
}

func TestGlobIsSorted(t *testing.T) {
	folder := t.TempDir()
	var want []string
	for _, name := range []string{"a.yaml", "b.yaml", "c.yaml"} {
		path := filepath.Join(folder, name)
		write(t, path, "x")
		want = append(want, filepath.ToSlash(path))
	}
	got, err := planfile.NewFiles(nil, filepath.Join(folder, "plan.yaml")).Glob(filepath.ToSlash(folder) + "/*.yaml")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Glob = %v, %v, want %v", got, err, want)
	}
}

func TestWhatCannotBeWrittenEndsWithStatusTwo(t *testing.T) {
	var said strings.Builder
	status := Main(t.Context(), []string{"rules"}, Streams{In: strings.NewReader(""), Out: fullDisk{}, Err: &said})
	if status != StatusTrouble || !strings.Contains(said.String(), "write output: disk full") {
		t.Errorf("status %d, said %q", status, said.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

var _ io.Writer = fullDisk{}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
