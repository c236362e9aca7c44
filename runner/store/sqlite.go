package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// busyTimeout is how long a write waits for one of another process, in milliseconds.
const busyTimeout = 5000

// readers is how many reads may run at once.
const readers = 4

// openSQLite opens path in the order that harms least: nothing is created without leave, nothing is written before
// the lock is held and the file is known to be a store.
func openSQLite(ctx context.Context, path string, opts Options) (_ *Store, err error) {
	s := newStore(opts)
	s.path, s.sql, s.alone = path, sqliteDialect, !opts.Shared
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()

	file := path
	if path != memory {
		if file, err = findFile(path, opts.Create); err != nil {
			return nil, err
		}
		if opts.Work && s.alone {
			if s.lock, err = lockBeside(path, file); err != nil {
				return nil, err
			}
		}
	}
	open := s.openFile
	if opts.ReadOnly {
		open = s.openUnwritten
	}
	if err := open(ctx, file, opts); err != nil {
		return nil, err
	}
	if err := s.checkService(ctx, opts); err != nil {
		return nil, err
	}
	if err := s.checkCopied(ctx, opts); err != nil {
		return nil, err
	}
	if opts.Work {
		if err := s.Join(ctx, time.Now()); err != nil {
			return nil, err
		}
		if path != memory {
			if err := s.rememberFiles(ctx, file); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// openFile opens the file as SQLite does.
func (s *Store) openFile(ctx context.Context, file string, opts Options) error {
	if err := s.connect(dataSource(file, false), dataSource(file, true)); err != nil {
		return err
	}
	return s.ready(ctx, file, opts)
}

// abandon gives back what a failed opening holds.
func (s *Store) abandon() {
	if s.pin != nil {
		_ = s.pin.Close()
	}
	for _, db := range []*sql.DB{s.r, s.w, s.beats} {
		if db != nil {
			_ = db.Close()
		}
	}
	_ = s.unlock()
}

// findFile is the file behind path, links resolved, so that two names of one file share one lock. With create it and
// its folder are made where missing, for their owner alone.
func findFile(path string, create bool) (string, error) {
	if create {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", fmt.Errorf("create the folder of store %s: %w", path, err)
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return "", fmt.Errorf("create store %s: %w", path, withOwner(path, err))
		}
		if like, err := os.Stat(filepath.Dir(path)); err == nil {
			ownedLike(f, like)
		}
		if err := f.Close(); err != nil {
			return "", fmt.Errorf("create store %s: %w", path, err)
		}
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: %s", ErrNotExist, path)
	case err != nil:
		return "", fmt.Errorf("open store %s: %w", path, err)
	case info.IsDir():
		return "", fmt.Errorf("store %s is a folder: name a file in it", path)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("store %s is not a regular file: name another", path)
	}
	if info != nil && info.Size() > 0 {
		if err := checkHeader(path); err != nil {
			return "", err
		}
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("open store %s: %w", path, err)
	}
	return file, nil
}

// checkHeader looks for what every SQLite file begins with. SQLite itself takes a file that is shorter than its
// smallest page, whatever is in it, for an empty one, and would write over it.
// https://www.sqlite.org/fileformat.html#the_database_header
func checkHeader(path string) error {
	const magic, smallestPage = "SQLite format 3\x00", 512
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open store %s: %w", path, withOwner(path, err))
	}
	defer f.Close()
	page := make([]byte, smallestPage)
	_, err = io.ReadFull(f, page)
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
	case err != nil:
		return fmt.Errorf("open store %s: %w", path, err)
	case string(page[:len(magic)]) == magic:
		return nil
	}
	return fmt.Errorf("store %s is not an SQLite database: name another file, or put a copy in its place with rundown store restore", path)
}

// connect makes the pools, for reads and for writes. No connection is made yet.
func (s *Store) connect(reads, writes string) error {
	reader, err := newKeeper(reads)
	if err != nil {
		return s.explain("open", err)
	}
	s.r = sql.OpenDB(reader)
	if s.path == memory {
		// Each connection would be a database of its own.
		s.r.SetMaxOpenConns(1)
		s.w, s.beats = s.r, s.r
		return nil
	}
	s.r.SetMaxOpenConns(readers + 1) // and the one that is kept
	s.r.SetMaxIdleConns(readers)
	writer, err := newKeeper(writes)
	if err != nil {
		return s.explain("open", err)
	}
	s.w = sql.OpenDB(writer)
	s.beats = s.w
	s.w.SetMaxOpenConns(1)
	s.w.SetMaxIdleConns(1)
	return nil
}

// dataSource is what the driver wants. Pragmas are in it because they hold for one connection, and the pools make
// connections when they like. The journal mode is not: it holds for the file, and only a store may be given one.
func dataSource(file string, write bool) string {
	q := url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout),
			"foreign_keys(1)",
			"synchronous(FULL)",
		},
		"_txlock": {"immediate"}, // a write waits at its beginning, not half-way, where it could only fail
	}
	if file == memory {
		return "file::memory:?" + q.Encode()
	}
	q.Set("mode", "rw") // never create
	if !write {
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(file), RawQuery: q.Encode()}).String()
}

// Changes is a number that changes when another connection has written, such as an operator's command from another
// process; on SQLite writes through this store do not change it. Cheap to ask.
func (s *Store) Changes(ctx context.Context) (int64, error) {
	var n int64
	if s.source != "" {
		return s.Generation(ctx)
	}
	// The number means something only to one connection: that of the writes.
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err := s.w.QueryRowContext(context.WithoutCancel(ctx), readChanges).Scan(&n)
	return n, s.explain("look for changes", err)
}

// CheckIntegrity has the database look itself over and names the first thing that is wrong. It reads every page.
func (s *Store) CheckIntegrity(ctx context.Context) error {
	if s.source != "" {
		return nil // the server looks after its own pages
	}
	var said string
	if err := s.r.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return s.explain("check", err)
	}
	if said != "ok" {
		return fmt.Errorf("store %s is damaged: %s: put a copy in its place with rundown store restore, or name another", s.path, said)
	}
	return nil
}

// InUse says which process uses the store beside this one: its number, 0 for none that lives or none that can be
// seen from here.
func (s *Store) InUse() int {
	if s.path == memory || s.lock != nil || s.source != "" {
		return 0
	}
	file, err := findFile(s.path, false)
	if err != nil {
		return 0
	}
	pid, visible := holder(file)
	if !visible {
		return 0
	}
	return pid
}

// UsedBy is the process that works on the SQLite store of a name, also where the files of the store are gone; 0 for none that lives or
// none that can be seen from here.
func UsedBy(dsn string) int {
	if isPostgres(dsn) {
		return 0
	}
	path, err := parseDSN(dsn)
	if err != nil || path == memory {
		return 0
	}
	pid, visible := holder(path)
	if !visible {
		return 0
	}
	return pid
}

// holder is the process that holds the lock of a store's file; 0 for none. It is not visible where it runs in another
// container. A process that was killed leaves its number in the lock file but no lock. A number may also be that of a
// process which nobody has reaped, or which came later. So the lock counts, where it can be tried.
func holder(file string) (pid int, visible bool) {
	pid = readPID(file + ".lock")
	if pid == 0 || pid == os.Getpid() {
		return pid, pid != 0
	}
	if held, known := lockHeld(file + ".lock"); known && !held {
		return 0, false
	}
	p, err := os.FindProcess(pid)
	return pid, err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
