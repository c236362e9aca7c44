package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/store"
)

// Operators' orders belong to an occurrence's identity, not to its row: a plan that no longer holds the class removes
// the row, and where the class comes back the orders hold again. The store's commands are the record of them.

// standing is what the orders that were carried out come to.
type standing struct {
	cancel   *Cancel
	extended *Extension
}

func (o standing) none() bool { return o.cancel == nil && o.extended == nil }

// standingOf sums up orders, oldest first.
func standingOf(orders []store.Command) (o standing) {
	for _, cmd := range orders {
		switch cmd.Kind {
		case CommandCancel, CommandStop:
			o.cancel = &Cancel{At: cmd.At, Who: cmd.Who, Reason: cmd.Reason}
		case CommandUncancel:
			o.cancel = nil
		case CommandExtend:
			x, err := extension(cmd.At, cmd.Who, cmd.Reason, cmd.Args)
			if err == nil && (o.extended == nil || x.Until.After(o.extended.Until)) {
				o.extended = &x
			}
		}
	}
	return o
}

// lay puts the orders over the state of an occurrence that a plan adds.
func (o standing) lay(s *State) {
	if o.extended != nil {
		s.Extended = o.extended
		s.Target = s.lasting(o.extended)
	}
	if o.cancel != nil {
		s.Cancel = o.cancel
	}
}

// String says it for the log.
func (o standing) String() string {
	var parts []string
	if o.cancel != nil {
		parts = append(parts, "cancelled by "+o.cancel.Who)
	}
	if o.extended != nil {
		parts = append(parts, fmt.Sprintf("extended to %s by %s", o.extended.Until.Format(time.RFC3339), o.extended.Who))
	}
	return strings.Join(parts, ", ")
}

// standing gives the orders that hold for an occurrence.
func (e *Engine) standing(id string) standing {
	e.mu.Lock()
	defer e.mu.Unlock()
	return standingOf(e.carriedOut[id])
}

// noteCarriedOut keeps an order that was carried out, for when its occurrence is removed and comes back.
func (e *Engine) noteCarriedOut(cmd store.Command) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.carriedOut[cmd.Occurrence]
	i, found := slices.BinarySearchFunc(known, cmd.ID, func(c store.Command, id int64) int { return cmp.Compare(c.ID, id) })
	if !found {
		e.carriedOut[cmd.Occurrence] = slices.Insert(known, i, cmd)
	}
}

// readOrders reads the orders that hold, and gives those of classes that a plan has under another identity now to that
// identity. It is called before the plans' occurrences are looked at.
func (e *Engine) readOrders(ctx context.Context, plans ...*applied) error {
	all, err := e.cfg.Store.Orders(ctx, e.lookBack().Add(-maxLength))
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	byOccurrence := map[string][]store.Command{}
	for _, cmd := range all {
		byOccurrence[cmd.Occurrence] = append(byOccurrence[cmd.Occurrence], cmd)
	}
	for _, id := range slices.Sorted(maps.Keys(byOccurrence)) {
		for _, a := range plans {
			to, ok := renamed(a.plan, id, byOccurrence[id][0])
			if !ok {
				continue
			}
			moved, err := e.moveOrders(ctx, id, to, byOccurrence[id])
			if err != nil {
				return fmt.Errorf("move the orders for %s to %s: %w", id, to, err)
			}
			delete(byOccurrence, id)
			byOccurrence[to] = append(byOccurrence[to], moved...)
		}
	}
	for _, orders := range byOccurrence {
		for _, cmd := range orders {
			if !cmd.DoneAt.IsZero() {
				e.noteCarriedOut(cmd)
			}
		}
	}
	return nil
}

// renamed gives the identity that a plan has now for the class of an order, where it has none under the order's: the
// class of the same recording that is planned at the same local day and time. The UTC start of a class changes when its
// zone does, or when the zone's rules do.
func renamed(p *plan.Plan, id string, cmd store.Command) (to string, ok bool) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 || parts[0] != p.Name || cmd.Day == "" {
		return "", false
	}
	day, err := time.Parse(time.DateOnly, cmd.Day)
	if err != nil {
		return "", false
	}
	for _, r := range p.Recordings {
		if r.ID != parts[1] && !slices.Contains(r.Was, parts[1]) {
			continue
		}
		for _, o := range r.OccurrencesOf(p, day.Add(-movedFar), day.Add(movedFar)) {
			switch {
			case o.ID == id:
				return "", false
			case o.Planned.Format(time.DateOnly) == cmd.Day && clockText(o.Planned) == cmd.Clock:
				to, ok = o.ID, true
			}
		}
	}
	return to, ok
}

// movedFar is how far from its planned day a change of the plan may have moved a class.
const movedFar = 366 * 24 * time.Hour

// moveOrders gives the orders of one identity to another, in the store and here. An extension is by so much longer than
// the class, hence it moves with its start.
func (e *Engine) moveOrders(ctx context.Context, from, to string, orders []store.Command) ([]store.Command, error) {
	by := startOf(to).Sub(startOf(from))
	moved := slices.Clone(orders)
	for i := range moved {
		cmd := &moved[i]
		cmd.Occurrence = to
		var args ExtendArgs
		if cmd.Kind != CommandExtend || json.Unmarshal(cmd.Args, &args) != nil {
			continue
		}
		text, err := json.Marshal(ExtendArgs{Until: args.Until.Add(by)})
		if err != nil {
			return nil, err
		}
		cmd.Args = text
	}
	now := e.cfg.Now()
	err := e.cfg.Store.MoveOrders(ctx, moved, []store.Event{
		{Occurrence: from, At: now, Kind: "plan", Who: e.cfg.Who, Text: "the plan holds this class as " + to + " now; the orders for it go over"},
		{Occurrence: to, At: now, Kind: "plan", Who: e.cfg.Who, Text: "the plan held this class as " + from + " before; the orders for it go over"},
	})
	if err != nil {
		return nil, err
	}
	e.log.Warn("operators' orders go over to the new identity of a class, whose start in UTC has changed",
		"occurrence", to, "before", from, "shift_s", by.Seconds(), "orders", len(moved), "day", moved[0].Day, "clock", moved[0].Clock)
	e.forwardOrders(from, to, moved)
	return moved, nil
}

// forwardOrders hands on those of the moved orders that wait for their occurrence to come within the horizon.
func (e *Engine) forwardOrders(from, to string, moved []store.Command) {
	e.mu.Lock()
	delete(e.carriedOut, from)
	waiting := e.orders[from]
	delete(e.orders, from)
	owner := e.known[to]
	var now []store.Command
	for _, cmd := range moved {
		if !slices.ContainsFunc(waiting, func(w store.Command) bool { return w.ID == cmd.ID }) {
			continue
		}
		if owner != nil {
			now = append(now, cmd)
		} else {
			e.orders[to] = append(e.orders[to], cmd)
		}
	}
	e.mu.Unlock()
	for _, cmd := range now {
		e.obey(owner, cmd)
	}
}

// startOf is the instant at the end of an identity; zero where there is none.
func startOf(id string) time.Time {
	at, _ := time.Parse("20060102T150405Z", id[strings.LastIndexByte(id, '/')+1:])
	return at
}
