package store_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rundown/runner/store"
)

// TestABackupOfAStoreInUseIsOneInstantOfIt makes copies while another process writes without a break: each holds every
// step that was told before it began, and a whole number of them.
func TestABackupOfAStoreInUseIsOneInstantOfIt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rundown.db")
	_, out, _ := child(t, "write", file, worker)
	told := 0
	for range 3 {
		for range 200 {
			if !out.Scan() {
				t.Fatal("the writer ended")
			}
			told++
		}
		path := filepath.Join(t.TempDir(), "backup.db")
		copied, err := mustOpen(t, file, reader).Backup(t.Context(), path)
		must(t, err)
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode().Perm() != 0o600 || info.Size() != copied.Bytes {
			t.Errorf("the copy has mode %v and %d bytes, want 0600 and %d", info.Mode(), info.Size(), copied.Bytes)
		}
		s := mustOpen(t, path, worker) // as a restored one
		rows, err := s.Occurrences(t.Context(), store.Filter{})
		must(t, err)
		events, err := s.Events(t.Context(), "", 0, 0)
		must(t, err)
		written := slices.DeleteFunc(slices.Clone(rows), func(o store.Occurrence) bool { return o.Version == 0 })
		if len(written) < told || int64(len(rows)) != copied.Occurrences || len(events) != len(written) {
			t.Errorf("%d steps were told, the copy holds %d of %d with %d events", told, len(written), copied.Occurrences, len(events))
		}
		must(t, s.Close())
	}
}

func TestABackupReplacesNothingAndLeavesNothingBehind(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	folder := t.TempDir()
	there, link := filepath.Join(folder, "there.db"), filepath.Join(folder, "link.db")
	must(t, os.WriteFile(there, []byte("a backup of yesterday"), 0o600))
	must(t, os.Symlink(filepath.Join(folder, "nowhere.db"), link))
	for _, path := range []string{there, link, file} {
		if _, err := s.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: got %v, want that it exists", path, err)
		}
	}
	if _, err := s.Backup(t.Context(), filepath.Join(folder, "absent", "backup.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the folder is missing", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Backup(ended, filepath.Join(folder, "cancelled.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	entries, err := os.ReadDir(folder)
	must(t, err)
	if len(entries) != 2 {
		t.Errorf("the folder holds %v", entries)
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "a backup of yesterday" {
		t.Errorf("what was there became %q, %v", text, err)
	}
}

func TestACheckpointEmptiesTheLogAndWaitsForNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	size := func() int64 {
		info, err := os.Stat(file + "-wal")
		must(t, err)
		return info.Size()
	}
	if size() == 0 {
		t.Fatal("the log is empty before")
	}
	other := mustOpen(t, file, reader)
	raw, err := sql.Open("sqlite", file)
	must(t, err)
	defer raw.Close()
	reading, err := raw.BeginTx(t.Context(), nil)
	must(t, err)
	var n int
	must(t, reading.QueryRowContext(t.Context(), `SELECT count(*) FROM nodes`).Scan(&n))
	must(t, s.Beat(t.Context(), monday.Add(-time.Minute)))
	// Where it waited for the reader it would take 5 s each time, where it does not it takes that only on a machine with much else to do.
	took := time.Hour
	for range 5 {
		begun := time.Now()
		must(t, s.Checkpoint(t.Context()))
		took = min(took, time.Since(begun))
	}
	if took > 4500*time.Millisecond || size() == 0 {
		t.Errorf("with a reader it takes %v, and leaves %d bytes", took, size())
	}
	must(t, reading.Rollback())
	must(t, s.Checkpoint(t.Context()))
	if n := size(); n != 0 {
		t.Errorf("the log has %d bytes", n)
	}
	must(t, s.Beat(t.Context(), monday))
	if found, err := other.LastBeat(t.Context()); err != nil || !found.Equal(monday) {
		t.Errorf("what was written after it reads %v, %v", found, err)
	}
}

// TestACopyIsPutInThePlaceOfAStoreWhoseProcessWasKilled restores beside the write-ahead log that a kill leaves: the store is then what
// the copy is, and what was there before is a store of its own.
func TestACopyIsPutInThePlaceOfAStoreWhoseProcessWasKilled(t *testing.T) {
	t.Parallel()
	file, backup := filepath.Join(t.TempDir(), "rundown.db"), filepath.Join(t.TempDir(), "backup.db")
	writes, out, _ := child(t, "write", file, worker)
	read := func(n int) {
		t.Helper()
		for range n {
			if !out.Scan() {
				t.Fatal("the writer ended")
			}
		}
	}
	read(50)
	copied, err := mustOpen(t, file, reader).Backup(t.Context(), backup)
	must(t, err)
	read(50)
	if _, err := store.Restore(t.Context(), file, backup); !errors.Is(err, store.ErrInUse) {
		t.Errorf("while a process works on it: %v", err)
	}
	must(t, writes.Process.Kill())
	_ = writes.Wait()
	must(t, os.Chmod(file, 0o640))
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	text, err := os.ReadFile(backup)
	must(t, err)
	must(t, os.WriteFile(damaged, text[:len(text)/2], 0o600))
	for _, from := range []string{damaged, file, filepath.Join(t.TempDir(), "missing.db")} {
		_, err := store.Restore(t.Context(), file, from)
		if err == nil {
			t.Fatalf("restored from %s", from)
		}
		wantOneLine(t, err, file, from)
	}
	r, err := store.Restore(t.Context(), file, backup)
	must(t, err)
	if r.Occurrences != copied.Occurrences || r.Path != file {
		t.Errorf("restored %+v, the copy holds %d", r, copied.Occurrences)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the store has mode %v, %v", info.Mode(), err)
	}
	rows := func(name string) int {
		t.Helper()
		s := mustOpen(t, name, worker)
		must(t, s.CheckIntegrity(t.Context()))
		rows, err := s.Occurrences(t.Context(), store.Filter{})
		must(t, err)
		must(t, s.Close())
		return len(rows)
	}
	if n := rows(file); int64(n) != copied.Occurrences {
		t.Errorf("the store holds %d classes, the copy %d", n, copied.Occurrences)
	}
	if n := rows(r.Aside); n < 100 {
		t.Errorf("what was there before holds %d classes", n)
	}
	must(t, os.Remove(file))
	if r, err := store.Restore(t.Context(), file, backup); err != nil || r.Aside != "" || int64(rows(file)) != copied.Occurrences {
		t.Errorf("where there was no store: %+v, %v", r, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".rundown-*"))
	if must(t, err); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
}
