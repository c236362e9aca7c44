package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Copied says what a copy of a store holds.
type Copied struct {
	Occurrences int64
	Bytes       int64
}

// Backup writes a copy of the store, as it is at one instant, to a new file that only its owner may read. The daemon
// goes on meanwhile. The copy has reached the disk and was checked when Backup returns; a copy that fails or is
// cancelled leaves nothing. A file that exists is [fs.ErrExist].
func (s *Store) Backup(ctx context.Context, path string) (_ Copied, err error) {
	if s.source != "" {
		return Copied{}, fmt.Errorf("store %s: PostgreSQL makes its own copies: pg_dump --format=custom --file=%s %s", s.path, path, s.path)
	}
	if _, err := os.Lstat(path); err == nil {
		return Copied{}, fmt.Errorf("back up to %s: %w: name another file", path, fs.ErrExist)
	}
	folder, err := filepath.Abs(filepath.Dir(path)) // SQLite may take a relative name for an address
	if err != nil {
		return Copied{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	f, err := os.CreateTemp(folder, ".rundown-backup-*") // for its owner alone
	if err != nil {
		return Copied{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := s.copyInto(ctx, f.Name()); err != nil {
		return Copied{}, err
	}
	if err := f.Sync(); err != nil {
		return Copied{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	copied, err := checkCopy(ctx, f.Name())
	if err != nil {
		return Copied{}, fmt.Errorf("check the backup %s: %w", path, err)
	}
	if err := publish(f.Name(), path); err != nil {
		return Copied{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	return copied, nil
}

// copyInto fills an empty file. One transaction reads it all, so that writes of the daemon neither wait nor show.
func (s *Store) copyInto(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dataSource(s.path, true)) // what only reads may not write a copy either
	if err != nil {
		return s.explain("back up", err)
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, path)
	return s.explain("back up", err)
}

// checkCopy reads every page of a copy.
func checkCopy(ctx context.Context, path string) (c Copied, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return c, err
	}
	c.Bytes = info.Size()
	q := url.Values{"mode": {"ro"}, "immutable": {"1"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String())
	if err != nil {
		return c, err
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return c, err
	}
	if said != "ok" {
		return c, errors.New(said)
	}
	return c, db.QueryRowContext(ctx, `SELECT count(*) FROM occurrences`).Scan(&c.Occurrences)
}

// publish gives a finished file its name, which no file has yet.
func publish(from, to string) error {
	err := os.Link(from, to)
	if err != nil && !errors.Is(err, fs.ErrExist) { // some file systems have no links
		var f *os.File
		if f, err = os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			err = errors.Join(f.Close(), os.Rename(from, to))
		}
	}
	if err != nil {
		return err
	}
	if folder, err := os.Open(filepath.Dir(to)); err == nil {
		_ = folder.Sync() // not every system can; the copy itself has reached the disk
		_ = folder.Close()
	}
	return nil
}

// logEmpty says that nothing was written since the write-ahead log was emptied.
func (s *Store) logEmpty() bool {
	i := slices.IndexFunc(s.files, func(f openedFile) bool { return strings.HasSuffix(f.path, logSuffix) })
	if i < 0 {
		return false
	}
	info, err := os.Stat(s.files[i].path)
	return err == nil && info.Size() == 0
}

// Checkpoint writes the write-ahead log back into the file and empties it. Where another process reads or writes at that
// instant it does nothing, and waits for nobody.
func (s *Store) Checkpoint(ctx context.Context) error {
	if s.path == memory || s.source != "" {
		return nil
	}
	if err := s.CheckFiles(); err != nil {
		return err
	}
	if s.logEmpty() {
		return nil
	}
	conn, err := s.w.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx = context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		return s.explain("checkpoint", err)
	}
	_, err = conn.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	_, after := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, busyTimeout))
	return s.explain("checkpoint", errors.Join(err, after))
}
