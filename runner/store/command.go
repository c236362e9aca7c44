package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Command is an operator's order, left in the store for whoever works on it.
type Command struct {
	ID         int64 // given by the store, rising
	At         time.Time
	Occurrence string
	Kind       string // cancel, uncancel, extend, stop
	Who        string
	Reason     string
	Args       []byte    // JSON or nil
	Day, Clock string    // of the occurrence, as in [Occurrence]; "": as its row says when the command is added or settled
	DoneAt     time.Time // zero: not settled yet
	Result     string    // what became of it, for people
	ReasonCode string    // why it was not carried out; "" while it waits, and where it was
}

// CarriedOut says that the command was carried out.
func (c Command) CarriedOut() bool { return !c.DoneAt.IsZero() && c.ReasonCode == "" }

// AddCommand leaves a command, not settled, and returns its number. The log tells of it, with who and why.
func (s *Store) AddCommand(ctx context.Context, c Command) (int64, error) {
	var id int64
	err := s.write(ctx, "leave a command", func(ctx context.Context, tx *sql.Tx) error {
		said := c.Kind
		if c.Reason != "" {
			said += ": " + c.Reason
		}
		e := Event{Occurrence: c.Occurrence, At: c.At, Kind: "command", Who: c.Who, Text: said, Data: c.Args}
		if _, err := tx.ExecContext(ctx, insertEvent, e.row()...); err != nil {
			return err
		}
		plan, _, _ := strings.Cut(c.Occurrence, "/")
		order, err := json.Marshal(map[string]any{"order": c.Kind, "who": c.Who, "note": c.Reason, "args": json.RawMessage(cmp.Or(string(c.Args), "null"))})
		if err != nil {
			return err
		}
		a := Announcement{
			ID: AnnouncementID("order.given", c.Occurrence, c.Kind, c.Who, c.At.UTC().String()), At: c.At, Kind: "order.given",
			Plan: plan, Subject: c.Occurrence, Data: order,
		}
		if _, err := tx.ExecContext(ctx, insertAnnouncement, a.row()...); err != nil {
			return err
		}
		if c.Day == "" {
			err := tx.QueryRowContext(ctx, `SELECT day, clock FROM occurrences WHERE id = $1`, c.Occurrence).Scan(&c.Day, &c.Clock)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		return tx.QueryRowContext(ctx,
			`INSERT INTO commands (given_at, occurrence_id, kind, who, reason, args, settled_at, result, day, clock)
			VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7, $8) RETURNING id`,
			millis(c.At), c.Occurrence, c.Kind, c.Who, c.Reason, string(c.Args), c.Day, c.Clock).Scan(&id)
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

const selectCommands = `SELECT id, given_at, occurrence_id, kind, who, reason, args, settled_at, result, reason_code, day, clock FROM commands`

// Commands lists the commands that are not settled, oldest first.
func (s *Store) Commands(ctx context.Context) ([]Command, error) {
	return query(ctx, s, "list commands", selectCommands+` WHERE settled_at = 0 ORDER BY id`, nil, scanCommand)
}

// Orders lists the commands that were carried out and those that wait, oldest first, of the occurrences whose identity
// names a start from an instant on. They hold for their occurrence also while no plan has it.
func (s *Store) Orders(ctx context.Context, from time.Time) ([]Command, error) {
	text, args := ordersFrom(from)
	orders, err := query(ctx, s, "list orders", text, args, scanCommand)
	slices.SortFunc(orders, func(a, b Command) int { return cmp.Compare(a.ID, b.ID) })
	return orders, err
}

func ordersFrom(from time.Time) (string, []any) {
	return selectCommands + ` WHERE substr(occurrence_id, -16) >= $1 AND reason_code = ''`, []any{from.UTC().Format(identityInstant)}
}

// OrdersFor lists the commands of one occurrence that were carried out and those that wait, oldest first.
func (s *Store) OrdersFor(ctx context.Context, occurrence string) ([]Command, error) {
	return query(ctx, s, "list orders", selectCommands+` WHERE occurrence_id = $1 AND reason_code = '' ORDER BY id`,
		[]any{occurrence}, scanCommand)
}

// Done is the result of a command that was carried out, for people.
const Done = "done"

// identityInstant is the form of the instant that ends an identity.
const identityInstant = "20060102T150405Z"

// MoveOrders gives commands, settled or not, to the occurrences and with the arguments that they name now, and logs the
// events in the same transaction.
func (s *Store) MoveOrders(ctx context.Context, orders []Command, events []Event) error {
	return s.write(ctx, "move orders", func(ctx context.Context, tx *sql.Tx) error {
		for _, c := range orders {
			if _, err := tx.ExecContext(ctx, `UPDATE commands SET occurrence_id = $1, args = $2 WHERE id = $3`, c.Occurrence, string(c.Args), c.ID); err != nil {
				return err
			}
		}
		for _, e := range events {
			if _, err := tx.ExecContext(ctx, insertEvent, e.row()...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Command is one command, settled or not.
func (s *Store) Command(ctx context.Context, id int64) (Command, error) {
	found, err := query(ctx, s, "read a command", selectCommands+` WHERE id = $1`, []any{id}, scanCommand)
	if err != nil {
		return Command{}, err
	}
	if len(found) == 0 {
		return Command{}, fmt.Errorf("store %s has no command %d", s.path, id)
	}
	return found[0], nil
}

func scanCommand(rows *sql.Rows) (c Command, err error) {
	var at, done int64
	var args string
	err = rows.Scan(&c.ID, &at, &c.Occurrence, &c.Kind, &c.Who, &c.Reason, &args, &done, &c.Result, &c.ReasonCode, &c.Day, &c.Clock)
	c.At, c.DoneAt, c.Args = instant(at), instant(done), document(args)
	return c, err
}

// SettleCommand records what became of a command, in the log too: code says why it was not carried out, "" that it was. A
// command is settled once; at must not be the zero time.
func (s *Store) SettleCommand(ctx context.Context, id int64, at time.Time, code, result string) error {
	doing := fmt.Sprintf("settle command %d", id)
	return s.write(ctx, doing, func(ctx context.Context, tx *sql.Tx) error {
		if millis(at) == 0 {
			return errors.New("no time given")
		}
		var e Event
		err := tx.QueryRowContext(ctx,
			`UPDATE commands SET settled_at = $1, result = $2, reason_code = $4,
			day = CASE day WHEN '' THEN coalesce((SELECT day FROM occurrences WHERE id = occurrence_id), '') ELSE day END,
			clock = CASE clock WHEN '' THEN coalesce((SELECT clock FROM occurrences WHERE id = occurrence_id), '') ELSE clock END
			WHERE id = $3 AND settled_at = 0 RETURNING occurrence_id, kind`,
			millis(at), result, id, code).Scan(&e.Occurrence, &e.Text)
		if errors.Is(err, sql.ErrNoRows) {
			return errors.New("there is no such command that waits")
		}
		if err != nil {
			return err
		}
		e.At, e.Kind, e.Text = at, "command", e.Text+": "+result
		if code != "" {
			if e.Data, err = json.Marshal(map[string]string{"reason_code": code}); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, insertEvent, e.row()...)
		return err
	})
}
