package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Lease is the ownership of an App ID. The owner alone writes the statuses of its occurrences.
type Lease struct {
	App  string
	Node int64         // that owns it; 0: none
	Term int64         // fences the writes of earlier owners: each change of owner raises it
	Seen time.Time     // the last sign of life of the owner before this one; zero: there was none
	Idle time.Duration // of a lease that is claimed: for how long it had no owner, as far as is known
}

// Claim makes this node the owner of an App ID that has none, and gives its lease; one that is this node's already stays as
// it is. [ErrOwned] says that another node owns it, [ErrBuried] that this node was taken for dead, and [ErrNoWork] that
// the store was not opened to work.
func (s *Store) Claim(ctx context.Context, app string, at time.Time) (l Lease, err error) {
	if !s.work {
		return l, fmt.Errorf("claim %s: %w", app, ErrNoWork)
	}
	err = s.write(ctx, "claim "+app, func(ctx context.Context, tx *txn) error {
		now, err := s.timeOf(ctx, tx, at)
		if err != nil {
			return err
		}
		me := s.NodeID()
		var alive int64
		switch err := tx.QueryRowContext(ctx, `SELECT id FROM nodes WHERE id = $1 AND gone_at = 0`+s.sql.share, me).Scan(&alive); {
		case errors.Is(err, sql.ErrNoRows):
			return ErrBuried
		case err != nil:
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO leases (app, node, term, seen_at) VALUES ($1, 0, 0, 0) ON CONFLICT (app) DO NOTHING`, app); err != nil {
			return err
		}
		if s.sql.update != "" { // the statement after it sees the nodes as they are when the row is locked
			if _, err := tx.ExecContext(ctx, `SELECT 1 FROM leases WHERE app = $1`+s.sql.update, app); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE leases SET node = $2, term = term + 1 WHERE app = $1
			AND NOT EXISTS (SELECT 1 FROM nodes WHERE id = leases.node AND gone_at = 0)`, app, me); err != nil {
			return err
		}
		var seen int64
		if err := tx.QueryRowContext(ctx, `SELECT node, term, seen_at FROM leases WHERE app = $1`, app).Scan(&l.Node, &l.Term, &seen); err != nil {
			return err
		}
		l.App, l.Seen, l.Idle = app, instant(seen), time.Duration(now-seen)*time.Millisecond
		if l.Node != me {
			return ErrOwned
		}
		return nil
	})
	return l, err
}

// Release frees an App ID that this node owns under a term. One that is another's stays so.
func (s *Store) Release(ctx context.Context, app string, term int64, at time.Time) error {
	if !s.work {
		return fmt.Errorf("release %s: %w", app, ErrNoWork)
	}
	return s.write(ctx, "release "+app, func(ctx context.Context, tx *txn) error {
		now, err := s.timeOf(ctx, tx, at)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE leases SET node = 0, seen_at = $1 WHERE app = $2 AND node = $3 AND term = $4`, now, app, s.NodeID(), term)
		return err
	})
}

// Leases lists the leases of all App IDs that ever had an owner, by App ID.
func (s *Store) Leases(ctx context.Context) ([]Lease, error) {
	return query(ctx, s, "list the leases", selectLeases+` WHERE app <> $1 ORDER BY app`, []any{Duties}, scanLease)
}

// Duties is the name under which [Store.Claim] gives what one node does for all, and by which a heartbeat says that the node
// could do it: no App ID is called so.
const Duties = ":duties"

// DutiesLease is who does what one node does for all; the zero Lease where nobody ever did.
func (s *Store) DutiesLease(ctx context.Context) (Lease, error) {
	found, err := query(ctx, s, "read the lease of the duties", selectLeases+` WHERE app = $1`, []any{Duties}, scanLease)
	if err != nil || len(found) == 0 {
		return Lease{}, err
	}
	return found[0], nil
}

const selectLeases = `SELECT app, node, term, seen_at FROM leases`

func scanLease(rows *sql.Rows) (l Lease, err error) {
	var seen int64
	err = rows.Scan(&l.App, &l.Node, &l.Term, &seen)
	l.Seen = instant(seen)
	return l, err
}
