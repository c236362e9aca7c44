package view

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
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

// WithOrders lays the orders for a class, oldest first, over a row that stands for one which the store does not hold. A row
// of the store tells of its orders itself: those that no daemon has taken in yet are marked as pending.
func WithOrders(row store.Occurrence, orders []store.Command) store.Occurrence {
	var its []store.Command
	for _, c := range orders {
		if c.Occurrence == row.ID && c.CarriedOut() {
			its = append(its, c)
		}
	}
	if len(its) > 0 && stored(row) {
		observed := ReadDoc[OccurrenceDoc](row.Doc).Observed.Generation
		its = slices.DeleteFunc(its, func(c store.Command) bool { return c.Generation <= observed })
	}
	if len(its) == 0 || row.State == string(session.Ended) && row.Outcome != string(session.Cancelled) {
		return row
	}
	doc := map[string]json.RawMessage{}
	_ = json.Unmarshal(row.Doc, &doc) // what it does not hold is unknown
	before := ReadDoc[session.Orders](row.Doc)
	cancel, extended := before.Cancel, before.Extended
	if !stored(row) { // else its orders are those that hold
		cancel, extended = runner.Ordered(cancel, extended, its)
	}
	pending := func(kinds ...string) bool {
		return stored(row) && slices.ContainsFunc(its, func(c store.Command) bool { return slices.Contains(kinds, c.Kind) })
	}
	var c, x *OrderDoc
	if cancel != nil {
		c = &OrderDoc{
			Who: cancel.Who, Reason: cancel.Reason, ReasonCode: cancel.ReasonCode, Closure: cancel.Closure,
			Pending: pending(session.CommandCancel, session.CommandStop),
		}
	}
	if extended != nil {
		x = &OrderDoc{
			Until: extended.Until, Start: extended.Start, End: extended.End, Who: extended.Who, Reason: extended.Reason, Closure: extended.Closure,
			Pending: pending(session.CommandExtend),
		}
	}
	doc["cancel"], _ = json.Marshal(c)
	doc["extended"], _ = json.Marshal(x)
	row.Doc, _ = json.Marshal(doc)
	if row.State == string(session.Ended) && cancel == nil && pending(session.CommandUncancel) {
		row.Reason = "the cancellation is taken back by " + its[len(its)-1].Who + orderPending
	}
	return row
}

// stored says that the store holds a row.
func stored(row store.Occurrence) bool { return row.Generation > 0 || row.Version > 0 }

// orderPending is said of an order that no daemon has carried out.
const orderPending = ", which no daemon has carried out yet"

// Cancelled gives the order that cancelled the class, by the orders that hold. It is empty where the class is cancelled and
// the order is not known.
func (c Class) Cancelled() (order OrderDoc, ok bool) {
	if order := ReadDoc[OccurrenceDoc](c.Row.Doc).Cancel; order != nil {
		return *order, true
	}
	return OrderDoc{}, c.Row.Outcome == string(session.Cancelled) && !c.takenBack()
}

// takenBack says that the cancellation of a class that has ended as cancelled does not hold any more, and no daemon has seen that
// yet: what is wanted of it has no cancellation, and is newer than what was taken in. Of a class that no plan holds nothing is wanted.
func (c Class) takenBack() bool {
	doc := ReadDoc[OccurrenceDoc](c.Row.Doc)
	return stored(c.Row) && !doc.Absent && doc.Observed.Generation < c.Row.Generation
}

// End is when the class ends, by the orders that hold.
func (c Class) End() time.Time {
	if x, effective := ExtensionOf(c.Row); effective && x.Until.After(c.Row.End) {
		return x.Until
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

// PendingOrder is an order that no daemon has carried out yet.
type PendingOrder struct {
	Order      int64   `json:"order"` // its number
	Occurrence string  `json:"occurrence"`
	Kind       string  `json:"kind"` // cancel, undo, extend, unextend, stop
	Who        *string `json:"who"`
	Reason     *string `json:"reason"`
	At         *string `json:"at"`
}

// ReadOrders lists the orders that no daemon has carried out yet, oldest first.
func ReadOrders(ctx context.Context, s *store.Store) ([]PendingOrder, error) {
	waiting, err := s.Commands(ctx)
	if err != nil {
		return nil, fmt.Errorf("read operators' orders: %w", err)
	}
	orders := []PendingOrder{}
	for _, c := range waiting {
		kind := c.Kind
		if kind == session.CommandUncancel {
			kind = "undo"
		}
		orders = append(orders, PendingOrder{c.ID, c.Occurrence, kind, OrNull(c.Who), OrNull(c.Reason), SessionTime(c.At)})
	}
	return orders, nil
}
