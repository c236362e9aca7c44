package store

import (
	"context"
	"database/sql"
	"time"
)

// Event is an entry of the log, which only grows until [Store.Prune] removes what is old. Entries of steps and orders are written in
// their transactions. The log is for people; the runner looks in it only for notifications that it has taken in before.
type Event struct {
	Seq        int64  // given by the store, rising
	Occurrence string // "" for those of the daemon itself; in a step, "" means that of the step
	At         time.Time
	Kind       string // of a class: intent, answer, decision, state, webhook, command, plan; of the daemon: plan, closure, addresses, …
	Who        string // "" for the runner
	Text       string // for people; of an intent the endpoint, of a state the phase
	Data       []byte // JSON or nil; never a secret
}

const insertEvent = `INSERT INTO events (occurrence_id, happened_at, kind, who, body, data) VALUES ($1, $2, $3, $4, $5, $6)`

func (e Event) row() []any {
	return []any{e.Occurrence, millis(e.At), e.Kind, e.Who, e.Text, string(e.Data)}
}

const selectEvents = `SELECT seq, occurrence_id, happened_at, kind, who, body, data FROM events`

// Log appends events that belong to no step, all of them or none.
func (s *Store) Log(ctx context.Context, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	return s.write(ctx, "log", func(ctx context.Context, tx *txn) error {
		for _, e := range events {
			if _, err := tx.ExecContext(ctx, insertEvent, e.row()...); err != nil {
				return err
			}
		}
		return nil
	})
}

// KindNotice is the kind of the entries that tell of a notification of the service.
const KindNotice = "webhook"

// Notices lists the entries of [KindNotice] from an instant on, in order of time.
func (s *Store) Notices(ctx context.Context, since time.Time) ([]Event, error) {
	c := noticesSince(since)
	return s.events(ctx, c, "happened_at, seq", 0)
}

func noticesSince(since time.Time) (c conditions) {
	c.parts = append(c.parts, "kind = '"+KindNotice+"'") // as in the index, which no placeholder fits
	c.add("happened_at >= ", millis(since))
	return c
}

// Events lists the log of an occurrence ("" for all) after seq, in order of seq, at most limit (0: all).
func (s *Store) Events(ctx context.Context, occurrence string, after int64, limit int) ([]Event, error) {
	var c conditions
	c.add("seq > ", after)
	if occurrence != "" {
		c.add("occurrence_id = ", occurrence)
	}
	return s.events(ctx, c, "seq", limit)
}

func (s *Store) events(ctx context.Context, c conditions, order string, limit int) ([]Event, error) {
	text := selectEvents + c.where() + ` ORDER BY ` + order
	if limit > 0 {
		text += " LIMIT " + c.arg(limit)
	}
	return query(ctx, s, "list events", text, c.args, func(rows *sql.Rows) (e Event, err error) {
		var at int64
		var data string
		err = rows.Scan(&e.Seq, &e.Occurrence, &at, &e.Kind, &e.Who, &e.Text, &data)
		e.At, e.Data = instant(at), document(data)
		return e, err
	})
}
