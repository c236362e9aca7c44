package store

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// advice says what a class of SQLite's errors means for who runs the program, and what to try.
var advice = map[int]string{
	sqlite3.SQLITE_NOTADB:   "it is not an SQLite database: name another file, or restore this one from a copy",
	sqlite3.SQLITE_CORRUPT:  "it is damaged: restore it from a copy, or move it away to begin anew",
	sqlite3.SQLITE_READONLY: "it cannot be written: give this user write permission on the file and its folder",
	sqlite3.SQLITE_PERM:     "it cannot be written: give this user write permission on the file and its folder",
	sqlite3.SQLITE_CANTOPEN: "it cannot be opened: give this user read and write permission on the file and its folder",
	sqlite3.SQLITE_BUSY:     "another process keeps it locked: try again",
	sqlite3.SQLITE_FULL:     "the disk is full: make room",
	sqlite3.SQLITE_IOERR:    "the disk does not read or write: look at the disk, its room and its file system",
}

// explain names the store and what was being done to it. The error of a context passes as it is.
func (s *Store) explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	var failure *sqlite.Error
	if errors.As(err, &failure) {
		// The low byte is the class, the rest the detail.
		if text, ok := advice[failure.Code()&0xff]; ok {
			return fmt.Errorf("store %s: %s: %s: %w", s.path, doing, text, err)
		}
	}
	return fmt.Errorf("store %s: %s: %w", s.path, doing, err)
}
