package store

import (
	"context"
	"database/sql"
	"time"
)

// RelayedNotice is a notification of the service that reached a node which does not own its session. It is left without a
// fence, as a message to the owner.
type RelayedNotice struct {
	ID         int64 // given by the store
	App        string
	Occurrence string
	Key        string // what it is known by where it comes again
	Notice     []byte // JSON, without secrets
	Received   time.Time
}

// RelayNotice leaves a message to the owner of the App ID. One that waits there under its key stays as it is.
func (s *Store) RelayNotice(ctx context.Context, n RelayedNotice) error {
	return s.write(ctx, "pass on a notification of "+n.Occurrence, func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO relayed_notices (app, occurrence_id, notice_key, doc, received_at)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (app, notice_key) DO NOTHING`,
			n.App, n.Occurrence, n.Key, string(n.Notice), millis(n.Received))
		return err
	})
}

// RelayedNotices lists the messages, oldest first.
func (s *Store) RelayedNotices(ctx context.Context) ([]RelayedNotice, error) {
	return query(ctx, s, "read notifications that were passed on",
		`SELECT id, app, occurrence_id, notice_key, doc, received_at FROM relayed_notices ORDER BY id`, nil, func(rows *sql.Rows) (n RelayedNotice, err error) {
			var received int64
			var doc string
			err = rows.Scan(&n.ID, &n.App, &n.Occurrence, &n.Key, &doc, &received)
			n.Notice, n.Received = document(doc), instant(received)
			return n, err
		})
}

// DropRelayedNotice removes a message that the owner has stored.
func (s *Store) DropRelayedNotice(ctx context.Context, id int64) error {
	return s.write(ctx, "remove a notification that was passed on", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM relayed_notices WHERE id = $1`, id)
		return err
	})
}

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
	return query(ctx, s, "read late sids",
		`SELECT id, app, occurrence_id, attempt, cname, uid, resource_id, sid, found_at FROM late_sids ORDER BY id`, nil, func(rows *sql.Rows) (l LateSID, err error) {
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
