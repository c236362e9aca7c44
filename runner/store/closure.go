package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Address     string // from where it was given, for the log alone; "": a command on a machine that has the store

	EndedAt              time.Time // zero: it holds
	EndedBy, EndedReason string
}

// farthestWest is how far behind UTC the last zone is in which a day ends.
const farthestWest = 12 * time.Hour

// Ended says since when a closure does not hold any more: somebody ended it, or its day is past in every zone. false while it
// holds.
func (c Closure) Ended(now time.Time) (since time.Time, ended bool) {
	if !c.EndedAt.IsZero() {
		return c.EndedAt, true
	}
	day, err := time.Parse(time.DateOnly, c.Day)
	if over := day.AddDate(0, 0, 1).Add(farthestWest); err == nil && !now.Before(over) {
		return over, true
	}
	return time.Time{}, false
}

// AddClosure stores a closure and returns its number, with the classes that it is to give orders for and with what is
// announced of it, which may depend on the number. The log tells of it.
func (s *Store) AddClosure(ctx context.Context, c Closure, classes []string, announce func(id int64) Announcement) (id int64, err error) {
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
		if err := noteClasses(ctx, tx, id, classes); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertAnnouncement, announce(id).row()...); err != nil {
			return err
		}
		return logClosure(ctx, tx, c.At, c.Who, c.Address, fmt.Sprintf("closure %d: %s", id, c.Kind), c.Reason)
	})
	return id, err
}

// notedAtOnce is how many classes a statement notes.
const notedAtOnce = 200

// noteClasses notes the classes for which a closure is to give orders.
func noteClasses(ctx context.Context, tx *txn, closure int64, classes []string) error {
	for some := range slices.Chunk(classes, notedAtOnce) {
		values, args := make([]string, len(some)), []any{closure, false}
		for i, id := range some {
			args = append(args, id)
			values[i] = fmt.Sprintf("($1, $%d, $2)", len(args))
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO closure_classes (closure_id, occurrence_id, given) VALUES `+strings.Join(values, ", ")+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// EndClosure ends a closure, with what is announced of that; false where it has ended already. What it ordered stays:
// whoever ends it takes the orders back.
func (s *Store) EndClosure(ctx context.Context, id int64, at time.Time, who, address, reason string, a Announcement) (ended bool, err error) {
	err = s.write(ctx, "end a closure", func(ctx context.Context, tx *txn) error {
		ended = false // it may be run again
		done, err := tx.ExecContext(ctx, `UPDATE closures SET ended_at = $1, ended_by = $2, ended_reason = $3 WHERE id = $4 AND ended_at = 0`,
			millis(at), who, reason, id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		ended = true
		if _, err := tx.ExecContext(ctx, insertAnnouncement, a.row()...); err != nil {
			return err
		}
		return logClosure(ctx, tx, at, who, address, fmt.Sprintf("closure %d: ended", id), reason)
	})
	return ended, err
}

func logClosure(ctx context.Context, tx *txn, at time.Time, who, address, text, reason string) error {
	if reason != "" {
		text += ": " + reason
	}
	e := Event{At: at, Kind: "closure", Who: who, Text: text}
	if address != "" {
		var err error
		if e.Data, err = json.Marshal(map[string]string{"from": address}); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, insertEvent, e.row()...)
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

// EndedClosures lists those that have ended and of whose orders some may not have been taken back yet, the oldest first.
func (s *Store) EndedClosures(ctx context.Context) ([]Closure, error) {
	return query(ctx, s, "list closures", selectClosures+` WHERE ended_at <> 0 AND id IN (SELECT closure_id FROM closure_classes) ORDER BY id`, nil, scanClosure)
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

// SetClosureClass notes that a closure is to give, or has given, an order for a class.
func (t *SpecTx) SetClosureClass(closure int64, occurrence string, given bool) error {
	_, err := t.exec(`INSERT INTO closure_classes (closure_id, occurrence_id, given) VALUES ($1, $2, $3)
		ON CONFLICT (closure_id, occurrence_id) DO UPDATE SET given = excluded.given`, closure, occurrence, given)
	return err
}

// NoteClosureClasses notes that a closure is to give orders for classes. A note that there is already stays.
func (t *SpecTx) NoteClosureClasses(closure int64, occurrences []string) error {
	return noteClasses(t.ctx, t.tx, closure, occurrences)
}

// ForgetClosureClass notes that the order of a closure for a class was taken back, or cannot be given.
func (t *SpecTx) ForgetClosureClass(closure int64, occurrence string) error {
	_, err := t.exec(`DELETE FROM closure_classes WHERE closure_id = $1 AND occurrence_id = $2`, closure, occurrence)
	return err
}

// ClosureClass says whether a closure has a note of a class, and whether its order for it is given.
func (t *SpecTx) ClosureClass(closure int64, occurrence string) (noted, given bool, err error) {
	err = t.tx.QueryRowContext(t.ctx, `SELECT given FROM closure_classes WHERE closure_id = $1 AND occurrence_id = $2`, closure, occurrence).Scan(&given)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	return err == nil, given, err
}

// ClosureOpen says that a closure holds.
func (t *SpecTx) ClosureOpen(closure int64) (open bool, err error) {
	var ended int64
	err = t.tx.QueryRowContext(t.ctx, `SELECT ended_at FROM closures WHERE id = $1`, closure).Scan(&ended)
	return err == nil && ended == 0, err
}

// Announce writes an announcement.
func (t *SpecTx) Announce(a Announcement) error {
	_, err := t.exec(insertAnnouncement, a.row()...)
	return err
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
