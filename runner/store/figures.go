package store

import (
	"context"
	"database/sql"
	"time"
)

// LiveSessions counts the sessions of the occurrences that have not ended and start before an instant, by state. States
// are the runner's words, those of sessions that are over included.
func (s *Store) LiveSessions(ctx context.Context, before time.Time) (map[string]int, error) {
	type count struct {
		state string
		n     int
	}
	counts, err := query(ctx, s, "count sessions", `SELECT s.state, count(*) FROM occurrences o JOIN sessions s ON s.occurrence_id = o.id
		WHERE o.state <> 'ended' AND o.starts_at < $1 GROUP BY s.state`, []any{millis(before)},
		func(rows *sql.Rows) (c count, err error) { return c, rows.Scan(&c.state, &c.n) })
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for _, c := range counts {
		found[c.state] = c.n
	}
	return found, nil
}

// NextStart is the earliest start of an occurrence in the state given, which must not be "ended"; zero where there is none.
func (s *Store) NextStart(ctx context.Context, state string) (time.Time, error) {
	starts, err := query(ctx, s, "look for the next start",
		`SELECT starts_at FROM occurrences WHERE state <> 'ended' AND state = $1 ORDER BY starts_at LIMIT 1`, []any{state},
		func(rows *sql.Rows) (at int64, err error) { return at, rows.Scan(&at) })
	if err != nil || len(starts) == 0 {
		return time.Time{}, err
	}
	return instant(starts[0]), nil
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
