package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// readyPostgres sees to it that the database holds a store with the schema of this version, or says why it cannot.
// A schema that is newer by one migration is accepted, so that nodes of two neighbouring versions work side by side: a
// migration never takes away what the version before it needs.
func (s *Store) readyPostgres(ctx context.Context, config *pgx.ConnConfig, opts Options) error {
	want, err := s.sql.newestSchema()
	if err != nil {
		return err
	}
	have, unknown, err := s.postgresSchema(ctx, want)
	switch {
	case err != nil:
		return err
	case unknown > 1:
		return fmt.Errorf("%w: %s has schema %d, this version knows up to %d: use a newer rundown", ErrTooNew, s.path, have, want)
	case have >= want:
		return nil
	case have < 0 && !opts.Create:
		return fmt.Errorf("%w: database %s holds none", ErrNotExist, s.path)
	case !opts.Work && !opts.Create:
		return fmt.Errorf("%w: %s has schema %d, this version wants %d: start run on it once", ErrTooOld, s.path, have, want)
	}
	return s.migratePostgres(ctx, config)
}

// postgresSchema is the version of the schema, -1 where the database holds no store, and how many of its migrations are
// newer than one.
func (s *Store) postgresSchema(ctx context.Context, known int64) (version, newer int64, err error) {
	var there bool
	if err := s.get(ctx, "open", `SELECT to_regclass($1) IS NOT NULL`, []any{schemaTable}, &there); err != nil {
		return 0, 0, err
	}
	if !there {
		return -1, 0, nil
	}
	err = s.get(ctx, "open", `SELECT coalesce(max(version_id), 0), count(CASE WHEN version_id > $1 THEN 1 END) FROM `+schemaTable, []any{known}, &version, &newer)
	if version == 0 {
		version = -1 // another process is about to make it
	}
	return version, newer, err
}

// migratePostgres brings the schema up to date, on a connection without the bounds of the others. Of several processes
// that do so at once one migrates, and the others wait for it.
func (s *Store) migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*config)
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return s.explain("migrate", err)
	}
	_, err = s.migrateOn(context.WithoutCancel(ctx), db, database.DialectPostgres, goose.WithSessionLocker(locker))
	return s.explain("migrate", err)
}

// migrateOn runs the migrations that are missing; each is a transaction.
func (s *Store) migrateOn(ctx context.Context, db *sql.DB, dialect database.Dialect, opts ...goose.ProviderOption) ([]*goose.MigrationResult, error) {
	record, err := database.NewStore(dialect, schemaTable)
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations/"+s.sql.name)
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider("", db, files, append(opts, goose.WithStore(record), goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return nil, err
	}
	return p.Up(ctx) // not closed: that would close the pool
}
