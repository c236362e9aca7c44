package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// register makes this process known and gives it an incarnation that no process before had under its name.
func (s *Store) register(ctx context.Context, opts Options) error {
	s.node = defaultNode(opts.Node)
	return s.write(ctx, "register as a node", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`INSERT INTO nodes (name, incarnation, beat_at) VALUES ($1, 1, 0)
			ON CONFLICT (name) DO UPDATE SET incarnation = nodes.incarnation + 1
			RETURNING incarnation`, s.node).Scan(&s.incarnation)
	})
}

// Lease takes or renews the ownership of an App ID for this node and returns its term, from 1. On SQLite there is one
// working process, so it always succeeds; taking it anew, as each opening of the store does once, raises the term.
// A store that was not opened to work gives [ErrNoWork].
func (s *Store) Lease(ctx context.Context, app string, until time.Time) (term int64, err error) {
	if !s.work {
		return 0, fmt.Errorf("lease %s: %w", app, ErrNoWork)
	}
	err = s.write(ctx, "lease "+app, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`INSERT INTO leases (app, node, incarnation, term, held_until) VALUES ($1, $2, $3, 1, $4)
			ON CONFLICT (app) DO UPDATE SET
				term = leases.term + CASE WHEN leases.node = excluded.node AND leases.incarnation = excluded.incarnation THEN 0 ELSE 1 END,
				node = excluded.node, incarnation = excluded.incarnation, held_until = excluded.held_until
			RETURNING term`, app, s.node, s.incarnation, millis(until)).Scan(&term)
	})
	if err != nil {
		return 0, err
	}
	return term, nil
}

// Owns says whether a term that [Store.Lease] gave is still the newest of its App ID.
func (s *Store) Owns(ctx context.Context, app string, term int64) (owns bool, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT count(*) > 0 FROM leases WHERE app = $1 AND term = $2`, app, term).Scan(&owns)
	return owns, s.explain("read the lease of "+app, err)
}

// Beat records that this node is alive. A store that was not opened to work gives [ErrNoWork].
func (s *Store) Beat(ctx context.Context, now time.Time) error {
	if !s.work {
		return fmt.Errorf("beat: %w", ErrNoWork)
	}
	return s.write(ctx, "beat", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE nodes SET beat_at = $1 WHERE name = $2 AND incarnation = $3`,
			millis(now), s.node, s.incarnation)
		return err
	})
}

// LastBeat is the newest beat of any node, zero when there was none.
func (s *Store) LastBeat(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.r.QueryRowContext(ctx, `SELECT coalesce(max(beat_at), 0) FROM nodes`).Scan(&at)
	return instant(at), s.explain("read the last beat", err)
}
