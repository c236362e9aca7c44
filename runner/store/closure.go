package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// The kinds of closures.
const (
	ClosureCancel = "cancel" // the classes of a day are not recorded
	ClosureExtend = "extend" // the classes of a day end later
	ClosurePause  = "pause"  // the classes of a recording are not recorded from an instant on
)

// Closure is an order of an operator for every class that matches, also for one that a later plan adds.
type Closure struct {
	ID          int64 // given by the store, rising
	At          time.Time
	Kind        string
	Day         string            // 2031-12-17, in the zone of each class; "" of a pause, which holds from At on
	From, Until string            // the first start and the end of the starts, 09:00 in the zone of each class; "": no bound
	Labels      map[string]string // that a class must have
	Recording   string            // a glob over recordings, or over plan/recording; "": any
	Length      time.Duration     // of an extension
	Who, Reason string

	EndedAt              time.Time // zero: it holds
	EndedBy, EndedReason string
}

// Open says that the closure holds.
func (c Closure) Open() bool { return c.EndedAt.IsZero() }

// AddClosure stores a closure and returns its number. The log tells of it.
func (s *Store) AddClosure(ctx context.Context, c Closure) (id int64, err error) {
	labels, err := json.Marshal(c.Labels)
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, "store a closure", func(ctx context.Context, tx *txn) error {
		err := tx.QueryRowContext(ctx,
			`INSERT INTO closures (given_at, kind, day, from_clock, until_clock, labels, recording, length_ms, who, reason, ended_at, ended_by, ended_reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '') RETURNING id`,
			millis(c.At), c.Kind, c.Day, c.From, c.Until, string(labels), c.Recording, c.Length.Milliseconds(), c.Who, c.Reason).Scan(&id)
		if err != nil {
			return err
		}
		return logClosure(ctx, tx, c.At, c.Who, fmt.Sprintf("closure %d: %s", id, c.Kind), c.Reason)
	})
	return id, err
}

// EndClosure ends a closure. What it ordered stays: whoever ends it takes the orders back.
func (s *Store) EndClosure(ctx context.Context, id int64, at time.Time, who, reason string) error {
	return s.write(ctx, "end a closure", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `UPDATE closures SET ended_at = $1, ended_by = $2, ended_reason = $3 WHERE id = $4 AND ended_at = 0`,
			millis(at), who, reason, id)
		if err != nil {
			return err
		}
		return logClosure(ctx, tx, at, who, fmt.Sprintf("closure %d: ended", id), reason)
	})
}

func logClosure(ctx context.Context, tx *txn, at time.Time, who, text, reason string) error {
	if reason != "" {
		text += ": " + reason
	}
	_, err := tx.ExecContext(ctx, insertEvent, Event{At: at, Kind: "closure", Who: who, Text: text}.row()...)
	return err
}

const selectClosures = `SELECT id, given_at, kind, day, from_clock, until_clock, labels, recording, length_ms, who, reason, ended_at, ended_by, ended_reason FROM closures`

// Closures lists all closures, the newest first.
func (s *Store) Closures(ctx context.Context) ([]Closure, error) {
	return query(ctx, s, "list closures", selectClosures+` ORDER BY id DESC`, nil, scanClosure)
}

// OpenClosures lists those that hold for a day or a later one, and the pauses; the oldest first.
func (s *Store) OpenClosures(ctx context.Context, from string) ([]Closure, error) {
	return query(ctx, s, "list closures", selectClosures+` WHERE ended_at = 0 AND (day = '' OR day >= $1) ORDER BY id`, []any{from}, scanClosure)
}

func scanClosure(rows *sql.Rows) (c Closure, err error) {
	var given, length, ended int64
	var labels []byte
	err = rows.Scan(&c.ID, &given, &c.Kind, &c.Day, &c.From, &c.Until, &labels, &c.Recording, &length, &c.Who, &c.Reason, &ended, &c.EndedBy, &c.EndedReason)
	if err != nil {
		return c, err
	}
	c.At, c.EndedAt, c.Length = instant(given), instant(ended), time.Duration(length)*time.Millisecond
	return c, json.Unmarshal(labels, &c.Labels)
}

// SetClosureClass notes that a closure gives, or has given, an order for a class.
func (s *Store) SetClosureClass(ctx context.Context, closure int64, occurrence string, given bool) error {
	return s.write(ctx, "note the order of a closure", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO closure_classes (closure_id, occurrence_id, given) VALUES ($1, $2, $3)
			ON CONFLICT (closure_id, occurrence_id) DO UPDATE SET given = excluded.given`, closure, occurrence, given)
		return err
	})
}

// ForgetClosureClass notes that the order of a closure for a class was taken back, or could not be given.
func (s *Store) ForgetClosureClass(ctx context.Context, closure int64, occurrence string) error {
	return s.write(ctx, "note the order of a closure", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM closure_classes WHERE closure_id = $1 AND occurrence_id = $2`, closure, occurrence)
		return err
	})
}

// ClosureClasses lists the classes for which a closure gives an order, with whether the order is stored.
func (s *Store) ClosureClasses(ctx context.Context, closure int64) (map[string]bool, error) {
	type class struct {
		id    string
		given bool
	}
	list, err := query(ctx, s, "list the classes of a closure", `SELECT occurrence_id, given FROM closure_classes WHERE closure_id = $1`,
		[]any{closure}, func(rows *sql.Rows) (c class, err error) { return c, rows.Scan(&c.id, &c.given) })
	given := map[string]bool{}
	for _, c := range list {
		given[c.id] = c.given
	}
	return given, err
}
