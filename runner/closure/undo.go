package closure

import (
	"context"
	"maps"
	"slices"
	"time"

	"rundown/plan/schedule"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// Undo ends a closure and takes its orders back, for the classes of which something can still be changed; it returns their
// identities. What an operator ordered for one of them since stays, and so does what another closure orders.
func Undo(ctx context.Context, s *store.Store, c store.Closure, by operate.Operator) ([]string, error) {
	f := newFinder(s, by.Now)
	if err := noteMoved(ctx, f, c); err != nil {
		return nil, err
	}
	steps, err := takingBack(ctx, f, c, by)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := range steps {
		if steps[i].order != nil {
			ids = append(ids, steps[i].id)
		}
	}
	done, err := s.EndClosure(ctx, c.ID, by.Now, by.Who, by.From, by.Why, announcement(c, ended, ids, by.Who, by.Why, by.Now))
	if err != nil {
		return nil, err
	}
	if !done { // somebody else was faster, and takes them back
		return nil, nil
	}
	return ids, takeBack(ctx, f, c, by)
}

// Left are those of the closures that gave orders for a class that is not over, as where a plan has moved it ahead of its closed day: to
// undo such a closure still has an effect.
func Left(ctx context.Context, s *store.Store, closures []store.Closure, now time.Time) (map[int64]bool, error) {
	given, all := map[int64][]string{}, map[string]bool{}
	for _, c := range closures {
		noted, err := s.ClosureClasses(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for id, done := range noted {
			if done {
				given[c.ID], all[id] = append(given[c.ID], id), true
			}
		}
	}
	over, err := overBefore(ctx, newFinder(s, now), all, now)
	if err != nil {
		return nil, err
	}
	left := map[int64]bool{}
	for id, classes := range given {
		left[id] = slices.ContainsFunc(classes, func(class string) bool { return !over[class] })
	}
	return left, nil
}

// noteMoved notes the classes that a pause has cancelled, whose notes release removed because they were over, and that a plan has moved
// ahead since. While the pause holds, Apply notes such a class only when it is near, and nobody would take its order back afterwards.
func noteMoved(ctx context.Context, f *view.Finder, c store.Closure) error {
	if c.Kind != store.ClosurePause {
		return nil
	}
	forgotten, err := forgottenOrders(ctx, f.Store, c)
	if err != nil || len(forgotten) == 0 {
		return err
	}
	plans, err := f.Active(ctx, "")
	if err != nil {
		return err
	}
	var ahead []string
	for _, p := range plans {
		for _, r := range p.Recordings {
			if !Matches(c, p.Name, r.ID) {
				continue
			}
			for _, o := range schedule.OccurrencesOf(r, p, f.Now.Add(-view.LongAgo), f.Now.Add(view.MoveSpan)) {
				if forgotten[o.ID] {
					ahead = append(ahead, o.ID)
				}
			}
		}
	}
	for some := range slices.Chunk(ahead, ordersAtOnce) {
		err := f.Store.WriteSpecs(ctx, func(t *store.SpecTx) error {
			for _, id := range some {
				if err := t.SetClosureClass(c.ID, id, true); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgottenOrders are the classes that a closure gave orders for and has no note of.
func forgottenOrders(ctx context.Context, s *store.Store, c store.Closure) (map[string]bool, error) {
	noted, err := s.ClosureClasses(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	orders, err := s.Orders(ctx, c.At.Add(-view.MoveSpan))
	if err != nil {
		return nil, err
	}
	forgotten := map[string]bool{}
	for _, o := range orders {
		if _, known := noted[o.Occurrence]; o.Closure == c.ID && !known {
			forgotten[o.Occurrence] = true
		}
	}
	return forgotten, nil
}

// takeBack takes the orders of a closure that has ended back.
func takeBack(ctx context.Context, f *view.Finder, c store.Closure, by operate.Operator) error {
	steps, err := takingBack(ctx, f, c, by)
	if err != nil {
		return err
	}
	return undo(ctx, f.Store, steps)
}

// takingBack are the steps that take the orders of a closure back. An order that another closure would give as well becomes
// that one's.
func takingBack(ctx context.Context, f *view.Finder, c store.Closure, by operate.Operator) (steps []step, err error) {
	noted, err := f.Store.ClosureClasses(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	others, err := f.Store.OpenClosures(ctx, by.Now.Add(-view.LongAgo).Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	others = slices.DeleteFunc(others, func(o store.Closure) bool { return o.ID == c.ID })
	over, err := longOver(ctx, f, noted)
	if err != nil {
		return nil, err
	}
	by.Why, by.Closure = why(by.Why, c), c.ID
	for _, id := range slices.Sorted(maps.Keys(noted)) {
		x := step{id: id, after: noteNone, closure: c.ID}
		if !noted[id] || over[id] {
			steps = append(steps, x)
			continue
		}
		class, err := find(ctx, f, id)
		if err != nil {
			return nil, err
		}
		if class.Row.ID != "" {
			back, err := takenBackAt(ctx, f.Store, id)
			if err != nil {
				return nil, err
			}
			heirs := slices.DeleteFunc(slices.Clone(others), func(o store.Closure) bool { return exempt(o, back) })
			x.takeBack(c, class, heirs, by)
		}
		steps = append(steps, x)
	}
	return steps, nil
}

// takeBack sets the order that takes an order of a closure back; none where that does not hold any more.
func (x *step) takeBack(c store.Closure, class view.Class, others []store.Closure, by operate.Operator) {
	if c.Kind == store.ClosureExtend {
		if order, refused := operate.UnextendOrder(class, by); refused == nil {
			x.order = &order
		}
		return
	}
	cancelled, _ := class.Cancelled()
	order, refused := operate.UndoOrder(class, by)
	if refused != nil || cancelled.Closure == 0 { // nothing is to be taken back, or an operator cancelled it since
		return
	}
	if other := coveredBy(others, class); other != nil { // the order holds for that one
		x.after, x.heir = notePassedOn, other.ID
		return
	}
	x.order = &order
}

// coveredBy gives a closure that cancels a class; nil for none.
func coveredBy(closures []store.Closure, class view.Class) *store.Closure {
	for i, c := range closures {
		row, labels := class.Row, map[string]string(nil)
		if class.Planned != nil {
			row, labels = view.AsRow(class.Planned), class.Planned.Settings.Labels
		}
		if c.Kind != store.ClosureExtend && Covers(c, row, labels) {
			return &closures[i]
		}
	}
	return nil
}
