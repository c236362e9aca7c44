package store

import (
	"context"
	"database/sql"
	"time"
)

// LateSID is a session that the owner of an App ID began and could not store before it lost the App ID. It is left without
// a fence, as a message to the next owner, since else nobody would know how to stop the session.
type LateSID struct {
	ID         int64 // given by the store
	App        string
	Occurrence string
	Attempt    int
	Cname, UID string
	ResourceID string
	SID        string
	Found      time.Time // when the service named it
}

// LeaveSID leaves a message to the next owner of the App ID. Leaving it twice is leaving it once.
func (s *Store) LeaveSID(ctx context.Context, l LateSID) error {
	return s.write(ctx, "leave the sid of "+l.Occurrence, func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO late_sids (app, occurrence_id, attempt, cname, uid, resource_id, sid, found_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (app, sid) DO NOTHING`,
			l.App, l.Occurrence, l.Attempt, l.Cname, l.UID, l.ResourceID, l.SID, millis(l.Found))
		return err
	})
}

// LateSIDs lists the messages, oldest first.
func (s *Store) LateSIDs(ctx context.Context) ([]LateSID, error) {
	return query(ctx, s, "read late sids", `SELECT id, app, occurrence_id, attempt, cname, uid, resource_id, sid, found_at FROM late_sids ORDER BY id`,
		nil, func(rows *sql.Rows) (l LateSID, err error) {
			var found int64
			err = rows.Scan(&l.ID, &l.App, &l.Occurrence, &l.Attempt, &l.Cname, &l.UID, &l.ResourceID, &l.SID, &found)
			l.Found = instant(found)
			return l, err
		})
}

// DropLateSID removes a message that the owner has taken in.
func (s *Store) DropLateSID(ctx context.Context, id int64) error {
	return s.write(ctx, "remove a late sid", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM late_sids WHERE id = $1`, id)
		return err
	})
}
