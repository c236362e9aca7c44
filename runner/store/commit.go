package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Step is what one decision changes of the status of an occurrence: all of it is written, or nothing. Version is the expected
// one; the store holds Version+1 after. Sessions are inserted or replaced by (Occurrence, Attempt), and those that are not named
// stay. Doc is the runner's own account, as JSON. Only the worker of the App ID that owns the occurrence makes steps.
type Step struct {
	ID         string
	Observed   int64 // the generation of the spec that was decided on; a later one is to be looked at at once
	Version    int64
	HeldBy     string    // App ID that has sessions of it which are not over; "" for none
	State      string    // planned, starting, recording, stopping, ended
	Outcome    string    // "" until ended
	Reason     string    // for people
	ReasonCode string    // of every outcome but recorded
	Wake       time.Time // when it is to be looked at; zero: never (other than in Spec, where zero is at once)
	AtOnce     bool      // that is now, whoever reads it
	Doc        []byte
	Sessions   []Session
	Events     []Event
	Announced  []Announcement // what people may want to hear of it
}

// check finds what would be written wrongly rather than refused by the database.
func (st *Step) check() error {
	if st.ID == "" {
		return errors.New("step without the identity of its occurrence")
	}
	for _, r := range st.Sessions {
		if r.Occurrence != "" && r.Occurrence != st.ID {
			return fmt.Errorf("%s: session %d belongs to %s", st.ID, r.Attempt, r.Occurrence)
		}
	}
	return nil
}

// eventRow is an event of the step as it is stored.
func (st *Step) eventRow(e Event) []any {
	e.Occurrence = cmp.Or(e.Occurrence, st.ID)
	return e.row()
}

func (st *Step) fenced(app string, term int64) error {
	return fmt.Errorf("%s: %w: term %d of App ID %s is not the newest", st.ID, ErrFenced, term, app)
}

func (st *Step) stale(app string) error {
	return fmt.Errorf("%s: %w: version %d of App ID %s is not the newest", st.ID, ErrStale, st.Version, app)
}

func (st *Step) wake() int64 {
	switch {
	case st.AtOnce:
		return 0
	case st.Wake.IsZero():
		return never
	}
	return st.Wake.UnixMilli()
}

// The statements of a commit, but for those that a step shares with others: insertEvent and insertAnnouncement.
const (
	// fence selects a lease that is this node's under a term. With dialect.share nobody can raise the term until the commit.
	fence = `SELECT 1 FROM leases WHERE app = $1 AND term = $2 AND node = $3`

	writeStatus = `UPDATE occurrences SET state = $4, outcome = $5, reason = $6, reason_code = $7, held_by = $8, doc = $9, observed = $10, version = version + 1,
		wakes_at = CASE WHEN generation = $10 THEN CAST($11 AS BIGINT) ELSE 0 END WHERE id = $1 AND version = $2 AND owner = $3`

	writeSession = `INSERT INTO sessions (occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (occurrence_id, attempt) DO UPDATE SET app = excluded.app, cname = excluded.cname, uid = excluded.uid,
		resource_id = excluded.resource_id, sid = excluded.sid, state = excluded.state, doc = excluded.doc`
)

// Commit writes the steps in one transaction, in their order, and returns once it has reached the disk. It is the only
// writer of statuses. The result has one error a step: nil, [ErrStale] where the version is another, the row is gone or
// another App ID owns it, [ErrFenced], or what is wrong with the step itself; a step that fails so writes nothing and does
// not hinder the others. The error is for a transaction that is not known to have committed: as a rule nothing was written, but
// where the connection to a PostgreSQL broke, or its answer came too late, all may have been. Then a repetition gives ErrStale.
//
// term is the owner's fencing term for app, from [Store.Claim]; any other than the newest gives ErrFenced, and so does a
// lease that is not this node's any more. A ctx that
// is done before the beginning ends it with its error; after that the transaction cannot be cancelled.
func (s *Store) Commit(ctx context.Context, app string, term int64, steps []Step) ([]error, error) {
	if !s.work {
		return nil, fmt.Errorf("commit: %w", ErrNoWork)
	}
	results := make([]error, len(steps))
	if len(steps) == 0 {
		return results, nil
	}
	leave, err := s.awaitTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if s.sql.arrays && distinct(steps) {
		for i := range steps {
			results[i] = steps[i].check()
		}
		if err := s.commitGroup(ctx, app, term, steps, results); err != nil {
			return nil, err
		}
		return results, nil
	}
	err = s.write(ctx, "commit", func(ctx context.Context, tx *txn) error {
		var owned bool
		switch err := tx.QueryRowContext(ctx, fence+s.sql.share, app, term, s.NodeID()).Scan(&owned); {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		}
		for i := range steps {
			st := &steps[i]
			results[i] = st.check() // anew, where the transaction is run again
			if !owned {
				results[i] = st.fenced(app, term)
			}
			if results[i] != nil {
				continue
			}
			done, err := st.write(ctx, tx, app)
			if err != nil {
				return fmt.Errorf("%s: %w", st.ID, err)
			}
			if !done {
				results[i] = st.stale(app)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// awaitTurn waits for one of the connections that commits may have, in order of arrival; the pool itself serves those that wait in
// any order.
func (s *Store) awaitTurn(ctx context.Context) (leave func(), err error) {
	if s.commits == nil {
		return func() {}, nil
	}
	waiting, cancel := s.bounded(ctx, s.w)
	defer cancel()
	select {
	case s.commits <- struct{}{}:
		return func() { <-s.commits }, nil
	case <-waiting.Done():
		return nil, s.explain("commit", s.overdue(ctx, waiting.Err()))
	}
}

// write writes the step; false means that the row is another and nothing was written.
func (st *Step) write(ctx context.Context, tx *txn, app string) (bool, error) {
	done, err := tx.ExecContext(ctx, writeStatus, st.ID, st.Version, app, st.State, st.Outcome, st.Reason, st.ReasonCode, st.HeldBy, object(st.Doc), st.Observed, st.wake())
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	for _, r := range st.Sessions {
		if _, err := tx.ExecContext(ctx, writeSession, st.ID, r.Attempt, r.App, r.Cname, r.UID, r.ResourceID, r.SID, r.State, string(r.Doc)); err != nil {
			return false, err
		}
	}
	for _, e := range st.Events {
		if _, err := tx.ExecContext(ctx, insertEvent, st.eventRow(e)...); err != nil {
			return false, err
		}
	}
	for _, a := range st.Announced {
		if _, err := tx.ExecContext(ctx, insertAnnouncement, a.row()...); err != nil {
			return false, err
		}
	}
	return true, nil
}
