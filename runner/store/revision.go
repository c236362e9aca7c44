package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Revision is a plan as it was applied. Text is masked by the caller: the store never holds a secret.
type Revision struct {
	ID     int64 // given by the store, rising
	At     time.Time
	Plan   string
	Path   string
	Hash   string // SHA-256 of the files
	Who    string
	Commit string // of git; "" where there is none
	Text   []byte
}

// AddRevision stores a revision and returns its number; the same hash as the plan's newest gives that one.
func (s *Store) AddRevision(ctx context.Context, r Revision) (int64, error) {
	var id int64
	err := s.write(ctx, "add a plan revision", func(ctx context.Context, tx *sql.Tx) error {
		var hash string
		err := tx.QueryRowContext(ctx, `SELECT id, hash FROM revisions WHERE plan = $1 ORDER BY id DESC LIMIT 1`, r.Plan).
			Scan(&id, &hash)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case hash == r.Hash:
			return nil
		}
		return tx.QueryRowContext(ctx,
			`INSERT INTO revisions (applied_at, plan, path, hash, who, git_commit, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			millis(r.At), r.Plan, r.Path, r.Hash, r.Who, r.Commit, string(r.Text)).Scan(&id)
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// Revisions lists the revisions of a plan ("" for all), newest first, without their texts.
func (s *Store) Revisions(ctx context.Context, plan string) ([]Revision, error) {
	var c conditions
	if plan != "" {
		c.add("plan = ", plan)
	}
	return query(ctx, s, "list plan revisions",
		`SELECT id, applied_at, plan, path, hash, who, git_commit, '' FROM revisions`+c.where()+` ORDER BY id DESC`, c.args, scanRevision)
}

// Revision is one revision with its text.
func (s *Store) Revision(ctx context.Context, id int64) (Revision, error) {
	found, err := query(ctx, s, "read a plan revision",
		`SELECT id, applied_at, plan, path, hash, who, git_commit, body FROM revisions WHERE id = $1`, []any{id}, scanRevision)
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
	err = rows.Scan(&r.ID, &at, &r.Plan, &r.Path, &r.Hash, &r.Who, &r.Commit, &text)
	r.At, r.Text = instant(at), document(text)
	return r, err
}
