package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// InUseError says who holds the lock of a store. It is an [ErrInUse].
type InUseError struct {
	Path string
	PID  int // of the process that uses the store; 0: it has not said yet
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("store %s is in use by another process: stop that one, or name another store", e.Path)
	}
	return fmt.Sprintf("store %s is in use by process %d: stop that one, or name another store", e.Path, e.PID)
}

func (e *InUseError) Unwrap() error { return ErrInUse }

// lockSuffix is what is added to the name of a store for its lock file.
const lockSuffix = ".lock"

// ownerBeside is the file whose owner what is made beside a store gets: the store, or its folder where it is not there.
func ownerBeside(file string) (fs.FileInfo, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Stat(filepath.Dir(file))
	}
	return info, err
}

// pidWidth is the width of a process number in a lock file. The text has always the same length, so that the next one
// replaces it and the file is never truncated.
const pidWidth = 20

// lockBeside takes the lock on FILE.lock. The kernel frees it when the process ends, however it ends; the file stays,
// since removing it would let two processes lock two files of one name.
//
// Whoever may write to the folder can put another file in its place, so a symbolic link is not followed and a file that
// does not look like a lock file is left as it is.
func lockBeside(shown, file string) (*flock.Flock, error) {
	path := file + lockSuffix
	fail := func(err error) error {
		if info, statErr := os.Lstat(path); statErr == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a regular file: remove it", path)
		}
		return fmt.Errorf("lock store %s: %w", shown, cannotWrite(withOwner(path, err)))
	}
	l := flock.New(path, flock.SetFlag(os.O_RDWR|os.O_CREATE|noFollow), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	for range lockTries {
		if got || err != nil {
			break
		}
		time.Sleep(lockPause)
		got, err = l.TryLock()
	}
	if err != nil {
		return nil, fail(err)
	}
	if !got {
		return nil, &InUseError{Path: shown, PID: readPID(path)}
	}
	if err := writePID(l, strconv.Itoa(os.Getpid())); err != nil {
		return nil, fail(errors.Join(err, l.Unlock()))
	}
	return l, nil
}

// A command that looks whether the lock is held has it for an instant, see [lockHeld]. That is no reason to refuse a
// daemon that starts, so the lock is tried again.
const (
	lockTries = 5
	lockPause = 10 * time.Millisecond
)

// lockHeld says whether a process holds a lock file; known is false where that cannot be found out.
func lockHeld(path string) (held, known bool) {
	l := flock.New(path, flock.SetFlag(os.O_RDONLY|noFollow))
	free, err := l.TryRLock()
	if err != nil {
		return false, false
	}
	return !free, l.Unlock() == nil || !free
}

var errLockReplaced = errors.New("was replaced meanwhile")

// writePID writes a process number, or "" for none, into a lock file that is held.
func writePID(l *flock.Flock, pid string) error {
	f, err := os.OpenFile(l.Path(), os.O_RDWR|noFollow, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	locked, err := l.Stat()
	if err != nil {
		return err
	}
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(locked, opened) {
		return fmt.Errorf("%s %w", l.Path(), errLockReplaced)
	}
	if text := readSome(f); text != "" && !isPID(text) {
		return fmt.Errorf("%s is not a lock file of rundown: move it away", l.Path())
	}
	if like, err := ownerBeside(strings.TrimSuffix(l.Path(), lockSuffix)); err == nil {
		ownedLike(f, like)
	}
	_, err = f.WriteAt(fmt.Appendf(nil, "%-*s\n", pidWidth, pid), 0)
	return err
}

func isPID(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

// readSome reads as much of a file as a process number may take, without the blanks around it.
func readSome(f *os.File) string {
	text, _ := io.ReadAll(io.NewSectionReader(f, 0, pidWidth+2))
	return strings.TrimSpace(string(text))
}

// readPID is 0 when the file does not hold a number, as in the instant between taking the lock and writing it.
func readPID(path string) int {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	pid, err := strconv.Atoi(readSome(f))
	if err != nil {
		return 0
	}
	return pid
}

// unlock removes the process number, where this process wrote one, before it frees the lock, so that the next holder is
// not taken for this one.
func (s *Store) unlock() error {
	if s.lock == nil {
		return nil
	}
	if !s.work {
		return s.lock.Unlock()
	}
	return unlock(s.lock)
}

func unlock(l *flock.Flock) error {
	err := writePID(l, "")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errLockReplaced) {
		err = nil // the number of this process stands nowhere any more
	}
	return errors.Join(err, l.Unlock())
}
