package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// healthKept is how long what a node reported is kept once its heartbeats have ended.
const healthKept = 24 * time.Hour

// SetHealth replaces the health issues that this node reports, a JSON array. A store that was not opened to work gives
// [ErrNoWork].
func (s *Store) SetHealth(ctx context.Context, now time.Time, issues []byte) error {
	if !s.work {
		return fmt.Errorf("report health: %w", ErrNoWork)
	}
	return s.write(ctx, "report health", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO health (node, reported_at, issues) VALUES ($1, $2, $3)
			ON CONFLICT (node) DO UPDATE SET reported_at = excluded.reported_at, issues = excluded.issues`,
			s.NodeID(), millis(now), string(issues))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM health WHERE node <> $1 AND node NOT IN (SELECT id FROM nodes WHERE beat_at >= $2)`,
			s.NodeID(), millis(now.Add(-healthKept)))
		return err
	})
}

// NodeHealth is what a node reported of its health last.
type NodeHealth struct {
	Node   int64
	Name   string // for people
	Issues []byte // as it was reported
}

// Health gives the reports of the nodes that have given a heartbeat since an instant and are not gone, by their numbers.
func (s *Store) Health(ctx context.Context, since time.Time) ([]NodeHealth, error) {
	return query(ctx, s, "read health issues",
		`SELECT nodes.id, nodes.name, health.issues FROM health JOIN nodes ON nodes.id = health.node
			WHERE nodes.beat_at >= $1 AND nodes.gone_at = 0 ORDER BY nodes.id`,
		[]any{millis(since)}, func(rows *sql.Rows) (h NodeHealth, err error) {
			return h, rows.Scan(&h.Node, &h.Name, &h.Issues)
		})
}
