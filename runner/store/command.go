package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Command is an operator's order. It is judged when it is given, and holds from then on or not at all. What the orders for a class
// come to stands in its spec; commands are kept to say who gave them, and for a class that is written anew.
type Command struct {
	ID         int64     // given by the store, rising
	At         time.Time // when it was given
	Occurrence string    // its identity
	Kind       string    // cancel, uncancel, extend, unextend, stop
	Who        string
	Reason     string    // the operator's own words; "": none
	Args       []byte    // JSON or nil
	Day, Clock string    // of the occurrence, as in [Occurrence]; "": as its row says
	DoneAt     time.Time // when it was judged
	Result     string    // what became of it, for people
	ReasonCode string    // why it is not carried out; "": it is
	Generation int64     // of the change of specs that it made
	Closure    int64     // that it belongs to, and that is announced in its place; 0: none. It is kept in Args
}

// CarriedOut says that the command holds.
func (c Command) CarriedOut() bool { return c.ReasonCode == "" }

// logCommand writes into the log who gave a command and why, and why it is not carried out.
func logCommand(t *SpecTx, c *Command) error {
	said := c.Kind
	if c.Reason != "" {
		said += ": " + c.Reason
	}
	if err := t.Log(Event{Occurrence: c.Occurrence, At: c.At, Kind: "command", Who: c.Who, Text: said, Data: c.Args}); err != nil || c.CarriedOut() {
		return err
	}
	code, err := json.Marshal(map[string]string{"reason_code": c.ReasonCode})
	if err != nil {
		return err
	}
	return t.Log(Event{Occurrence: c.Occurrence, At: c.DoneAt, Kind: "command", Who: c.Who, Text: c.Kind + ": " + c.Result, Data: code})
}

// announceCommand tells of a command that is carried out.
func announceCommand(t *SpecTx, c *Command) error {
	if !c.CarriedOut() || c.Closure != 0 {
		return nil
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
	_, err = t.exec(insertAnnouncement, a.row()...)
	return err
}

const selectCommands = `SELECT id, given_at, occurrence_id, kind, who, reason, args, settled_at, result, reason_code, day, clock, generation FROM commands`

// Commands lists the commands that hold and that the owner of their occurrence has not taken in yet, oldest first. Of an occurrence
// that its owner has never looked at, and is to look at only once it is due, no order is left to be taken in: it was written without any.
func (s *Store) Commands(ctx context.Context) ([]Command, error) {
	return query(ctx, s, "list commands", selectCommands+` WHERE reason_code = '' AND generation >
		coalesce((SELECT observed FROM occurrences WHERE id = occurrence_id AND (state <> 'ended' OR outcome = 'cancelled')
			AND NOT (version = 0 AND wakes_at > 0)), generation) ORDER BY id`, nil, scanCommand)
}

// CommandsAfter lists the commands after one, by their numbers, oldest first, whatever became of them.
func (s *Store) CommandsAfter(ctx context.Context, id int64) ([]Command, error) {
	return query(ctx, s, "list commands", selectCommands+` WHERE id > $1 ORDER BY id`, []any{id}, scanCommand)
}

// LastCommand is the number of the latest command; 0 where there is none.
func (s *Store) LastCommand(ctx context.Context) (id int64, err error) {
	return id, s.get(ctx, "list commands", `SELECT coalesce(max(id), 0) FROM commands`, nil, &id)
}

// Orders lists the commands that were carried out, oldest first, of the occurrences whose identity
// names a start from an instant on. They hold for their occurrence also while no plan has it.
func (s *Store) Orders(ctx context.Context, from time.Time) ([]Command, error) {
	text, args := s.ordersFrom(from)
	orders, err := query(ctx, s, "list orders", text, args, scanCommand)
	slices.SortFunc(orders, func(a, b Command) int { return cmp.Compare(a.ID, b.ID) })
	return orders, err
}

func (s *Store) ordersFrom(from time.Time) (string, []any) {
	return selectCommands + ` WHERE ` + s.sql.instantOf + ` >= $1 AND reason_code = ''`, []any{from.UTC().Format(identityInstant)}
}

// OrdersFor lists the commands of one occurrence that were carried out, oldest first.
func (s *Store) OrdersFor(ctx context.Context, occurrence string) ([]Command, error) {
	return query(ctx, s, "list orders", selectCommands+` WHERE occurrence_id = $1 AND reason_code = '' ORDER BY id`,
		[]any{occurrence}, scanCommand)
}

// Done is the result of a command that was carried out, for people.
const Done = "done"

// identityInstant is the form of the instant that ends an identity.
const identityInstant = "20060102T150405Z"

// Command is one command, carried out or not.
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
	err = rows.Scan(&c.ID, &at, &c.Occurrence, &c.Kind, &c.Who, &c.Reason, &args, &done, &c.Result, &c.ReasonCode, &c.Day, &c.Clock, &c.Generation)
	c.At, c.DoneAt, c.Args = instant(at), instant(done), document(args)
	c.Closure = closureOf(c.Args)
	return c, err
}

// closureOf is the closure that the arguments of a command name; 0 for none.
func closureOf(args []byte) int64 {
	var named struct {
		Closure int64 `json:"closure"`
	}
	_ = json.Unmarshal(args, &named) // arguments that cannot be read name none
	return named.Closure
}
