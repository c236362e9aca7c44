package store

import (
	"context"
	"database/sql"
	"slices"
)

// Session is a row: one acquire, start and stop at the service. With App, Cname, UID, ResourceID and SID it can be stopped, so these
// are columns: a session is found by them when a notification names it. It is written by steps alone, and is removed with its
// occurrence.
type Session struct {
	Occurrence string // its identity; in a step, "" means that of the step
	Attempt    int    // from 1, in the order in which the sessions of the occurrence were begun
	App        string // the App ID that it was begun under, which may not be that of the occurrence any more
	Cname      string
	UID        string
	ResourceID string // "" until acquire was answered
	SID        string // "" while it is not known
	State      string // a session.SessionState; of these the store knows "orphan"
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
			selectSessions+c.where()+
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

const selectSessions = `SELECT occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc FROM sessions`

const holderOf = `SELECT o.id, CASE o.held_by WHEN '' THEN o.app ELSE o.held_by END FROM sessions s JOIN occurrences o ON o.id = s.occurrence_id
	WHERE s.sid = $1 AND s.sid <> ''`

// A session that was acquired and of which no sid is known is told by the pair that it was to record with.
const holderWithoutSID = `SELECT o.id, CASE o.held_by WHEN '' THEN o.app ELSE o.held_by END FROM sessions s JOIN occurrences o ON o.id = s.occurrence_id
	WHERE s.cname = $1 AND s.uid = $2 AND s.sid = '' AND s.resource_id <> '' ORDER BY o.starts_at DESC LIMIT 1`

// Holder is the occurrence that a session belongs to, by its sid, or else by cname and uid where its sid is not known, and
// the App ID that owns it; "" for none.
func (s *Store) Holder(ctx context.Context, sid, cname, uid string) (occurrence, app string, err error) {
	type holder struct{ id, app string }
	scan := func(rows *sql.Rows) (h holder, err error) { return h, rows.Scan(&h.id, &h.app) }
	found, err := query(ctx, s, "look for a session", holderOf, []any{sid}, scan)
	if err == nil && len(found) == 0 && sid != "" {
		found, err = query(ctx, s, "look for a session", holderWithoutSID, []any{cname, uid}, scan)
	}
	if err != nil || len(found) == 0 {
		return "", "", err
	}
	return found[0].id, found[0].app, nil
}

func scanSession(rows *sql.Rows) (r Session, err error) {
	var doc string
	err = rows.Scan(&r.Occurrence, &r.Attempt, &r.App, &r.Cname, &r.UID, &r.ResourceID, &r.SID, &r.State, &doc)
	r.Doc = document(doc)
	return r, err
}
