package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
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

// TestAKilledProcessThatNobodyHasReapedDoesNotUseAStore looks at what is left of a process in a container whose first
// process waits for no other.
func TestAKilledProcessThatNobodyHasReapedDoesNotUseAStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	holder, out, _ := child(t, "hold", file, worker)
	if !out.Scan() || out.Text() != "open" {
		t.Fatal(out.Text())
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for out.Scan() { // until its output is closed, which is when it is dead
	}
	beside := mustOpen(t, file, reader)
	p, err := beside.Presence(t.Context())
	if err != nil || p.PID != 0 || p.Held != 0 || beside.InUse() != 0 {
		t.Errorf("in use by %d, %+v, %v", beside.InUse(), p, err)
	}
}

// TestAProcessThatIsNotVisibleHoldsTheStore has a number in the lock file that no process here has, as a container gives.
func TestAProcessThatIsNotVisibleHoldsTheStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	const number = 1<<31 - 2
	s := mustOpen(t, file, worker)
	if err := os.WriteFile(file+".lock", []byte(strconv.Itoa(number)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	beside := mustOpen(t, file, reader)
	if p, err := beside.Presence(t.Context()); err != nil || p.PID != 0 || p.Held != number {
		t.Errorf("held: %+v, %v", p, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".lock", []byte(strconv.Itoa(number)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := beside.Presence(t.Context()); err != nil || p.PID != 0 || p.Held != 0 {
		t.Errorf("free: %+v, %v", p, err)
	}
}

// TestALookAtTheLockRefusesNobody starts again and again while others look who holds the store.
func TestALookAtTheLockRefusesNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	mustOpen(t, file, store.Options{Create: true})
	beside := mustOpen(t, file, reader)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			default:
				_ = beside.InUse()
			}
		}
	}()
	for range 20 {
		// A number of nobody has the lock tried.
		if err := os.WriteFile(file+".lock", []byte("2147483646\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), file, worker)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	<-ended
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
		term, err := storetest.Term(t.Context(), s, app)
		if err != nil {
			t.Fatal(err)
		}
		if len(terms) > 0 {
			if term <= terms[len(terms)-1] {
				t.Errorf("term %d after %v", term, terms)
			}
			got, err := s.Commit(t.Context(), app, terms[0], []store.Step{step(0)})
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
	_, lease := s.Claim(t.Context(), app, time.Now())
	_, apply := s.Commit(t.Context(), app, 1, []store.Step{step(0)})
	for _, err := range []error{lease, apply, s.Beat(t.Context(), monday)} {
		if !errors.Is(err, store.ErrNoWork) {
			t.Errorf("got %v, want that it was not opened to work", err)
		}
	}
}

// TestALockFileThatIsNotOursIsLeftAsItIs puts what an attacker, or a mistake, may leave in the place of the lock file.
func TestALockFileThatIsNotOursIsLeftAsItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		put  func(victim, lock string) error
		says string
	}{
		"a symbolic link":              {os.Symlink, "is not a regular file: remove it"},
		"a symbolic link to nothing":   {func(victim, lock string) error { return os.Symlink(victim+".new", lock) }, "is not a regular file: remove it"},
		"a second name of a file":      {os.Link, "is not a lock file of rundown"},
		"a folder":                     {func(_, lock string) error { return os.Mkdir(lock, 0o700) }, "is not a regular file: remove it"},
		"a FIFO that nobody writes to": {func(_, lock string) error { return syscall.Mkfifo(lock, 0o600) }, "is not a regular file: remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			const text = "what must not be lost\n"
			dir := t.TempDir()
			file, victim := filepath.Join(dir, "rundown.db"), filepath.Join(dir, "victim")
			if err := os.WriteFile(victim, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := tt.put(victim, file+".lock"); err != nil {
				t.Fatal(err)
			}
			_, err := store.Open(t.Context(), file, worker)
			if err == nil {
				t.Fatal("the store was opened")
			}
			wantOneLine(t, err, file+".lock", tt.says)
			if have, err := os.ReadFile(victim); err != nil || string(have) != text {
				t.Errorf("the victim holds %q, %v", have, err)
			}
			if _, err := os.Lstat(victim + ".new"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a file was made behind the link: %v", err)
			}
		})
	}
}

// TestALockFileOfAnEarlierVersionIsTaken has a number in it that is shorter or longer than this one's.
func TestALockFileOfAnEarlierVersionIsTaken(t *testing.T) {
	for _, text := range []string{"", "7\n", "4194304\n"} {
		file := filepath.Join(t.TempDir(), "rundown.db")
		if err := os.WriteFile(file+".lock", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, file, worker)
		if pid := mustOpen(t, file, reader).InUse(); pid != os.Getpid() {
			t.Errorf("after %q: in use by %d, want %d", text, pid, os.Getpid())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if have, err := os.ReadFile(file + ".lock"); err != nil || strings.TrimSpace(string(have)) != "" {
			t.Errorf("after the end it holds %q, %v", have, err)
		}
	}
}
