package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// The SQLite migrations are one statement to goose, by StatementBegin and StatementEnd. It looks for the semicolon that ends a
// statement with a buffer of four megabytes for each line, which takes longer than to run them.
//
//go:embed migrations/*/*.sql
var migrations embed.FS

// schemaTable is goose's record of migrations. Its name tells a store from any other database.
const schemaTable = "rundown_schema"

// ready sees to it that the file holds a store with the schema of this version, or says why it cannot.
func (s *Store) ready(ctx context.Context, file string, opts Options) error {
	have, err := s.schemaVersion(ctx)
	if err != nil {
		return err
	}
	if have < 0 && !opts.Create {
		return fmt.Errorf("%w: %s is empty", ErrNotExist, s.path)
	}
	want, err := s.sql.newestSchema()
	if err != nil {
		return err
	}
	switch {
	case have > want:
		return fmt.Errorf("%w: %s has schema %d, this version knows up to %d: use a newer rundown", ErrTooNew, s.path, have, want)
	case have < want && !opts.Work && !opts.Create:
		return fmt.Errorf("%w: %s has schema %d, this version wants %d: start run on it once", ErrTooOld, s.path, have, want)
	case have == want && !opts.Work:
		return nil
	}
	if s.path != memory && s.lock == nil && s.alone { // creating without working: hold the lock while at it
		l, err := lockBeside(s.path, file)
		if err != nil {
			return err
		}
		defer unlock(l)
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.keepLog(ctx); err != nil {
		return err
	}
	if have == want {
		return nil
	}
	return s.migrate(ctx)
}

// schemaVersion is the version of the schema in the file, -1 for a file that holds nothing at all.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	var tables, ours int
	err := s.r.QueryRowContext(ctx,
		`SELECT count(*), count(CASE WHEN name = $1 THEN 1 END) FROM sqlite_master WHERE type = 'table'`, schemaTable).
		Scan(&tables, &ours)
	if err != nil {
		return 0, s.explain("open", err)
	}
	switch {
	case tables == 0:
		return -1, nil
	case ours == 0:
		return 0, fmt.Errorf("store %s is an SQLite database, but not a store of rundown: name another file", s.path)
	}
	var version int64
	err = s.r.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+schemaTable).Scan(&version)
	return version, s.explain("open", err)
}

// newestSchema is the number of the last migration.
func (d *dialect) newestSchema() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/"+d.name+"/*.sql")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, name := range names {
		n, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// keepLog turns the write-ahead log on: readers and the writer do not wait for each other, a commit is one sync.
func (s *Store) keepLog(ctx context.Context) error {
	if s.path == memory {
		return nil
	}
	var mode string
	if err := s.w.QueryRowContext(ctx, `PRAGMA journal_mode(WAL)`).Scan(&mode); err != nil {
		return s.explain("open", err)
	}
	if !strings.EqualFold(mode, "wal") {
		return fmt.Errorf("store %s: its file system has no shared memory for a write-ahead log: put the store on a local disk", s.path)
	}
	return nil
}

// migrate brings the schema up to date; each migration is a transaction.
func (s *Store) migrate(ctx context.Context) error {
	_, err := s.migrateOn(ctx, s.w, database.DialectSQLite3)
	return s.explain("migrate", err)
}

// Schema is the version of the schema of a store beside the one that this program has.
type Schema struct {
	Path  string // of the store
	Have  int64  // -1: there is none yet
	Want  int64
	Newer int64 // how many of the store's migrations this program does not know
}

// Current says that this program can work on the store as it is.
func (s Schema) Current() bool { return s.Have >= s.Want }

// ReadSchema reads the version of the schema of a store, and changes nothing. An SQLite file that does not exist is
// [ErrNotExist].
func ReadSchema(ctx context.Context, dsn string) (Schema, error) {
	if isPostgres(dsn) {
		config, err := postgresConfig(dsn)
		if err != nil {
			return Schema{}, err
		}
		s := &Store{path: shownAddress(config), source: dsn, sql: postgresDialect}
		s.r = s.pool(config, false, 1)
		defer s.r.Close()
		s.w, s.beats = s.r, s.r
		return s.readSchema(func(want int64) (int64, int64, error) { return s.postgresSchema(ctx, want) })
	}
	path, err := parseDSN(dsn)
	if err != nil {
		return Schema{}, err
	}
	file, err := findFile(path, false)
	if err != nil {
		return Schema{}, err
	}
	s := &Store{path: path, sql: sqliteDialect}
	defer s.abandon()
	if err := s.connect(dataSource(file, false), dataSource(file, false)); err != nil {
		return Schema{}, err
	}
	return s.readSchema(func(int64) (int64, int64, error) {
		have, err := s.schemaVersion(ctx)
		return have, 0, err
	})
}

func (s *Store) readSchema(read func(want int64) (have, newer int64, err error)) (Schema, error) {
	want, err := s.sql.newestSchema()
	if err != nil {
		return Schema{}, err
	}
	have, newer, err := read(want)
	return Schema{Path: s.path, Have: have, Want: want, Newer: newer}, err
}

// Migrate brings the schema of a store up to date, and gives what it was before. On PostgreSQL it makes the tables of an
// empty database. An SQLite file in use by another process is [ErrInUse].
func Migrate(ctx context.Context, dsn string) (before Schema, err error) {
	if before, err = ReadSchema(ctx, dsn); err != nil {
		return before, err
	}
	s, err := Open(ctx, dsn, Options{Create: true})
	if err != nil {
		return before, err
	}
	if err := s.Close(); err != nil {
		return before, fmt.Errorf("migrate: %w", err)
	}
	return before, nil
}
