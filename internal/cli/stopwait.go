package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/internal/cli/render"
	"rundown/runner/session"
	"rundown/runner/store"
)

// leaveStops leaves the orders for the daemon that holds the store, and waits until it has carried them out.
func (a *app) leaveStops(ctx context.Context, held *store.InUseError) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	rows, left, err := a.toStop(ctx, s)
	if err != nil || len(rows) == 0 {
		return err
	}
	orders, err := a.orderStops(ctx, s, rows)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "process %d is using the store and carries out the orders; waiting for it\n", held.PID)
	return a.awaitStops(ctx, s, orders, left)
}

// awaitStops waits until a daemon has carried out the orders, until it has ended, or until nothing has changed for too
// long. It fails where a session may still run.
func (a *app) awaitStops(ctx context.Context, s *store.Store, orders map[string]int64, left *leftover) error {
	open := map[string]session.Phase{}
	for id := range orders {
		open[id] = ""
	}
	look := time.NewTicker(lookAtStore)
	defer look.Stop()
	progress := time.Now()
	for {
		changed, err := a.lookAtStops(ctx, s, orders, open, left)
		switch {
		case ctx.Err() != nil:
			return cmp.Or(left.report(a), unknownStops("interrupted", open))
		case err != nil:
			return err
		case len(open) == 0:
			return left.report(a)
		case changed:
			progress = time.Now()
		case !a.attended(ctx, s):
			const ended = "the process that was using the store has ended"
			fmt.Fprintln(a.err, ended)
			return cmp.Or(left.report(a), unknownStops(ended, open))
		case time.Since(progress) > a.stopPatience:
			return cmp.Or(left.report(a), unknownStops("no progress for "+a.stopPatience.String(), open))
		}
		select {
		case <-ctx.Done():
		case <-look.C:
		}
	}
}

// lookAtStops reads how far the open stops are, tells of what has changed, and removes from open what has ended and
// what the daemon does not stop.
func (a *app) lookAtStops(ctx context.Context, s *store.Store, orders map[string]int64, open map[string]session.Phase, left *leftover) (changed bool, err error) {
	var ids []string
	for id := range open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	refused := map[string]string{} // read before the rows, which then show what an order that is settled has changed
	for _, id := range ids {
		order, err := s.Command(ctx, orders[id])
		if err != nil {
			return false, fmt.Errorf("read the order for %s: %w", id, err)
		}
		if !order.DoneAt.IsZero() && order.Result != store.Done {
			refused[id] = order.Result
		}
	}
	rows, err := s.Occurrences(ctx, store.Filter{IDs: ids})
	if err != nil {
		return false, fmt.Errorf("read the store: %w", err)
	}
	states, err := statesOf(ctx, s, rows)
	if err != nil {
		return false, err
	}
	for _, state := range states {
		left.note(state)
	}
	changed = a.tellStops(open, states)
	for _, id := range ids {
		phase, waits := open[id]
		if result, ok := refused[id]; ok && waits && phase != session.Stopping {
			fmt.Fprintf(a.out, "%s: not stopped: %s\n", render.Line(id), render.Line(result))
			delete(open, id)
			changed = true
		}
	}
	return changed, nil
}
