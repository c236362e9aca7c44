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

const holderOf = `SELECT occurrence_id FROM sessions WHERE sid = $1 AND sid <> ''`

// Holder is the occurrence that a session belongs to, by its sid; "" for none.
func (s *Store) Holder(ctx context.Context, sid string) (occurrence string, err error) {
	found, err := query(ctx, s, "look for a session", holderOf, []any{sid},
		func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

const namedLike = `SELECT occurrence_id FROM sessions WHERE app = $1 AND cname = $2 AND uid = $3 AND occurrence_id <> $4 AND resource_id <> ''
	ORDER BY occurrence_id DESC LIMIT 1`

// Namesake is another occurrence of an app that has a session with a cname and a uid which got a resource id; "" for none.
// It reads every session of the store, so use it for what is rare.
func (s *Store) Namesake(ctx context.Context, app, cname, uid, but string) (occurrence string, err error) {
	found, err := query(ctx, s, "look for a session", namedLike, []any{app, cname, uid, but},
		func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

func scanSession(rows *sql.Rows) (r Session, err error) {
	var doc string
	err = rows.Scan(&r.Occurrence, &r.Attempt, &r.App, &r.Cname, &r.UID, &r.ResourceID, &r.SID, &r.State, &doc)
	r.Doc = document(doc)
	return r, err
}
