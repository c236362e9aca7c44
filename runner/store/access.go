package store

import (
	"context"
	"database/sql"
	"time"
)

// write runs do in a transaction that commits when it returns nil. Waiting for the writes before it can be cancelled.
// Once it has begun it cannot: a cancelled one may or may not have committed, and the caller could not tell.
//
// On PostgreSQL do may be run more than once, each time in a new transaction after the one before was rolled back, so it
// must begin anew each time. A transaction whose commit was sent and not answered is not repeated: the error is given,
// and whether it was stored is to be seen in the store.
func (s *Store) write(ctx context.Context, doing string, do func(ctx context.Context, tx *txn) error) error {
	return s.writeOn(ctx, s.w, doing, do)
}

// writeOn is write on the connections of a pool.
func (s *Store) writeOn(ctx context.Context, db *sql.DB, doing string, do func(ctx context.Context, tx *txn) error) error {
	return s.repeated(ctx, doing, func() (committing bool, err error) { return s.writeOnce(ctx, db, do) })
}

// writeAtOnce runs do, whose one statement is a transaction of its own and does no harm when it is repeated: it crosses the
// network once, where a transaction of several statements crosses it for each, and twice more.
func (s *Store) writeAtOnce(ctx context.Context, db *sql.DB, doing string, do func(ctx context.Context, q single) error) error {
	return s.repeated(ctx, doing, func() (committing bool, err error) {
		waiting, leave := s.bounded(ctx, s.w) // a connection of any pool may have to be made first
		defer leave()
		conn, err := db.Conn(waiting)
		if err != nil {
			return false, s.overdue(ctx, err)
		}
		defer conn.Close()
		endless := context.WithoutCancel(ctx)
		bound, cancel := s.bounded(endless, db)
		defer cancel()
		return false, s.overdue(endless, do(bound, single{conn}))
	})
}

// repeated runs a write until it succeeds or fails for good.
func (s *Store) repeated(ctx context.Context, doing string, once func() (committing bool, err error)) error {
	if s.onCommit != nil {
		defer func(begin time.Time) { s.onCommit(time.Since(begin)) }(time.Now())
	}
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.CheckFiles(); err != nil {
			return err
		}
		committing, err := once()
		if err == nil {
			return nil
		}
		if !s.repeats(err, committing, try) {
			return s.explain(doing, err)
		}
	}
}

// writeOnce runs do in a transaction; committing says that the commit was sent.
func (s *Store) writeOnce(ctx context.Context, db *sql.DB, do func(ctx context.Context, tx *txn) error) (committing bool, err error) {
	waiting, leave := s.bounded(ctx, db)
	defer leave()
	conn, err := db.Conn(waiting) // who waits behind a write that another process holds up may leave
	if err != nil {
		return false, s.overdue(ctx, err)
	}
	defer conn.Close()
	endless := context.WithoutCancel(ctx)
	ctx, cancel := s.bounded(endless, db)
	defer cancel()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, s.overdue(endless, err)
	}
	if err := do(ctx, &txn{tx}); err != nil {
		_ = tx.Rollback() // nothing commits either way, and err is the cause: SQLite rolls back by itself after some
		return false, s.overdue(endless, err)
	}
	return true, s.overdue(endless, tx.Commit())
}

// query reads all rows; they are scanned before it returns, so that no connection stays taken.
func query[T any](ctx context.Context, s *Store, doing, text string, args []any, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	err = s.read(ctx, doing, func(ctx context.Context) error {
		all = nil
		rows, err := s.r.QueryContext(ctx, text, storable(args)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			one, err := scan(rows)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// get reads one row, or gives [sql.ErrNoRows].
func (s *Store) get(ctx context.Context, doing, text string, args []any, into ...any) error {
	return s.read(ctx, doing, func(ctx context.Context) error {
		return s.r.QueryRowContext(ctx, text, storable(args)...).Scan(into...)
	})
}

// read runs do, once more where the connection was lost.
func (s *Store) read(ctx context.Context, doing string, do func(context.Context) error) error {
	for try := 1; ; try++ {
		if err := s.CheckFiles(); err != nil {
			return err
		}
		bound, cancel := s.bounded(ctx, s.r)
		err := s.overdue(ctx, do(bound))
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !s.repeats(err, false, try) {
			return s.explain(doing, err)
		}
	}
}
