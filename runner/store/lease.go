package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
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
func (s *Store) Claim(ctx context.Context, app string, at time.Time) (Lease, error) {
	leases, err := s.ClaimAll(ctx, []string{app}, at)
	if err != nil {
		return Lease{}, err
	}
	if len(leases) == 0 {
		return Lease{}, s.explain("claim "+app, ErrOwned)
	}
	return leases[0], nil
}

// ClaimAll claims App IDs in one transaction, of as many statements as one of them takes, and gives the leases of those that this node
// owns then, by App ID. Those that another node owns are left out.
func (s *Store) ClaimAll(ctx context.Context, apps []string, at time.Time) (leases []Lease, err error) {
	switch {
	case len(apps) == 0:
		return nil, nil
	case !s.work:
		return nil, fmt.Errorf("claim %s: %w", apps[0], ErrNoWork)
	}
	apps = slices.Compact(slices.Sorted(slices.Values(apps))) // all nodes lock them in one order
	doing := "claim " + apps[0]
	if more := len(apps) - 1; more > 0 {
		doing += fmt.Sprintf(" and %d more", more)
	}
	err = s.write(ctx, doing, func(ctx context.Context, tx *txn) error {
		now, err := s.timeOf(ctx, tx, at)
		if err != nil {
			return err
		}
		leases, err = s.claimIn(ctx, tx, apps, now)
		return err
	})
	if err != nil { // of its commit, perhaps
		return nil, err
	}
	return leases, nil
}

// claimIn is [Store.ClaimAll] in a transaction.
func (s *Store) claimIn(ctx context.Context, tx *txn, apps []string, now int64) ([]Lease, error) {
	me := s.NodeID()
	var alive int64
	switch err := tx.QueryRowContext(ctx, `SELECT id FROM nodes WHERE id = $1 AND gone_at = 0`+s.sql.share, me).Scan(&alive); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrBuried
	case err != nil:
		return nil, err
	}
	var them conditions
	them.in("app", apps)
	rows := make([]string, len(apps))
	for i := range apps {
		rows[i] = fmt.Sprintf("($%d, 0, 0, 0)", i+1)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO leases (app, node, term, seen_at) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT (app) DO NOTHING`, slices.Clone(them.args)...); err != nil {
		return nil, err
	}
	if s.sql.update != "" { // the statement after it sees the nodes as they are when the rows are locked
		if _, err := tx.ExecContext(ctx, `SELECT 1 FROM leases`+them.where()+` ORDER BY app`+s.sql.update, slices.Clone(them.args)...); err != nil {
			return nil, err
		}
	}
	own := conditions{args: []any{me}}
	own.in("app", apps)
	if _, err := tx.ExecContext(ctx, `UPDATE leases SET node = $1, term = term + 1`+own.where()+`
		AND NOT EXISTS (SELECT 1 FROM nodes WHERE id = leases.node AND gone_at = 0)`, slices.Clone(own.args)...); err != nil {
		return nil, err
	}
	found, err := tx.QueryContext(ctx, selectLeases+own.where()+` AND node = $1 ORDER BY app`, own.args...)
	if err != nil {
		return nil, err
	}
	leases, err := scanAll(found, scanLease)
	for i := range leases {
		leases[i].Idle = time.Duration(now-millis(leases[i].Seen)) * time.Millisecond
	}
	return leases, err
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
	return query(ctx, s, "list the leases", readLeases, []any{Duties}, scanLease)
}

// Duties is the name under which [Store.Claim] gives what one node does for all, and by which a heartbeat says that the node
// could do it: no App ID is called so.
const Duties = ":duties"

// DutiesLease is who does what one node does for all; the zero Lease where nobody ever did.
func (s *Store) DutiesLease(ctx context.Context) (Lease, error) {
	found, err := query(ctx, s, "read the lease of the duties", readDuties, []any{Duties}, scanLease)
	if err != nil || len(found) == 0 {
		return Lease{}, err
	}
	return found[0], nil
}

const (
	selectLeases = `SELECT app, node, term, seen_at FROM leases`
	readLeases   = selectLeases + ` WHERE app <> $1 ORDER BY app`
	readDuties   = selectLeases + ` WHERE app = $1`
)

// Owners are the nodes of those App IDs that have an owner.
func Owners(leases []Lease) map[string]int64 {
	owners := map[string]int64{}
	for _, l := range leases {
		if l.Node != 0 {
			owners[l.App] = l.Node
		}
	}
	return owners
}

// AttendedApps are the App IDs that one of the nodes owns or could work on. A node that owns an App ID does not always name it.
func AttendedApps(nodes []Node, owners map[string]int64) map[string]bool {
	apps := map[string]bool{}
	for _, n := range nodes {
		for _, app := range n.Offers() {
			apps[app] = true
		}
	}
	for app, owner := range owners {
		if slices.ContainsFunc(nodes, func(n Node) bool { return n.ID == owner }) {
			apps[app] = true
		}
	}
	return apps
}

func scanLease(rows *sql.Rows) (l Lease, err error) {
	var seen int64
	err = rows.Scan(&l.App, &l.Node, &l.Term, &seen)
	l.Seen = instant(seen)
	return l, err
}
