package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"rundown/runner/store"
)

func TestOneProcessWorksOnAStore(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "rundown.db"), filepath.Join(dir, "link.db")
	holder, out, in := child(t, "hold", file, worker)
	if !out.Scan() || out.Text() != "open" {
		t.Fatal(out.Text())
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, link} {
		_, err := store.Open(t.Context(), name, worker)
		if !errors.Is(err, store.ErrInUse) {
			t.Fatalf("got %v, want that it is in use", err)
		}
		var detail *store.InUseError
		if !errors.As(err, &detail) || detail.PID != holder.Process.Pid {
			t.Errorf("names process %+v, want %d", detail, holder.Process.Pid)
		}
		wantOneLine(t, err, name, strconv.Itoa(holder.Process.Pid))
	}
	beside := mustOpen(t, link, reader)
	if pid := beside.InUse(); pid != holder.Process.Pid {
		t.Errorf("in use by %d, want %d", pid, holder.Process.Pid)
	}
	mustOpen(t, file, store.Options{Create: true}) // it is there: nothing to create, no lock to take

	if err := in.Close(); err != nil { // it closes and goes
		t.Fatal(err)
	}
	if err := holder.Wait(); err != nil {
		t.Fatal(err)
	}
	// What a process leaves that is killed.
	if err := os.WriteFile(file+".lock", []byte(strconv.Itoa(holder.Process.Pid)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if pid := beside.InUse(); pid != 0 {
		t.Errorf("in use by %d, which is dead", pid)
	}
	mustOpen(t, file, worker)
}

func TestTheLockOfThisProcessHoldsAgainstItself(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	_, err := store.Open(t.Context(), file, worker)
	var detail *store.InUseError
	if !errors.As(err, &detail) || detail.PID != os.Getpid() {
		t.Errorf("got %v, want that process %d uses it", err, os.Getpid())
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, file, worker)
}

func TestALeaseTakenAnewHasAHigherTermAndFencesTheOld(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	opts := worker
	opts.Node = "one-name-for-all" // as in a container, where host and process number repeat
	var terms []int64
	for range 3 {
		s := mustOpen(t, file, opts)
		term, err := s.Lease(t.Context(), app, monday)
		if err != nil {
			t.Fatal(err)
		}
		if len(terms) > 0 {
			if term <= terms[len(terms)-1] {
				t.Errorf("term %d after %v", term, terms)
			}
			got, err := s.Apply(t.Context(), app, terms[0], []store.Step{step(0)})
			if err != nil || !errors.Is(got[0], store.ErrFenced) {
				t.Errorf("under an old term: %v, %v", got, err)
			}
		}
		terms = append(terms, term)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoDoesNotWorkCannotTakeOver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	mustOpen(t, file, worker)
	s := mustOpen(t, file, reader)
	_, lease := s.Lease(t.Context(), app, monday)
	_, apply := s.Apply(t.Context(), app, 1, []store.Step{step(0)})
	for _, err := range []error{lease, apply, s.Beat(t.Context(), monday)} {
		if !errors.Is(err, store.ErrNoWork) {
			t.Errorf("got %v, want that it was not opened to work", err)
		}
	}
}
