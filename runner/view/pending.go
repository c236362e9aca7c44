package view

import (
	"context"
	"fmt"

	"rundown/runner/session"
	"rundown/runner/store"
)

// PendingOrder is an order that no daemon has carried out yet.
type PendingOrder struct {
	Order      int64   `json:"order"` // its number
	Occurrence string  `json:"occurrence"`
	Kind       string  `json:"kind"` // cancel, undo, extend, stop
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
		orders = append(orders, PendingOrder{c.ID, c.Occurrence, kind, OrNull(c.Who), OrNull(c.Reason), SessionTime(&c.At)})
	}
	return orders, nil
}
