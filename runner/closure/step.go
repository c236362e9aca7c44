package closure

import (
	"context"
	"slices"

	"rundown/runner/operate"
	"rundown/runner/store"
)

// step is what is to be done about one class of a closure in a transaction: the order, where there is one, and what becomes
// of the note of the class.
type step struct {
	id      string
	order   *operate.Order
	closure int64 // whose note it is
	after   note
	heir    int64 // the closure that the order passes to
}

// note is what becomes of a note.
type note int

const (
	noteGiven    note = iota // its order is given
	noteNone                 // it is removed
	notePassedOn             // it becomes that of another closure, whose order is given by that
)

// ordersAtOnce is how many orders are given in one transaction: a worker waits no longer than that for its own writes.
const ordersAtOnce = 50

// give carries the steps of a closure out while it holds. announce tells of the classes that it had no note of.
func give(ctx context.Context, s *store.Store, c store.Closure, steps []step, announce func(ids []string) store.Announcement) error {
	return inParts(ctx, s, steps, func(t *store.SpecTx, some []step) error {
		open, err := t.ClosureOpen(c.ID)
		if err != nil || !open {
			return err
		}
		fresh, err := doAll(t, some)
		if err != nil || len(fresh) == 0 {
			return err
		}
		return t.Announce(announce(fresh))
	})
}

// undo carries steps out that take orders back.
func undo(ctx context.Context, s *store.Store, steps []step) error {
	return inParts(ctx, s, steps, func(t *store.SpecTx, some []step) error {
		_, err := doAll(t, some)
		return err
	})
}

// inParts does something with steps in as many transactions as it takes. Those before one that fails stay.
func inParts(ctx context.Context, s *store.Store, steps []step, do func(*store.SpecTx, []step) error) error {
	for some := range slices.Chunk(steps, ordersAtOnce) {
		if err := s.WriteSpecs(ctx, func(t *store.SpecTx) error { return do(t, some) }); err != nil {
			return err
		}
	}
	return nil
}

// doAll carries steps out. fresh are the classes for which an order was given and of which the closure had no note.
func doAll(t *store.SpecTx, steps []step) (fresh []string, err error) {
	for i := range steps {
		isNew, err := steps[i].do(t)
		if err != nil {
			return nil, err
		}
		if isNew {
			fresh = append(fresh, steps[i].id)
		}
	}
	return fresh, nil
}

// do carries a step out, unless another process has done so meanwhile. fresh says that an order was given for a class of
// which the closure had no note.
func (x *step) do(t *store.SpecTx) (fresh bool, err error) {
	noted, given, err := t.ClosureClass(x.closure, x.id)
	if done := x.after == noteGiven && given || x.after != noteGiven && !noted; err != nil || done {
		return false, err
	}
	after, ordered := x.after, false
	if x.order != nil {
		cmd, err := x.order.GiveIn(t)
		if err != nil {
			return false, err
		}
		if ordered = cmd.CarriedOut(); !ordered { // it ends just now
			after = noteNone
		}
	}
	switch after {
	case noteGiven:
		return ordered && !noted, t.SetClosureClass(x.closure, x.id, true)
	case notePassedOn:
		if err := t.SetClosureClass(x.heir, x.id, true); err != nil {
			return false, err
		}
	}
	return false, t.ForgetClosureClass(x.closure, x.id)
}
