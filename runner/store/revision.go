package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Revision is a plan as it was applied. Text is masked by the caller: the store never holds a secret. The newest usable
// revision of a plan is the active one; where that withdraws the plan there is none.
type Revision struct {
	ID         int64     // given by the store, rising over all plans
	At         time.Time // when it was applied
	Plan       string    // its name
	Path       string    // of the root file, absolute where the caller knows it
	Hash       string    // SHA-256 of the files; "" for the revision that withdraws the plan
	Who        string
	Commit     string // of git; "" where there is none
	Text       []byte // its files as the runner archives them; nil: not kept, and no start can be made from it
	State      RevisionState
	Note       string // why it waits or was refused; of a confirmation, why it was given
	ReasonCode string // why it waits or was refused
	BackTo     int64  // the earlier revision to which an operator went back by it; 0: none
}

// RevisionState is what became of a revision.
type RevisionState string

// The states of a revision. The newest of a plan that is neither waiting nor refused is the active one.
const (
	RevisionGiven     RevisionState = ""
	RevisionConfirmed RevisionState = "confirmed" // an operator means it, however much it removes; also of a withdrawal
	RevisionWaiting   RevisionState = "waiting"   // it removes much, and waits for a confirmation
	RevisionRefused   RevisionState = "refused"   // it cannot be worked on
)

// Usable says that a daemon may run the revision.
func (r Revision) Usable() bool { return r.State != RevisionWaiting && r.State != RevisionRefused }

// Withdrawn says that the revision takes the plan away.
func (r Revision) Withdrawn() bool { return r.Hash == "" }

// AddRevision stores a revision and returns it as it is stored. The same hash as the plan's newest gives that one,
// unless it was refused; a confirmation then confirms it. With another revision in between it is a new one: what counts
// is the order, not the content.
func (s *Store) AddRevision(ctx context.Context, given Revision) (r Revision, err error) {
	err = s.write(ctx, "add a plan revision", func(ctx context.Context, tx *txn) error {
		r = given
		if err := s.lockChanges(ctx, tx); err != nil { // two that apply one plan come one after the other
			return err
		}
		var last Revision
		err := tx.QueryRowContext(ctx, `SELECT id, hash, state, note, reason_code, back_to FROM revisions WHERE plan = $1 ORDER BY id DESC LIMIT 1`, r.Plan).
			Scan(&last.ID, &last.Hash, &last.State, &last.Note, &last.ReasonCode, &last.BackTo)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case last.Hash == r.Hash && last.State != RevisionRefused:
			r.ID = last.ID
			if r.State == RevisionConfirmed && last.State == RevisionWaiting {
				r.BackTo = last.BackTo
				return setRevision(ctx, tx, r.ID, r.State, r.ReasonCode, r.Note)
			}
			r.State, r.Note, r.ReasonCode, r.BackTo = last.State, last.Note, last.ReasonCode, last.BackTo
			return nil
		}
		if err := raiseChanges(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx,
			`INSERT INTO revisions (applied_at, plan, path, hash, who, git_commit, body, state, note, reason_code, back_to)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
			millis(r.At), r.Plan, r.Path, r.Hash, r.Who, r.Commit, string(r.Text), r.State, r.Note, r.ReasonCode, r.BackTo).Scan(&r.ID)
	})
	if err != nil {
		return Revision{}, err
	}
	return r, nil
}

// SetRevision records what became of a revision; code says why it waits or was refused.
func (s *Store) SetRevision(ctx context.Context, id int64, state RevisionState, code, note string) error {
	return s.write(ctx, fmt.Sprintf("set plan revision %d", id), func(ctx context.Context, tx *txn) error {
		return setRevision(ctx, tx, id, state, code, note)
	})
}

func setRevision(ctx context.Context, tx *txn, id int64, state RevisionState, code, note string) error {
	if err := raiseChanges(ctx, tx); err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, `UPDATE revisions SET state = $1, note = $2, reason_code = $4 WHERE id = $3`, state, note, id, code)
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err == nil && n == 0 {
		err = errors.New("there is no such revision")
	}
	return err
}

// Revisions lists the revisions of a plan ("" for all), newest first, without their texts.
func (s *Store) Revisions(ctx context.Context, plan string) ([]Revision, error) {
	var c conditions
	if plan != "" {
		c.add("plan = ", plan)
	}
	return query(ctx, s, "list plan revisions",
		selectRevisions+c.where()+` ORDER BY id DESC`, c.args, scanRevision)
}

// Newest gives the number of each plan's newest revision, whatever became of it.
func (s *Store) Newest(ctx context.Context) (map[string]int64, error) {
	type newest struct {
		plan string
		id   int64
	}
	rows, err := query(ctx, s, "look for the newest revisions", `SELECT plan, max(id) FROM revisions GROUP BY plan`, nil,
		func(rows *sql.Rows) (n newest, err error) { return n, rows.Scan(&n.plan, &n.id) })
	if err != nil {
		return nil, err
	}
	found := map[string]int64{}
	for _, n := range rows {
		found[n.plan] = n.id
	}
	return found, nil
}

// ActiveRevisions lists the newest usable revision of each plan, without their texts, ordered by plan. Withdrawn plans are
// among them.
func (s *Store) ActiveRevisions(ctx context.Context) ([]Revision, error) {
	return query(ctx, s, "list the active plans", readActive, nil, scanRevision)
}

// Waiting lists the revisions that wait for a confirmation, without their texts, ordered by plan: of each plan the newest,
// where that one waits.
func (s *Store) Waiting(ctx context.Context) ([]Revision, error) {
	return query(ctx, s, "list the plans that wait", readWaiting, nil, scanRevision)
}

const (
	selectRevisions = `SELECT id, applied_at, plan, path, hash, who, git_commit, '', state, note, reason_code, back_to FROM revisions`
	readActive      = selectRevisions + ` WHERE id IN
		(SELECT max(id) FROM revisions WHERE state NOT IN ('waiting', 'refused') GROUP BY plan) ORDER BY plan`
	readWaiting = selectRevisions + ` WHERE state = 'waiting' AND id IN (SELECT max(id) FROM revisions GROUP BY plan) ORDER BY plan`
)

// Revision is one revision with its text.
func (s *Store) Revision(ctx context.Context, id int64) (Revision, error) {
	found, err := query(ctx, s, "read a plan revision",
		`SELECT id, applied_at, plan, path, hash, who, git_commit, body, state, note, reason_code, back_to FROM revisions WHERE id = $1`, []any{id}, scanRevision)
	if err != nil {
		return Revision{}, err
	}
	if len(found) == 0 {
		return Revision{}, fmt.Errorf("store %s has no plan revision %d", s.path, id)
	}
	return found[0], nil
}

func scanRevision(rows *sql.Rows) (r Revision, err error) {
	var at int64
	var text string
	err = rows.Scan(&r.ID, &at, &r.Plan, &r.Path, &r.Hash, &r.Who, &r.Commit, &text, &r.State, &r.Note, &r.ReasonCode, &r.BackTo)
	r.At, r.Text = instant(at), document(text)
	return r, err
}
