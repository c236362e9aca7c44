package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Spec is what a spec transaction writes of an occurrence. Doc is the runner's own account of what is wanted, as JSON, and the other
// fields repeat of it what rows are asked by. It holds no secret: what comes from a plan is masked before. Times are cut to
// milliseconds.
type Spec struct {
	ID              string // plan/recording/START, for ever
	Plan            string
	Recording       string
	Day             string // planned, local: "2031-09-17"; what the short form recording@2031-09-17 means
	Clock           string // planned, local: "09:00" or "09:00:20"; tells two classes of a day apart
	App             string // App ID
	URL             string // of the page, masked
	Start           time.Time
	End             time.Time // with what operators ordered
	Hash            string    // what a plan is compared by, as [Known] gives it; orders and times of writing are not in it
	Origin          string    // "": a plan's schedule, whose rows [Store.Known] compares; else who else asked for it
	CancelledByPlan bool      // its plan cancels it
	Revision        int64     // the plan revision that it comes from
	Doc             []byte
	Orders          []byte // of operators, summed up, as JSON; nil: none
	// Wake is when it is first to be looked at; zero: at once, other than in [Step]. It counts until a status is written: an update of what has one wakes it
	// at once.
	Wake time.Time
}

// SpecTx is a transaction that writes specs. All of them come one after the other, since each begins by raising the
// counter of changes: generations are in the order of the commits, and an order that is given while a plan is applied is
// seen by it, or sees it.
type SpecTx struct {
	Generation int64 // of what it writes

	ctx context.Context
	tx  *txn
	sql *dialect
}

// WriteSpecs runs a spec transaction. It commits when do returns nil. On PostgreSQL do may be run again, from the beginning,
// after what it did was rolled back.
func (s *Store) WriteSpecs(ctx context.Context, do func(*SpecTx) error) error {
	return s.write(ctx, "write specs", func(ctx context.Context, tx *txn) error {
		t := &SpecTx{ctx: ctx, tx: tx, sql: &s.sql}
		if err := tx.QueryRowContext(ctx, `UPDATE changes SET n = n + 1 RETURNING n`).Scan(&t.Generation); err != nil {
			return err
		}
		return do(t)
	})
}

// lockChanges makes the transaction one of those that come one after the other, as if it wrote specs.
func (s *Store) lockChanges(ctx context.Context, tx *txn) error {
	var n int64
	return tx.QueryRowContext(ctx, `SELECT n FROM changes`+s.sql.update).Scan(&n)
}

// raiseChanges tells other processes that there is something new beside specs: [Store.Changes] is another number.
func raiseChanges(ctx context.Context, tx *txn) error {
	_, err := tx.ExecContext(ctx, `UPDATE changes SET n = n + 1`)
	return err
}

// Generation is the number of the last change of specs, or a later one.
func (s *Store) Generation(ctx context.Context) (n int64, err error) {
	return n, s.get(ctx, "look for changed specs", readGeneration, nil, &n)
}

const readGeneration = `SELECT n FROM changes`

const (
	insertSpec = `INSERT INTO occurrences (id, plan, recording, day, clock, app, url, starts_at, ends_at, spec, orders, spec_hash, origin, dropped,
		revision_id, generation, wakes_at, state, outcome, reason, reason_code, version, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'planned', '', '', '', 0, '{}') ON CONFLICT (id) DO NOTHING`
	updateSpec = `UPDATE occurrences SET plan = $2, recording = $3, day = $4, clock = $5, app = $6, url = $7, starts_at = $8, ends_at = $9, spec = $10,
		orders = $11, spec_hash = $12, origin = $13, dropped = $14, revision_id = $15, generation = $16, absent = 0,
		wakes_at = CASE WHEN version = 0 THEN CAST($17 AS BIGINT) ELSE 0 END WHERE id = $1`
	// Which of the two it is only the statement can say: the owner may begin the occurrence at this moment.
	removeSpec = `DELETE FROM occurrences WHERE id = $1 AND state = 'planned' AND NOT EXISTS (SELECT 1 FROM sessions WHERE occurrence_id = $1)`
	forgetSpec = `DELETE FROM occurrences WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE occurrence_id = $1)`
	markAbsent = `UPDATE occurrences SET absent = 1, generation = $2, wakes_at = 0 WHERE id = $1`
	setOrders  = `UPDATE occurrences SET orders = $2, ends_at = $3, generation = $4, wakes_at = 0 WHERE id = $1`
)

func (t *SpecTx) args(w Spec) []any {
	wake := int64(0)
	if !w.Wake.IsZero() {
		wake = w.Wake.UnixMilli()
	}
	return []any{
		w.ID, w.Plan, w.Recording, w.Day, w.Clock, w.App, w.URL, millis(w.Start), millis(w.End), object(w.Doc), object(w.Orders), w.Hash, w.Origin, w.CancelledByPlan,
		w.Revision, t.Generation, wake,
	}
}

// object is a JSON object as it is kept; none is the empty one.
func object(doc []byte) string {
	if len(doc) == 0 {
		return "{}"
	}
	return string(doc)
}

// Add writes the spec of an occurrence; false where the store holds it already.
func (t *SpecTx) Add(w Spec) (bool, error) { return t.exec(insertSpec, t.args(w)...) }

// Update writes the spec of an occurrence that the store holds; false where it does not.
func (t *SpecTx) Update(w Spec) (bool, error) { return t.exec(updateSpec, t.args(w)...) }

// Remove takes an occurrence out of the store that has not begun, and marks any other as absent.
func (t *SpecTx) Remove(id string) (removed bool, err error) {
	if err := t.lock(id); err != nil {
		return false, err
	}
	if removed, err = t.exec(removeSpec, id); err != nil || removed {
		return removed, err
	}
	_, err = t.exec(markAbsent, id, t.Generation)
	return false, err
}

// Forget takes an occurrence out of the store that no plan holds and of which nothing was ever begun.
func (t *SpecTx) Forget(id string) error {
	if err := t.lock(id); err != nil {
		return err
	}
	_, err := t.exec(forgetSpec, id)
	return err
}

// lock keeps the owner from writing the status of an occurrence until the transaction ends, so that what is decided on
// its status, or on whether it has sessions, holds.
func (t *SpecTx) lock(id string) error {
	if t.sql.update == "" {
		return nil
	}
	_, err := t.tx.ExecContext(t.ctx, `SELECT 1 FROM occurrences WHERE id = $1`+t.sql.update, id)
	return err
}

// SetOrders writes what operators ordered for an occurrence, and the end that it has by that.
func (t *SpecTx) SetOrders(id string, orders []byte, end time.Time) error {
	_, err := t.exec(setOrders, id, object(orders), millis(end), t.Generation)
	return err
}

// Row reads an occurrence with its sessions, which nobody changes before the end of the transaction; nil where there is none.
func (t *SpecTx) Row(id string) (*Row, error) {
	rows, err := queryTx(t.ctx, t.tx, `SELECT `+occurrenceColumns+` FROM occurrences WHERE id = $1`+t.sql.update, id, scanOccurrence)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	sessions, err := queryTx(t.ctx, t.tx, selectSessions+` WHERE occurrence_id = $1 ORDER BY attempt`, id, scanSession)
	return &Row{rows[0], sessions}, err
}

// UsesOf lists what has begun on a page or was asked for by an origin, starts before an instant and ends after another.
func (t *SpecTx) UsesOf(url, origin string, startsBefore, endsAfter time.Time) ([]Occurrence, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT `+occurrenceColumns+` FROM occurrences WHERE state <> 'ended' AND starts_at < $1 AND ends_at > $2
		AND url = $3 AND (state <> 'planned' OR origin = $4)`, millis(startsBefore), millis(endsAfter), url, origin)
	if err != nil {
		return nil, err
	}
	return scanAll(rows, scanOccurrence)
}

// Commands lists the commands for an occurrence that were carried out, oldest first.
func (t *SpecTx) Commands(id string) ([]Command, error) {
	return queryTx(t.ctx, t.tx, selectCommands+` WHERE occurrence_id = $1 AND reason_code = '' ORDER BY id`, id, scanCommand)
}

// AddCommand records a command as it was judged, and logs it.
func (t *SpecTx) AddCommand(c *Command) error {
	if millis(c.DoneAt) == 0 {
		return errors.New("no time given")
	}
	c.Generation = t.Generation
	if err := logCommand(t, c); err != nil {
		return err
	}
	if err := announceCommand(t, c); err != nil {
		return err
	}
	return t.tx.QueryRowContext(t.ctx,
		`INSERT INTO commands (given_at, occurrence_id, kind, who, reason, args, settled_at, result, day, clock, reason_code, generation)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		millis(c.At), c.Occurrence, c.Kind, c.Who, c.Reason, string(c.Args), millis(c.DoneAt), c.Result, c.Day, c.Clock, c.ReasonCode, t.Generation).Scan(&c.ID)
}

// MoveCommand gives a command to the occurrence and with the arguments that it names now.
func (t *SpecTx) MoveCommand(c Command) error {
	_, err := t.exec(`UPDATE commands SET occurrence_id = $1, args = $2 WHERE id = $3`, c.Occurrence, string(c.Args), c.ID)
	return err
}

// Log writes an event.
func (t *SpecTx) Log(e Event) error {
	_, err := t.exec(insertEvent, e.row()...)
	return err
}

func (t *SpecTx) exec(text string, args ...any) (bool, error) {
	done, err := t.tx.ExecContext(t.ctx, text, args...)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

func queryTx[T any](ctx context.Context, tx *txn, text, arg string, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	rows, err := tx.QueryContext(ctx, text, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Known is an occurrence in short: what a plan is compared with.
type Known struct {
	ID, Recording, App, Hash string    // as in [Spec]
	Start, End               time.Time // with what operators ordered
	State, Outcome           string    // as in [Occurrence]
	Absent, CancelledByPlan  bool      // no plan holds it; its plan holds it as cancelled
}

const (
	selectKnown = `SELECT id, recording, app, spec_hash, starts_at, ends_at, state, outcome, absent, dropped FROM occurrences`
	knownOf     = selectKnown + ` WHERE state <> 'ended' AND plan = $1 AND origin = '' UNION ALL ` +
		selectKnown + ` WHERE state = 'ended' AND ends_at > $2 AND plan = $1 AND origin = ''`
)

// Known lists the occurrences of a plan that have not ended, or that end after an instant, in short. Those that something
// else than the schedule asked for are left out.
func (s *Store) Known(ctx context.Context, plan string, endsAfter time.Time) ([]Known, error) {
	return query(ctx, s, "compare the plan", knownOf, []any{plan, endsAfter.UnixMilli()}, func(rows *sql.Rows) (k Known, err error) {
		var start, end int64
		err = rows.Scan(&k.ID, &k.Recording, &k.App, &k.Hash, &start, &end, &k.State, &k.Outcome, &k.Absent, &k.CancelledByPlan)
		k.Start, k.End = instant(start), instant(end)
		return k, err
	})
}

// NoteRemoval notes that a revision of a plan removes classes, which leave no row that [Store.WrittenSince] could find it by. An older
// revision than the one that is noted changes nothing.
func (t *SpecTx) NoteRemoval(plan string, revision int64) error {
	const ifNewer = setSetting + ` WHERE CAST(settings.value AS BIGINT) < CAST(excluded.value AS BIGINT)`
	_, err := t.exec(ifNewer, removalOf(plan), strconv.FormatInt(revision, 10))
	return err
}

// removalOf is the setting that holds the newest revision of a plan that has removed classes.
func removalOf(plan string) string { return "removed-classes/" + plan }

// WrittenSince says that the store holds a class of a plan, not ended, that comes from a newer revision than the one of a number, or that
// a newer revision has removed one; see [SpecTx.NoteRemoval].
func (s *Store) WrittenSince(ctx context.Context, plan string, revision int64) (written bool, err error) {
	err = s.get(ctx, "look for a newer revision's classes",
		`SELECT EXISTS (SELECT 1 FROM occurrences WHERE state <> 'ended' AND origin = '' AND plan = $1 AND revision_id > $2)`, []any{plan, revision}, &written)
	if err != nil || written {
		return written, err
	}
	text, err := s.Setting(ctx, removalOf(plan))
	if err != nil || text == "" {
		return false, err
	}
	by, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false, fmt.Errorf("look for a newer revision's classes: %w", err)
	}
	return by > revision, nil
}

// OpenPlans names the plans of the occurrences that have not ended and that a schedule asked for.
func (s *Store) OpenPlans(ctx context.Context) ([]string, error) {
	return query(ctx, s, "list the plans of what has not ended", `SELECT DISTINCT plan FROM occurrences WHERE state <> 'ended' AND origin = '' ORDER BY plan`, nil,
		func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) })
}
