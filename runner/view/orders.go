package view

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Ordered gives a class's row with the orders for it. The row is read again after the orders, so that one which is
// carried out meanwhile is in one of them.
func Ordered(ctx context.Context, s *store.Store, row store.Occurrence) (store.Occurrence, error) {
	orders, err := s.OrdersFor(ctx, row.ID)
	if err != nil {
		return row, fmt.Errorf("read the orders for %s: %w", row.ID, err)
	}
	rows, err := s.Occurrences(ctx, store.Filter{IDs: []string{row.ID}})
	if err != nil {
		return row, fmt.Errorf("look up %s: %w", row.ID, err)
	}
	return WithOrders(append(rows, row)[0], orders), nil
}

// WithOrders lays the orders for a class, oldest first, over what its row says. Those that no daemon has carried out are
// marked as pending. A row of the store tells of the others itself.
func WithOrders(row store.Occurrence, orders []store.Command) store.Occurrence {
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
	before := ReadDoc[struct {
		Extended *session.Extension `json:"extended"`
		Cancel   *session.Cancel    `json:"cancel"`
	}](row.Doc)
	standing, longer := runner.Ordered(before.Cancel, before.Extended, done)
	cancel, extended := runner.Ordered(standing, longer, waiting)
	var c, x *OrderDoc
	if cancel != nil {
		c = &OrderDoc{Who: cancel.Who, Reason: cancel.Reason, ReasonCode: cancel.ReasonCode, Pending: cancel != standing}
	}
	if extended != nil {
		x = &OrderDoc{Until: &extended.Until, Start: extended.Start, End: extended.End, Who: extended.Who, Reason: extended.Reason, Pending: extended != longer}
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

// Cancelled gives the order that cancelled the class, by the orders that hold. It is empty where the class is cancelled and
// the order is not known.
func (c Class) Cancelled() (order OrderDoc, ok bool) {
	if order := ReadDoc[OccurrenceDoc](c.Row.Doc).Cancel; order != nil {
		return *order, true
	}
	return OrderDoc{}, c.Row.Outcome == string(session.Cancelled)
}

// End is when the class ends, by the orders that hold.
func (c Class) End() time.Time {
	if x, effective := ExtensionOf(c.Row); effective && x.Until != nil && x.Until.After(c.Row.End) {
		return *x.Until
	}
	return c.Row.End
}

// PlanEnd is when a class ends by its plan, without an extension.
func PlanEnd(row store.Occurrence) time.Time {
	if end := ReadDoc[OccurrenceDoc](row.Doc).PlanEnd; !end.IsZero() {
		return end
	}
	return row.End
}
