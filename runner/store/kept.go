package store

import (
	"context"
	"database/sql"
)

// keptReads are the statements that workers ask again and again. SQLite parses each text that it is given, which takes
// longer than to look into an index that has nothing new, so that they are kept parsed. The driver of PostgreSQL does that
// by itself.
var keptReads = []string{readGeneration, countDue, readNear}

// readChanges is asked on the connection of the writes.
const readChanges = `PRAGMA data_version`

// keepReads prepares the statements that are kept. They are closed with their pool.
func (s *Store) keepReads(ctx context.Context) (err error) {
	s.kept = map[string]*sql.Stmt{}
	for _, text := range keptReads {
		if s.kept[text], err = s.r.PrepareContext(ctx, text); err != nil {
			return s.explain("open", err)
		}
	}
	s.kept[readChanges], err = s.w.PrepareContext(ctx, readChanges)
	return s.explain("open", err)
}

// rows asks for the rows of a statement, which may be kept.
func (s *Store) rows(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	if stmt := s.kept[text]; stmt != nil {
		return stmt.QueryContext(ctx, storable(args)...)
	}
	return s.r.QueryContext(ctx, text, storable(args)...)
}

// row asks for the only row of a statement, which may be kept.
func (s *Store) row(ctx context.Context, db *sql.DB, text string, args []any) *sql.Row {
	if stmt := s.kept[text]; stmt != nil {
		return stmt.QueryRowContext(ctx, storable(args)...)
	}
	return db.QueryRowContext(ctx, text, storable(args)...)
}
