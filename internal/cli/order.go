package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// idHelp says in the help of commands how a class is named.
const idHelp = `ID names a class: recording@day, by the day on which it is planned or happens; recording@day HH:MM where a day has two;
the whole identity plan/recording/START; or the recording alone, which means the class that runs, else the next. A plan
and a slash go before the recording where plans share its name.`

// classArguments takes an ID, of which a time may be an argument of its own, and then what names name; least says how
// many of those must be there.
func classArguments(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		id, rest := splitClock(args)
		if len(id) == 0 {
			return arguments(least+1, -1, append([]string{"ID"}, names...)...)(cmd, args)
		}
		return arguments(least, len(names), names...)(cmd, rest)
	}
}

// openClass opens the store and finds the class that the arguments of a command name.
func (a *app) openClass(cmd *cobra.Command, args []string) (*store.Store, class, error) {
	words, _ := splitClock(args)
	id, err := parseID(words...)
	if err != nil {
		return nil, class{}, &usageError{cmd.CommandPath(), err}
	}
	s, err := a.openStore(cmd.Context(), store.Options{})
	if err != nil {
		return nil, class{}, err
	}
	c, err := (&finder{s: s, now: a.clock()}).class(cmd.Context(), id)
	if err != nil {
		return nil, class{}, errors.Join(err, s.Close())
	}
	return s, c, nil
}

// ordered gives a class's row with the orders for it. The row is read again after the orders, so that one which is
// carried out meanwhile is in one of them.
func ordered(ctx context.Context, s *store.Store, row store.Occurrence) (store.Occurrence, error) {
	orders, err := s.OrdersFor(ctx, row.ID)
	if err != nil {
		return row, fmt.Errorf("read the orders for %s: %w", row.ID, err)
	}
	rows, err := s.Occurrences(ctx, store.Filter{IDs: []string{row.ID}})
	if err != nil {
		return row, fmt.Errorf("look up %s: %w", row.ID, err)
	}
	return withOrders(append(rows, row)[0], orders), nil
}

// withOrders lays the orders for a class, oldest first, over what its row says. Those that no daemon has carried out are
// marked as pending. A row of the store tells of the others itself.
func withOrders(row store.Occurrence, orders []store.Command) store.Occurrence {
	var done, waiting []store.Command
	for _, c := range orders {
		switch begun := row.State != string(session.Planned); {
		case c.Occurrence != row.ID || c.Kind == session.CommandStop && !begun:
		case c.DoneAt.IsZero():
			waiting = append(waiting, c)
		case row.Version == 0:
			done = append(done, c)
		}
	}
	if len(done)+len(waiting) == 0 || row.State == string(session.Over) && row.Outcome != string(session.Cancelled) {
		return row
	}
	doc := map[string]json.RawMessage{}
	_ = json.Unmarshal(row.Doc, &doc) // what it does not hold is unknown
	before := readDoc[struct {
		Extended *session.Extension `json:"extended"`
		Cancel   *session.Cancel    `json:"cancel"`
	}](row.Doc)
	standing, longer := runner.Ordered(before.Cancel, before.Extended, done)
	cancel, extended := runner.Ordered(standing, longer, waiting)
	var c, x *orderDoc
	if cancel != nil {
		c = &orderDoc{Who: cancel.Who, Reason: cancel.Reason, ReasonCode: cancel.ReasonCode, Pending: cancel != standing}
	}
	if extended != nil {
		x = &orderDoc{Until: &extended.Until, Start: extended.Start, End: extended.End, Who: extended.Who, Reason: extended.Reason, Pending: extended != longer}
	}
	doc["cancel"], _ = json.Marshal(c)
	doc["extended"], _ = json.Marshal(x)
	row.Doc, _ = json.Marshal(doc)
	if standing != nil && cancel == nil {
		row.Reason = "the cancellation is taken back by " + waiting[len(waiting)-1].Who + orderPending
	}
	return row
}

// orderPending is said of an order that no daemon has carried out.
const orderPending = ", which no daemon has carried out yet"

// cancelled gives the order that cancelled the class, by the orders that hold. It is empty where the class is cancelled and
// the order is not known.
func (c class) cancelled() (order orderDoc, ok bool) {
	if order := readDoc[occurrenceDoc](c.row.Doc).Cancel; order != nil {
		return *order, true
	}
	return orderDoc{}, c.row.Outcome == string(session.Cancelled)
}

// end is when the class ends, by the orders that hold.
func (c class) end() time.Time {
	if x, effective := extensionOf(c.row); effective && x.Until != nil && x.Until.After(c.row.End) {
		return *x.Until
	}
	return c.row.End
}

// planEndOf is when a class ends by its plan, without an extension.
func planEndOf(row store.Occurrence) time.Time {
	if end := readDoc[occurrenceDoc](row.Doc).PlanEnd; !end.IsZero() {
		return end
	}
	return row.End
}

// over says that the class has ended; nil where it has not.
func (c class) over(now time.Time) error {
	switch {
	case c.row.State == string(session.Over) && c.row.Outcome != string(session.Cancelled):
		return reason.Refuse(reason.HasEnded, "%s has ended already: %s", c.row.ID, c.row.Outcome)
	case !c.stored() && !c.end().After(now):
		return reason.Refuse(reason.EndPassed, "%s is over since %s", c.row.ID, c.end().In(zoneOf(c.row)).Format(time.RFC3339))
	}
	return nil
}

// cancellable refuses a cancellation, or with undo to take one back, that cannot be carried out.
func (c class) cancellable(undo bool, now time.Time) error {
	order, cancelled := c.cancelled()
	switch over := c.over(now); {
	case undo && !c.end().After(now):
		return reason.Refuse(reason.EndPassed, "%s is over since %s", c.row.ID, c.end().In(zoneOf(c.row)).Format(time.RFC3339))
	case undo && !cancelled && over != nil:
		return reason.Refuse(reason.NotCancelled, "%s is not cancelled, it ended %s", c.row.ID, c.row.Outcome)
	case undo && !cancelled:
		return reason.Refuse(reason.NotCancelled, "%s is not cancelled", c.row.ID)
	case undo && order.ReasonCode == reason.CancelledByPlan:
		return reason.Refuse(order.ReasonCode, "%s is cancelled by its plan; take the change out of the plan", c.row.ID)
	case undo:
		return nil
	case over != nil:
		return over
	case cancelled && order.Who == "":
		return reason.Refuse(reason.IsCancelled, "%s is cancelled already", c.row.ID)
	case cancelled:
		return reason.Refuse(reason.IsCancelled, "%s is cancelled already, by %s", c.row.ID, order.Who)
	}
	return nil
}

// extendable gives the new end of a class, or says why it cannot have one. Extensions add up.
func (c class) extendable(length time.Duration, now time.Time) (time.Time, error) {
	order, cancelled := c.cancelled()
	switch over := c.over(now); {
	case over != nil:
		return time.Time{}, over
	case cancelled && order.ReasonCode == reason.CancelledByPlan:
		return time.Time{}, reason.Refuse(order.ReasonCode, "%s is cancelled by its plan", c.row.ID)
	case cancelled:
		return time.Time{}, reason.Refuse(reason.IsCancelled, "%s is cancelled; rundown cancel %s --undo takes that back", c.row.ID, c.row.ID)
	case c.row.State == string(session.Stopping) && !c.movedAway(now):
		return time.Time{}, reason.Refuse(reason.IsStopping, "%s is being stopped already", c.row.ID)
	}
	end := c.end().Add(length)
	if !end.After(now) {
		return time.Time{}, reason.Refuse(reason.EndPassed, "the new end of %s would be past: %s", c.row.ID, end.In(zoneOf(c.row)).Format(time.RFC3339))
	}
	return end, nil
}

// movedAway says that what is being stopped belongs to an earlier time of the class: its plan has moved it, and it is
// recorded again at its new time.
func (c class) movedAway(now time.Time) bool {
	return readDoc[occurrenceDoc](c.row.Doc).Earlier > 0 && c.row.End.After(now)
}

// give stores an order for the class and says what it does.
func (a *app) give(ctx context.Context, s *store.Store, c class, order store.Command, effect string) error {
	order.At, order.Occurrence, order.Who = a.clock(), c.row.ID, a.who()
	if !c.stored() { // else the store takes them from the row
		order.Day, order.Clock = c.row.Day, c.row.Clock
	}
	if _, err := s.AddCommand(ctx, order); err != nil {
		return fmt.Errorf("leave the order for %s: %w", c.row.ID, err)
	}
	when := ", as soon as the daemon sees it"
	if !c.stored() && c.row.Start.After(a.clock().Add(plannedAhead)) {
		when = "; the order is stored, and the daemon carries it out once the class is within eight days"
	}
	_, err := fmt.Fprintf(a.out, "%s%s: %s%s%s\n", c.row.ID, c.meant(), effect, when, a.unattended(ctx, s))
	return err
}

// meant says of a class that was named by its recording alone which one it is.
func (c class) meant() string {
	if !c.bare {
		return ""
	}
	zone := zoneOf(c.row)
	start, end := c.row.Start.In(zone), c.end().In(zone)
	text := "the next class"
	if c.begun() {
		text = "the class that runs"
	}
	return fmt.Sprintf(" (%s, %s %s%s)", text, start.Format("Mon 2006-01-02"), clockOf(start, end), end.Format(" MST"))
}
