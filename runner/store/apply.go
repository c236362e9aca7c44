package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Step is what one decision changes. The occurrence's Version is the expected one; the store holds Version+1 after.
// An occurrence with Version 0 must not exist yet. Sessions are inserted or replaced by (Occurrence, Attempt).
type Step struct {
	Occurrence Occurrence
	Sessions   []Session
	Events     []Event
	Announced  []Announcement // what people may want to hear of it
	Delete     bool           // remove the occurrence and its sessions instead; its events stay
	Kept       bool           // the occurrence's row stays as it is, but for its version
	// Replaces names the occurrence whose place this one takes: its version is the expected one, its sessions become
	// this one's, and it is removed. Its events stay. "" for none.
	Replaces string
}

// check finds what would be written wrongly rather than refused by the database.
func (st *Step) check(app string) error {
	id := st.Occurrence.ID
	switch {
	case id == "":
		return errors.New("step without the identity of its occurrence")
	case st.Occurrence.App != app:
		return fmt.Errorf("%s belongs to App ID %q, not to the lease's %q", id, st.Occurrence.App, app)
	}
	for _, r := range st.Sessions {
		if r.Occurrence != "" && r.Occurrence != id {
			return fmt.Errorf("%s: session %d belongs to %s", id, r.Attempt, r.Occurrence)
		}
	}
	return nil
}

// stepStatements are prepared once: a step is a handful of small writes, and parsing them costs more than they do.
type stepStatements struct {
	fence, insert, update, rise, remove, session, touch, inherit, event, announce *sql.Stmt
}

func prepareSteps(ctx context.Context, db *sql.DB) (p stepStatements, err error) {
	for _, one := range []struct {
		into **sql.Stmt
		text string
	}{
		// It holds until the commit: the transaction has the only write lock since its beginning.
		{&p.fence, `SELECT count(*) FROM leases WHERE app = $1 AND term = $2`},
		{&p.insert, `INSERT INTO occurrences (` + occurrenceColumns + `)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 + 1, $16, $17) ON CONFLICT (id) DO NOTHING`},
		{&p.update, `UPDATE occurrences SET plan = $2, recording = $3, day = $4, clock = $5, app = $6, url = $7,
			starts_at = $8, ends_at = $9, state = $10, outcome = $11, reason = $12, wakes_at = $13, revision_id = $14,
			version = $15 + 1, doc = $16, reason_code = $17 WHERE id = $1 AND version = $15`},
		{&p.rise, `UPDATE occurrences SET version = version + 1 WHERE id = $1 AND version = $2`},
		{&p.remove, `DELETE FROM occurrences WHERE id = $1 AND version = $2`}, // its sessions go with it
		{&p.session, `INSERT INTO sessions (occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (occurrence_id, attempt) DO UPDATE SET app = excluded.app, cname = excluded.cname, uid = excluded.uid,
			resource_id = excluded.resource_id, sid = excluded.sid, state = excluded.state, doc = excluded.doc`},
		{&p.touch, `UPDATE occurrences SET version = version WHERE id = $1 AND version = $2`},
		{&p.inherit, `UPDATE sessions SET occurrence_id = $1 WHERE occurrence_id = $2`},
		{&p.event, insertEvent},
		{&p.announce, insertAnnouncement},
	} {
		if *one.into, err = db.PrepareContext(ctx, one.text); err != nil {
			return p, err
		}
	}
	return p, nil
}

// in binds the statements to a transaction.
func (p stepStatements) in(ctx context.Context, tx *sql.Tx) stepStatements {
	return stepStatements{
		fence:   tx.StmtContext(ctx, p.fence),
		insert:  tx.StmtContext(ctx, p.insert),
		update:  tx.StmtContext(ctx, p.update),
		rise:    tx.StmtContext(ctx, p.rise),
		remove:  tx.StmtContext(ctx, p.remove),
		session: tx.StmtContext(ctx, p.session),
		touch:   tx.StmtContext(ctx, p.touch),
		inherit: tx.StmtContext(ctx, p.inherit),
		event:   tx.StmtContext(ctx, p.event),

		announce: tx.StmtContext(ctx, p.announce),
	}
}

// Apply writes the steps in one transaction, in their order, and returns once it has reached the disk. The result has
// one error a step: nil, [ErrStale], [ErrFenced], or what is wrong with the step itself (no identity, another App ID
// than app, a session of another occurrence); a step that fails so writes nothing and does not hinder the others. The
// error is for a transaction that did not commit: nothing was written.
//
// term is the owner's fencing term for app, from [Store.Lease]; any other than the newest gives ErrFenced. A ctx that
// is done before the beginning ends it with its error; after that the transaction cannot be cancelled.
func (s *Store) Apply(ctx context.Context, app string, term int64, steps []Step) ([]error, error) {
	if !s.work {
		return nil, fmt.Errorf("apply: %w", ErrNoWork)
	}
	results := make([]error, len(steps))
	if len(steps) == 0 {
		return results, nil
	}
	err := s.write(ctx, "apply", func(ctx context.Context, tx *sql.Tx) error {
		p := s.steps.in(ctx, tx)
		owned := false
		if err := p.fence.QueryRowContext(ctx, app, term).Scan(&owned); err != nil {
			return err
		}
		for i := range steps {
			if !owned {
				results[i] = fmt.Errorf("%s: %w: term %d of App ID %s is not the newest", steps[i].Occurrence.ID, ErrFenced, term, app)
				continue
			}
			if results[i] = steps[i].check(app); results[i] != nil {
				continue
			}
			done, err := p.write(ctx, &steps[i])
			if err != nil {
				return fmt.Errorf("%s: %w", steps[i].Occurrence.ID, err)
			}
			if !done {
				results[i] = fmt.Errorf("%s: %w: version %d is not the newest", steps[i].Occurrence.ID, ErrStale, steps[i].Occurrence.Version)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// write writes one step; false means that the version was another and nothing was written.
func (p stepStatements) write(ctx context.Context, st *Step) (bool, error) {
	o := &st.Occurrence
	var done bool
	var err error
	switch {
	case st.Delete:
		done, err = affects(ctx, p.remove, o.ID, o.Version)
	case st.Kept:
		done, err = affects(ctx, p.rise, o.ID, o.Version)
	case st.Replaces != "":
		done, err = p.replace(ctx, st)
	case o.Version == 0:
		done, err = affects(ctx, p.insert, o.row()...)
	default:
		done, err = affects(ctx, p.update, o.row()...)
	}
	if err != nil || !done {
		return false, err
	}
	if !st.Delete {
		for _, r := range st.Sessions {
			if _, err := p.session.ExecContext(ctx, o.ID, r.Attempt, r.App, r.Cname, r.UID, r.ResourceID, r.SID, r.State, string(r.Doc)); err != nil {
				return false, err
			}
		}
	}
	for _, e := range st.Events {
		if e.Occurrence == "" {
			e.Occurrence = o.ID
		}
		if _, err := p.event.ExecContext(ctx, e.row()...); err != nil {
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

// replace inserts the row, hands it the sessions of the one it replaces and removes that one; false when that one has
// another version or the row is there already.
func (p stepStatements) replace(ctx context.Context, st *Step) (bool, error) {
	// The old row's version is asked by an update that changes nothing but says whether it found it.
	found, err := affects(ctx, p.touch, st.Replaces, st.Occurrence.Version)
	if err != nil || !found {
		return false, err
	}
	if done, err := affects(ctx, p.insert, st.Occurrence.row()...); err != nil || !done {
		return false, err
	}
	if _, err := p.inherit.ExecContext(ctx, st.Occurrence.ID, st.Replaces); err != nil {
		return false, err
	}
	return affects(ctx, p.remove, st.Replaces, st.Occurrence.Version)
}

// affects runs a statement and says whether it found its row.
func affects(ctx context.Context, stmt *sql.Stmt, args ...any) (bool, error) {
	done, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}
