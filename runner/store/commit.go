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

// stepStatements are prepared once: a step is a handful of small writes, and parsing them costs more than they do.
type stepStatements struct {
	fence, status, session, event, announce prepared
}

const writeStatus = `UPDATE occurrences SET state = $4, outcome = $5, reason = $6, reason_code = $7, held_by = $8, doc = $9, observed = $10, version = version + 1,
	wakes_at = CASE WHEN generation = $10 THEN CAST($11 AS BIGINT) ELSE 0 END WHERE id = $1 AND version = $2 AND owner = $3`

func (d *dialect) prepareSteps(ctx context.Context, db *sql.DB) (p stepStatements, err error) {
	for _, one := range []struct {
		into *prepared
		text string
	}{
		// It holds until the commit: nobody can raise the term meanwhile.
		{&p.fence, `SELECT 1 FROM leases WHERE app = $1 AND term = $2 AND node = $3` + d.share},
		{&p.status, writeStatus},
		{&p.session, `INSERT INTO sessions (occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (occurrence_id, attempt) DO UPDATE SET app = excluded.app, cname = excluded.cname, uid = excluded.uid,
			resource_id = excluded.resource_id, sid = excluded.sid, state = excluded.state, doc = excluded.doc`},
		{&p.event, insertEvent},
		{&p.announce, insertAnnouncement},
	} {
		if one.into.stmt, err = db.PrepareContext(ctx, one.text); err != nil {
			return p, err
		}
	}
	return p, nil
}

// in binds the statements to a transaction.
func (p stepStatements) in(ctx context.Context, tx *txn) stepStatements {
	return stepStatements{
		p.fence.in(ctx, tx), p.status.in(ctx, tx), p.session.in(ctx, tx), p.event.in(ctx, tx), p.announce.in(ctx, tx),
	}
}

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
		p := s.steps.in(ctx, tx)
		var owned bool
		switch err := p.fence.QueryRowContext(ctx, app, term, s.NodeID()).Scan(&owned); {
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
			done, err := p.write(ctx, app, st)
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

// write writes one step; false means that the row is another and nothing was written.
func (p stepStatements) write(ctx context.Context, app string, st *Step) (bool, error) {
	done, err := p.status.ExecContext(ctx, st.ID, st.Version, app, st.State, st.Outcome, st.Reason, st.ReasonCode, st.HeldBy, object(st.Doc), st.Observed, st.wake())
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	for _, r := range st.Sessions {
		if _, err := p.session.ExecContext(ctx, st.ID, r.Attempt, r.App, r.Cname, r.UID, r.ResourceID, r.SID, r.State, string(r.Doc)); err != nil {
			return false, err
		}
	}
	for _, e := range st.Events {
		if _, err := p.event.ExecContext(ctx, st.eventRow(e)...); err != nil {
			return false, err
		}
	}
	for _, a := range st.Announced {
		if _, err := p.announce.ExecContext(ctx, a.row()...); err != nil {
			return false, err
		}
	}
	return true, nil
}
