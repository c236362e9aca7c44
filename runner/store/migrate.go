package store

import (
	"context"
	"fmt"
)

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
