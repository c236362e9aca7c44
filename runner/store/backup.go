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
	"time"
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

// Restored says what [Restore] did.
type Restored struct {
	Copied
	Path  string // of the store
	Aside string // the file that was there before, with its write-ahead log beside it; "": there was none
}

// Restore puts a copy of a store in the place of an SQLite store. The copy stays as it is; it is checked before anything changes. What
// was there is moved aside, the write-ahead log and its index with the file: SQLite takes a log that lies beside a file for its own, and
// would write pages of the old store into the new one. The owner and the permissions of the file stay; without one, the store belongs to
// the owner of the folder. While another process works on the store, the result is [ErrInUse].
func Restore(ctx context.Context, dsn, from string) (r Restored, err error) {
	if isPostgres(dsn) {
		return r, errors.New("PostgreSQL restores its own copies: use pg_restore into a new database")
	}
	path, err := parseDSN(dsn)
	if err != nil {
		return r, err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore store %s: %w", path, err)
		}
	}()
	file := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		file = resolved
	}
	like, err := ownerBeside(file)
	if err != nil {
		return r, err
	}
	if copied, err := os.Stat(from); err != nil {
		return r, err
	} else if os.SameFile(copied, like) {
		return r, fmt.Errorf("%s is the store itself: name a copy", from)
	}
	l, err := lockBeside(path, file)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, unlock(l)) }()
	r.Path = path
	fresh, err := os.CreateTemp(filepath.Dir(file), ".rundown-restore-*") // for its owner alone
	if err != nil {
		return r, withOwner(file, err)
	}
	defer os.Remove(fresh.Name())
	defer fresh.Close()
	if r.Copied, err = readCopy(ctx, from, fresh.Name()); err != nil {
		return r, fmt.Errorf("%s cannot be used: %w", from, err)
	}
	ownedLike(fresh, like)
	if like.Mode().IsRegular() {
		err = fresh.Chmod(like.Mode().Perm())
	}
	if err := errors.Join(err, fresh.Sync()); err != nil {
		return r, err
	}
	r.Aside, err = exchange(fresh.Name(), file)
	return r, err
}

// readCopy copies what a copy of a store holds to an empty file, and checks it.
func readCopy(ctx context.Context, from, to string) (c Copied, err error) {
	if from, err = filepath.Abs(from); err != nil { // SQLite may take a relative name for an address
		return c, err
	}
	q := url.Values{"mode": {"ro"}}
	if log, err := os.Stat(from + logSuffix); err != nil || log.Size() == 0 {
		q.Set("immutable", "1") // nothing is made beside it
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(from), RawQuery: q.Encode()}).String())
	if err != nil {
		return c, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, to); err != nil {
		return c, err
	}
	schema, err := ReadSchema(ctx, "sqlite:"+to)
	switch {
	case err != nil:
		return c, err
	case schema.Have > schema.Want:
		return c, fmt.Errorf("%w: it has schema %d, this version knows up to %d: use a newer rundown", ErrTooNew, schema.Have, schema.Want)
	}
	return checkCopy(ctx, to)
}

// exchange gives a finished file the name of a store, and that of the store and its log another. Where that fails, all is as before.
func exchange(fresh, file string) (aside string, err error) {
	const log, index = logSuffix, "-shm"
	aside = file + ".replaced-" + time.Now().UTC().Format("20060102T150405Z")
	var moved []string
	for _, suffix := range []string{"", log, index} {
		err := os.Rename(file+suffix, aside+suffix)
		switch {
		case err == nil:
			moved = append(moved, suffix)
		case errors.Is(err, fs.ErrNotExist):
		default:
			return "", errors.Join(err, moveBack(aside, file, moved))
		}
	}
	if err := publish(fresh, file); err != nil {
		return "", errors.Join(err, moveBack(aside, file, moved))
	}
	if !slices.Contains(moved, "") {
		aside = ""
	}
	return aside, nil
}

func moveBack(aside, file string, suffixes []string) (err error) {
	for _, suffix := range suffixes {
		err = errors.Join(err, os.Rename(aside+suffix, file+suffix))
	}
	return err
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
