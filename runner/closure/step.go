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

// give carries the steps of a closure out while it holds.
func give(ctx context.Context, s *store.Store, c store.Closure, steps []step) error {
	return inParts(ctx, s, steps, func(t *store.SpecTx, some []step) error {
		open, err := t.ClosureOpen(c.ID)
		if err != nil || !open {
			return err
		}
		return doAll(t, some)
	})
}

// undo carries steps out that take orders back.
func undo(ctx context.Context, s *store.Store, steps []step) error {
	return inParts(ctx, s, steps, doAll)
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

// doAll carries steps out.
func doAll(t *store.SpecTx, steps []step) error {
	for i := range steps {
		if err := steps[i].do(t); err != nil {
			return err
		}
	}
	return nil
}

// do carries a step out, unless another process has done so meanwhile.
func (x *step) do(t *store.SpecTx) error {
	noted, given, err := t.ClosureClass(x.closure, x.id)
	if done := x.after == noteGiven && given || x.after != noteGiven && !noted; err != nil || done {
		return err
	}
	after := x.after
	if x.order != nil {
		cmd, err := x.order.GiveIn(t)
		if err != nil {
			return err
		}
		if !cmd.CarriedOut() { // it ends just now
			after = noteNone
		}
	}
	switch after {
	case noteGiven:
		return t.SetClosureClass(x.closure, x.id, true)
	case notePassedOn:
		if err := t.SetClosureClass(x.heir, x.id, true); err != nil {
			return err
		}
	}
	return t.ForgetClosureClass(x.closure, x.id)
}
