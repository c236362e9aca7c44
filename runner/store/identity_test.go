package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// replacements are what may happen to the files of a store in use, each with what is said of it.
var replacements = []struct {
	name string
	do   func(t *testing.T, file string)
	says string
}{
	{"the file is deleted", func(t *testing.T, file string) { must(t, os.Remove(file)) }, "its file (rundown.db) was deleted"},
	{"the file is moved away", func(t *testing.T, file string) { must(t, os.Rename(file, file+".old")) }, "its file (rundown.db) was deleted or moved away"},
	{"another store takes its place", func(t *testing.T, file string) {
		other := filepath.Join(t.TempDir(), "other.db")
		must(t, mustOpen(t, other, worker).Close())
		must(t, os.Rename(other, file))
	}, "another file was put in the place of its file (rundown.db)"},
	{"the log is deleted", func(t *testing.T, file string) { must(t, os.Remove(file+"-wal")) }, "its write-ahead log (rundown.db-wal) was deleted"},
	{"the log's index is deleted", func(t *testing.T, file string) { must(t, os.Remove(file+"-shm")) }, "the index of its write-ahead log (rundown.db-shm) was deleted"},
	{"the folder is moved away", func(t *testing.T, file string) {
		must(t, os.Rename(filepath.Dir(file), filepath.Dir(file)+".old"))
	}, "its file (rundown.db) was deleted or moved away"},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAStoreWhoseFilesAreReplacedTakesNothingMore(t *testing.T) {
	t.Parallel()
	for _, tt := range replacements {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state", "rundown.db")
			s := mustOpen(t, file, worker)
			term, err := storetest.Term(t.Context(), s, app)
			must(t, err)
			must(t, s.CheckFiles())
			tt.do(t, file)
			_, apply := s.Commit(t.Context(), app, term, []store.Step{step(0)})
			_, read := s.Occurrences(t.Context(), store.Filter{})
			for _, err := range []error{s.CheckFiles(), apply, read, s.Beat(t.Context(), monday)} {
				if !errors.Is(err, store.ErrReplaced) {
					t.Fatalf("got %v, want that it was replaced", err)
				}
				wantOneLine(t, err, file, tt.says)
			}
		})
	}
}

func TestAStoreThatIsBackIsWorkedOnAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	must(t, os.Rename(file, file+".away"))
	if err := s.Beat(t.Context(), monday); !errors.Is(err, store.ErrReplaced) {
		t.Fatalf("got %v, want that it was replaced", err)
	}
	must(t, os.Rename(file+".away", file))
	must(t, s.Beat(t.Context(), monday))
}

// TestAnEndLeavesTheFilesOfTheNextStoreAlone has a process use a store that was put in the place of another one,
// and then closes the first.
func TestAnEndLeavesTheFilesOfTheNextStoreAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	file := filepath.Join(folder, "rundown.db")
	first := mustOpen(t, file, worker)
	must(t, os.Rename(folder, folder+".old"))
	next, out, in := child(t, "answer", file, worker)
	if _, err := in.Write([]byte("go\n")); err != nil || !out.Scan() || out.Text() != "written" {
		t.Fatalf("%v: %s", err, out.Text())
	}
	must(t, first.Close())
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if info, err := os.Stat(name); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text, err := os.ReadFile(file + ".lock"); err != nil || strings.TrimSpace(string(text)) == "" {
		t.Errorf("the lock holds %q, %v", text, err)
	}
	must(t, next.Process.Kill())
	_ = next.Wait()
	if found, err := mustOpen(t, file, reader).Occurrences(t.Context(), store.Filter{}); err != nil || len(found) == 0 {
		t.Errorf("%d rows are left, %v", len(found), err)
	}
}

// TestADeletedLogIsWrittenBackAtTheEnd: what was committed before is not lost with it.
func TestADeletedLogIsWrittenBackAtTheEnd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	term, err := storetest.Term(t.Context(), s, app)
	must(t, err)
	must(t, writeSpecs(s, 0, 1))
	results, err := s.Commit(t.Context(), app, term, []store.Step{step(0)})
	must(t, errors.Join(append(results, err)...))
	must(t, os.Remove(file+"-wal"))
	must(t, s.Close())
	if found, err := mustOpen(t, file, reader).Occurrences(t.Context(), store.Filter{}); err != nil || len(found) != 1 {
		t.Errorf("%d rows are left, %v", len(found), err)
	}
}
