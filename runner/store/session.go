package store

import (
	"context"
	"database/sql"
	"slices"
)

// Session is a row.
type Session struct {
	Occurrence string // its identity; in a step, "" means that of the step
	Attempt    int
	App        string
	Cname      string
	UID        string
	ResourceID string
	SID        string
	State      string
	Doc        []byte // JSON, the runner's own account
}

// sessionsAtOnce bounds the placeholders of one query.
const sessionsAtOnce = 500

// Sessions lists the sessions of the occurrences, by occurrence in order of attempt. One without sessions has no key.
func (s *Store) Sessions(ctx context.Context, occurrences ...string) (map[string][]Session, error) {
	found := make(map[string][]Session)
	ids := slices.Clone(occurrences)
	slices.Sort(ids)
	for some := range slices.Chunk(slices.Compact(ids), sessionsAtOnce) {
		var c conditions
		c.in("occurrence_id", some)
		rows, err := query(ctx, s, "list sessions",
			`SELECT occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc FROM sessions`+c.where()+
				` ORDER BY occurrence_id, attempt`, c.args, scanSession)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.Occurrence] = append(found[r.Occurrence], r)
		}
	}
	return found, nil
}

func scanSession(rows *sql.Rows) (r Session, err error) {
	var doc string
	err = rows.Scan(&r.Occurrence, &r.Attempt, &r.App, &r.Cname, &r.UID, &r.ResourceID, &r.SID, &r.State, &doc)
	r.Doc = document(doc)
	return r, err
}
