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
	"rundown/plan/schedule"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Operators' orders belong to an occurrence's identity, not to its row: a plan that no longer holds the class removes
// the row, and where the class comes back the orders hold again. The store's commands are the record of them.

// standing is what the orders that were carried out come to.
type standing struct {
	cancel   *session.Cancel
	extended *session.Extension
}

func (o standing) none() bool { return o.cancel == nil && o.extended == nil }

// standingOf sums up orders, oldest first.
func standingOf(orders []store.Command) standing { return standing{}.with(orders) }

// Ordered lays orders, oldest first, over the cancellation and the extension that held before them; nil is none.
func Ordered(cancel *session.Cancel, extended *session.Extension, orders []store.Command) (*session.Cancel, *session.Extension) {
	o := standing{cancel, extended}.with(orders)
	return o.cancel, o.extended
}

// with lays further orders over those before.
func (o standing) with(orders []store.Command) standing {
	for _, cmd := range orders {
		switch cmd.Kind {
		case session.CommandCancel, session.CommandStop:
			o.cancel = &session.Cancel{At: cmd.At, Who: cmd.Who, Reason: cmd.Reason, ReasonCode: reason.CancelledByOperator}
		case session.CommandUncancel:
			o.cancel = nil
		case session.CommandExtend:
			x, err := session.ParseExtension(cmd.At, cmd.Who, cmd.Reason, cmd.Args)
			if err == nil && x.Exceeds(o.extended) {
				o.extended = &x
			}
		}
	}
	return o
}

// lay puts the orders over the state of an occurrence that a plan adds.
func (o standing) lay(s *session.State) {
	if o.extended != nil {
		s.Extended = o.extended
		s.Target = s.Lasting(o.extended)
	}
	if o.cancel != nil {
		s.Cancel = o.cancel
	}
}

// describe says for the log what the orders mean for a class as its plan has it.
func (o standing) describe(t *session.Target) string {
	var parts []string
	if o.cancel != nil {
		parts = append(parts, "cancelled by "+o.cancel.Who)
	}
	if o.extended != nil {
		parts = append(parts, fmt.Sprintf("extended to %s by %s", o.extended.UntilFor(t.Start, t.OwnEnd()).Format(time.RFC3339), o.extended.Who))
	}
	return strings.Join(parts, ", ")
}

// standing gives the orders that hold for an occurrence.
func (e *Engine) standing(id string) standing {
	e.mu.Lock()
	defer e.mu.Unlock()
	return standingOf(e.carriedOut[id])
}

// lasts says that an extension has a class of a plan end after an instant.
func (o standing) lasts(b *schedule.Brief, at time.Time) bool {
	return o.extended != nil && o.extended.UntilFor(b.Start(), b.End()).After(at)
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
	all, err := e.cfg.Store.Orders(ctx, e.lookBack().Add(-movedFar)) // an identity names the planned time, and a plan may have moved its class ahead
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	byOccurrence := map[string][]store.Command{}
	for _, cmd := range all {
		byOccurrence[cmd.Occurrence] = append(byOccurrence[cmd.Occurrence], cmd)
	}
	for _, a := range plans {
		now := renamed(a.plan, byOccurrence)
		for _, id := range slices.Sorted(maps.Keys(now)) {
			moved, err := e.moveOrders(ctx, id, now[id], byOccurrence[id])
			if err != nil {
				return fmt.Errorf("move the orders for %s to %s: %w", id, now[id], err)
			}
			delete(byOccurrence, id)
			byOccurrence[now[id]] = append(byOccurrence[now[id]], moved...)
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

// identities are what a plan calls the classes of one recording.
type identities struct {
	planned map[string]bool   // the identities
	local   map[string]string // identity by planned local day and time
}

// identitiesOf lists the classes of a recording, by its name or one that it had, around the planned days of some orders.
func identitiesOf(p *plan.Plan, recording string, first, last time.Time) identities {
	of := identities{map[string]bool{}, map[string]string{}}
	for _, r := range p.Recordings {
		if r.ID != recording && !slices.Contains(r.Was, recording) {
			continue
		}
		for _, o := range schedule.OccurrencesOf(r, p, first.Add(-movedFar), last.Add(movedFar)) {
			of.planned[o.ID] = true
			of.local[o.Planned.Format(time.DateOnly)+" "+session.ClockText(o.Planned)] = o.ID
		}
	}
	return of
}

// movedFar is how far from its planned day a change of the plan may have moved a class.
const movedFar = 366 * 24 * time.Hour

// renamed gives, by the identity of orders, the identity that a plan has now for their class, where it has none under
// theirs: the class of the same recording that is planned at the same local day and time. The UTC start of a class
// changes when its zone does, or when the zone's rules do.
func renamed(p *plan.Plan, orders map[string][]store.Command) map[string]string {
	type span struct{ first, last time.Time }
	spans := map[string]span{} // by recording
	for id, of := range orders {
		recording, day, _, ok := classOf(p, id, of)
		if !ok {
			continue
		}
		s, seen := spans[recording]
		if !seen {
			s = span{day, day}
		}
		spans[recording] = span{session.Left(s.first, day), session.Later(s.last, day)}
	}
	known := map[string]identities{}
	for recording, s := range spans {
		known[recording] = identitiesOf(p, recording, s.first, s.last)
	}
	to := map[string]string{}
	for id, of := range orders {
		recording, _, local, ok := classOf(p, id, of)
		if now := known[recording].local[local]; ok && now != "" && !known[recording].planned[id] {
			to[id] = now
		}
	}
	return to
}

// classOf reads the recording, the planned day, and the planned local day and time of the class of some orders; ok is
// false for another plan's, and where none of them has a day.
func classOf(p *plan.Plan, id string, orders []store.Command) (recording string, day time.Time, local string, ok bool) {
	parts := strings.Split(id, "/")
	i := slices.IndexFunc(orders, func(cmd store.Command) bool { return cmd.Day != "" })
	if len(parts) != 3 || parts[0] != p.Name || i < 0 {
		return "", time.Time{}, "", false
	}
	day, err := time.Parse(time.DateOnly, orders[i].Day)
	return parts[1], day, orders[i].Day + " " + orders[i].Clock, err == nil
}

// moveOrders gives the orders of one identity to another, in the store and here. An extension is by so much longer than
// the class, hence it moves with its start.
func (e *Engine) moveOrders(ctx context.Context, from, to string, orders []store.Command) ([]store.Command, error) {
	by := startOf(to).Sub(startOf(from))
	moved := slices.Clone(orders)
	for i := range moved {
		cmd := &moved[i]
		cmd.Occurrence = to
		var args session.ExtendArgs
		if cmd.Kind != session.CommandExtend || json.Unmarshal(cmd.Args, &args) != nil {
			continue
		}
		args.Until = args.Until.Add(by)
		for _, at := range []*time.Time{&args.Start, &args.End} {
			if !at.IsZero() {
				*at = at.Add(by)
			}
		}
		text, err := json.Marshal(args)
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
	if owner != nil {
		e.obey(owner, to, now)
	}
}

// startOf is the instant at the end of an identity; zero where there is none.
func startOf(id string) time.Time {
	at, _ := time.Parse("20060102T150405Z", id[strings.LastIndexByte(id, '/')+1:])
	return at
}
