package store

import (
	"context"
	"time"
)

// Pruned counts what [Store.Prune] removed.
type Pruned struct{ Occurrences, Events, Texts, Commands, Messages int64 }

// pruneGroup is how many rows a transaction of Prune removes, so that a recording's step never waits for long.
const pruneGroup = 500

// movedFar is how far ahead of its planned day a plan may move a class, for which an order may still wait.
const movedFar = 366 * 24 * time.Hour

// Prune removes what is older than before: ended occurrences with their sessions and events, other events, commands that
// hold for nothing any more, messages that were sent or dropped, and the texts of revisions that a newer usable one replaced before then.
// What is still open stays, however old, and so do the orders for classes ahead, however long ago they were given, and the text of a
// revision by which a class was planned that is open: after a start its account is read there, without which nothing stops the class.
// SQLite reuses the room; the file does not shrink.
func (s *Store) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	var p Pruned
	limit, skip := millis(before), s.sql.skip
	planned := func(t time.Time) string { return t.UTC().Format(identityInstant) }
	for _, one := range []struct {
		count *int64
		text  string
		more  []any // after limit and size
	}{
		{&p.Occurrences, `DELETE FROM occurrences WHERE id IN
			(SELECT id FROM occurrences WHERE state = 'ended' AND ends_at < $1 LIMIT $2` + skip + `)`, nil},
		{
			&p.Commands, `DELETE FROM commands WHERE id IN
			(SELECT id FROM commands WHERE settled_at > 0 AND settled_at < $1 AND (reason_code <> '' OR ` + s.sql.instantOf + ` < $3)
			OR settled_at = 0 AND given_at < $1 AND ` + s.sql.instantOf + ` < $3
			AND NOT EXISTS (SELECT 1 FROM occurrences WHERE id = occurrence_id) LIMIT $2` + skip + `)`,
			[]any{planned(before.Add(-movedFar))},
		},
		{&p.Events, `DELETE FROM events WHERE seq IN
			(SELECT seq FROM events WHERE happened_at < $1
			AND NOT EXISTS (SELECT 1 FROM occurrences WHERE id = occurrence_id)
			AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.occurrence_id = events.occurrence_id) LIMIT $2` + skip + `)`, nil},
		{&p.Texts, `UPDATE revisions SET body = '' WHERE id IN
			(SELECT id FROM revisions r WHERE body <> '' AND EXISTS
			(SELECT 1 FROM revisions n WHERE n.plan = r.plan AND n.id > r.id AND n.applied_at < $1 AND n.state NOT IN ('waiting', 'refused'))
			AND id NOT IN (SELECT revision_id FROM occurrences WHERE state <> 'ended' OR wakes_at < 9223372036854775807) LIMIT $2)`, nil},
		{&p.Messages, `DELETE FROM outbox WHERE seq IN
			(SELECT seq FROM outbox WHERE state <> 'waiting' AND settled_at < $1 LIMIT $2` + skip + `)`, nil},
		{&p.Messages, `DELETE FROM announcements WHERE seq IN
			(SELECT seq FROM announcements WHERE routed = 1 AND happened_at < $1 LIMIT $2` + skip + `)`, nil},
	} {
		for {
			var n int64
			err := s.write(ctx, "remove what is old", func(ctx context.Context, tx *txn) error {
				done, err := tx.ExecContext(ctx, one.text, append([]any{limit, pruneGroup}, one.more...)...)
				if err != nil {
					return err
				}
				n, err = done.RowsAffected()
				return err
			})
			if err != nil {
				return p, err
			}
			*one.count += n
			if n < pruneGroup {
				break
			}
		}
	}
	// Each start has a number of its own.
	return p, s.write(ctx, "remove what is old", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM nodes WHERE beat_at < $1 AND gone_at > 0 AND gone_at < $1`, limit)
		return err
	})
}
