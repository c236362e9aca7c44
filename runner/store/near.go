package store

import (
	"context"
	"database/sql"
	"time"
)

// Row is an occurrence with its sessions, in order of attempt.
type Row struct {
	Occurrence
	Sessions []Session
}

// dueBy selects what wakes by an instant, as the index has it: no placeholder fits the bound of a partial index.
const (
	dueBy    = ` FROM occurrences WHERE owner = $1 AND wakes_at <= $2 AND wakes_at < 9223372036854775807`
	readNear = `SELECT ` + occurrenceColumns + dueBy + ` ORDER BY wakes_at`
	countDue = `SELECT count(*)` + dueBy
)

// Near lists what the owner of an App ID has to look at by an instant: by an index, however much else there is. What has
// sessions that are not over is always among them.
func (s *Store) Near(ctx context.Context, app string, by time.Time) ([]Row, error) {
	rows, err := query(ctx, s, "read what is due", readNear, []any{app, by.UnixMilli()}, scanOccurrence)
	if err != nil {
		return nil, err
	}
	return s.withSessions(ctx, rows)
}

// withSessions adds the sessions of those that may have any.
func (s *Store) withSessions(ctx context.Context, occurrences []Occurrence) ([]Row, error) {
	rows := make([]Row, len(occurrences))
	var ids []string
	for i, o := range occurrences {
		rows[i].Occurrence = o
		if o.Version > 0 {
			ids = append(ids, o.ID)
		}
	}
	sessions, err := s.Sessions(ctx, ids...)
	for i := range rows {
		rows[i].Sessions = sessions[rows[i].ID]
	}
	return rows, err
}

// CountDue says how many occurrences of an App ID are to be looked at by an instant.
func (s *Store) CountDue(ctx context.Context, app string, by time.Time) (n int, err error) {
	return n, s.get(ctx, "count what is due", countDue, []any{app, by.UnixMilli()}, &n)
}

// Row reads an occurrence with its sessions; nil where there is none.
func (s *Store) Row(ctx context.Context, id string) (*Row, error) {
	rows, err := s.Rows(ctx, id)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// Rows reads occurrences with their sessions. One that the store does not hold is left out.
func (s *Store) Rows(ctx context.Context, ids ...string) ([]Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	occurrences, err := s.Occurrences(ctx, Filter{IDs: ids})
	if err != nil {
		return nil, err
	}
	return s.withSessions(ctx, occurrences)
}

// AppsWithWork lists the App IDs that have something to be looked at some time.
func (s *Store) AppsWithWork(ctx context.Context) ([]AppWork, error) {
	return query(ctx, s, "list the App IDs", `SELECT owner, max(id), max(revision_id) FROM occurrences WHERE wakes_at < 9223372036854775807 GROUP BY owner ORDER BY owner`, nil,
		func(rows *sql.Rows) (o AppWork, err error) { return o, rows.Scan(&o.App, &o.Occurrence, &o.Revision) })
}

// AppWork is an App ID that has something to do, with one of the occurrences for which it has.
type AppWork struct {
	App, Occurrence string
	Revision        int64
}

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
