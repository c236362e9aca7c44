package store

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// InUseError says who holds the lock of a store. It is an [ErrInUse].
type InUseError struct {
	Path string
	PID  int // of the process that works on the store; 0: it has not said yet
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("store %s is in use by another process: stop that one, or name another store", e.Path)
	}
	return fmt.Sprintf("store %s is in use by process %d: stop that one, or name another store", e.Path, e.PID)
}

func (e *InUseError) Unwrap() error { return ErrInUse }

// lockBeside takes the lock on FILE.lock. The kernel frees it when the process ends, however it ends; the file stays,
// since removing it would let two processes lock two files of one name.
func lockBeside(shown, file string) (*flock.Flock, error) {
	path := file + ".lock"
	l := flock.New(path, flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock store %s: %w", shown, err)
	}
	if !got {
		return nil, &InUseError{Path: shown, PID: readPID(path)}
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("lock store %s: %w", shown, err), l.Unlock())
	}
	return l, nil
}

// readPID is 0 when the file does not hold a number, as in the instant between taking the lock and writing it.
func readPID(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// unlock empties the file before it frees the lock, so that the next holder is not taken for this one.
func unlock(l *flock.Flock) error {
	if l == nil {
		return nil
	}
	return errors.Join(os.Truncate(l.Path(), 0), l.Unlock())
}
