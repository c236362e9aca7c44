package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// logSuffix is what SQLite adds to the name of a store for its write-ahead log.
const logSuffix = "-wal"

// openedFile is a file of a store as it was when the store was opened.
type openedFile struct {
	path string
	what string // it is, for messages
	info fs.FileInfo
}

// rememberFiles notes which files the store consists of. One connection is kept from now on: as long as one is open,
// SQLite itself neither removes nor replaces any of them.
func (s *Store) rememberFiles(ctx context.Context, file string) error {
	var err error
	if s.pin, err = s.r.Conn(ctx); err != nil {
		return s.explain("open", err)
	}
	if _, err := s.pin.ExecContext(ctx, `SELECT 1 FROM settings`); err != nil { // opens the log
		return s.explain("open", err)
	}
	for _, f := range []openedFile{
		{path: s.path, what: "its file"},
		{path: file + logSuffix, what: "its write-ahead log"},
		{path: file + "-shm", what: "the index of its write-ahead log"},
	} {
		if f.info, err = os.Stat(f.path); err != nil {
			return fmt.Errorf("open store %s: %w", s.path, err)
		}
		os.SameFile(f.info, f.info) // some systems look up a file's identity when it is first asked for
		s.files = append(s.files, f)
	}
	return nil
}

// CheckFiles says whether the files of the store are still those that were opened; [ErrReplaced] where one was deleted,
// moved away or replaced. What is written then would be seen by nobody else, so nothing is read or written until they
// are back. Where that cannot be told they are taken as unchanged: a disk that does not answer shows when the store is
// written. A store that was not opened to work is not checked. Cheap to ask.
func (s *Store) CheckFiles() error {
	for _, f := range s.files {
		now, err := os.Stat(f.path)
		name := filepath.Base(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			return fmt.Errorf("%w: %s: %s (%s) was deleted or moved away while in use", ErrReplaced, s.path, f.what, name)
		case err == nil && !os.SameFile(f.info, now):
			return fmt.Errorf("%w: %s: another file was put in the place of %s (%s) while in use", ErrReplaced, s.path, f.what, name)
		}
	}
	return nil
}
