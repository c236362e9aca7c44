package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// advice says what a class of SQLite's errors means for who runs the program, and what to try.
var advice = map[int]string{
	sqlite3.SQLITE_NOTADB:   "it is not an SQLite database: name another file, or put a copy in its place with rundown store restore",
	sqlite3.SQLITE_CORRUPT:  "it is damaged: stop the daemon and put a copy in its place with rundown store restore, or move its files away to begin anew",
	sqlite3.SQLITE_READONLY: "it cannot be written: give this user write permission on the file and its folder",
	sqlite3.SQLITE_PERM:     "it cannot be written: give this user write permission on the file and its folder",
	sqlite3.SQLITE_CANTOPEN: "it cannot be opened: give this user read and write permission on the file and its folder",
	sqlite3.SQLITE_BUSY:     "another process keeps it locked: try again",
	sqlite3.SQLITE_FULL:     "the disk is full: free some space",
	sqlite3.SQLITE_IOERR:    "the disk does not read or write: look at the disk, its room and its file system",
}

// adviceOn is the advice on an error of SQLite, whose low byte is the class, and the rest the detail.
func adviceOn(code int) (string, bool) {
	if code == sqlite3.SQLITE_IOERR_SHMSIZE { // the index of the log could not be made larger
		code = sqlite3.SQLITE_FULL
	}
	text, ok := advice[code&0xff]
	return text, ok
}

// explain names the store and what was being done to it. The error of a context passes as it is.
func (s *Store) explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case s.source != "":
		return s.explainPostgres(doing, err)
	}
	var failure *sqlite.Error
	if errors.As(err, &failure) {
		if text, ok := adviceOn(failure.Code()); ok {
			err = fmt.Errorf("store %s: %s: %s: %w", s.path, doing, text, err)
			if slices.Contains(writeFailures, failure.Code()&0xff) {
				return &unwritableError{err}
			}
			return err
		}
	}
	return fmt.Errorf("store %s: %s: %w", s.path, doing, err)
}

// writeFailures are the classes of SQLite's errors that say that the disk or its permissions do not allow a write.
var writeFailures = []int{sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}

// unwritableError is an [ErrUnwritable] with a text of its own.
type unwritableError struct{ error }

func (e *unwritableError) Unwrap() error        { return e.error }
func (e *unwritableError) Is(target error) bool { return target == ErrUnwritable }

// cannotWrite marks an error of the file system that says that a file cannot be written.
func cannotWrite(err error) error {
	for _, cause := range []error{syscall.EROFS, syscall.EACCES, syscall.EPERM, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, cause) {
			return &unwritableError{err}
		}
	}
	return err
}
