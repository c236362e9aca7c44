package runner

import (
	"context"
	"encoding/json"
	"errors"
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

// Give judges an operator's order and makes it part of what is wanted of its class, in one transaction: it holds when Give
// returns, or it is refused and the result says why. planned is the class as an active plan has it, for one that the store
// has no row for yet; the zero Interval where no active plan holds it.
func Give(ctx context.Context, s *store.Store, cmd store.Command, planned session.Interval) (store.Command, error) {
	given := cmd
	err := s.WriteSpecs(ctx, func(t *store.SpecTx) (err error) {
		given, err = GiveIn(t, cmd, planned)
		return err
	})
	return given, err
}

// GiveIn is [Give] in a transaction of the caller.
func GiveIn(t *store.SpecTx, cmd store.Command, planned session.Interval) (store.Command, error) {
	row, err := t.Row(cmd.Occurrence)
	if err != nil {
		return cmd, err
	}
	before, err := t.Commands(cmd.Occurrence)
	if err != nil {
		return cmd, err
	}
	var state *session.State
	orders := standingOf(before)
	switch {
	case row != nil:
		d, err := decodeRow(row)
		if err != nil {
			return cmd, err
		}
		view := session.View(d.Spec, d.Status)
		state, orders = &view, d.Spec.Orders
		if cmd.Day == "" {
			cmd.Day, cmd.Clock = row.Day, row.Clock
		}
	case !planned.Start.IsZero():
		view := session.View(session.Spec{Target: session.Target{Interval: planned}, Orders: orders}, session.Status{Phase: session.Planned})
		state = &view
	}
	after, why := judge(state, orders, before, &cmd, cmd.At)
	cmd.DoneAt, cmd.Result, cmd.ReasonCode = cmd.At, why.Text, string(why.Code)
	if why.None() {
		cmd.Result = store.Done
	}
	if err := t.AddCommand(&cmd); err != nil || row == nil || !why.None() {
		return cmd, err
	}
	if row.Absent && after.Cancel == nil && state.Phase == session.Ended && len(state.Sessions) == 0 { // it comes back with the plan
		return cmd, t.Forget(row.ID)
	}
	return cmd, setOrders(t, row, after)
}

// setOrders writes the orders of a row.
func setOrders(t *store.SpecTx, row *store.Row, orders session.Orders) error {
	d, err := decodeRow(row)
	if err != nil {
		return err
	}
	d.Spec.Orders = orders
	text, err := json.Marshal(orders)
	if err != nil {
		return err
	}
	return t.SetOrders(row.ID, text, session.View(d.Spec, d.Status).End)
}

// judge says what orders hold after one more, and why that is not carried out; none where it is. state is nil for a class
// that no active plan holds; before are the commands that orders sums up. It alone decides. Package operate also tells beforehand what
// an order would do, in its own words, and the class may change in between.
func judge(state *session.State, orders session.Orders, before []store.Command, cmd *store.Command, now time.Time) (session.Orders, reason.Reason) {
	var why reason.Reason
	switch {
	case state == nil:
		return orders, reason.Because(reason.NotActive, "no active plan holds it, and it is not being recorded")
	case cmd.Kind == session.CommandExtend:
		return judgeExtension(state, orders, cmd, now)
	case cmd.Kind == session.CommandUnextend:
		return judgeShorter(state, orders, before, cmd, now)
	case cmd.Kind == session.CommandUncancel:
		switch {
		case orders.Cancel == nil && state.Cancel != nil:
			why = reason.Because(reason.CancelledByPlan, "refused: its plan cancels it")
		case orders.Cancel == nil:
			why = reason.Because(reason.NotCancelled, "it was not cancelled")
		case !now.Before(state.End):
			why = reason.Because(reason.EndPassed, "refused: its end has passed")
		case state.Absent && state.Phase == session.Ended && !state.Fresh(): // no session can be begun without the plan's settings
			why = reason.Because(reason.NotActive, "refused: its plan does not hold it any more; put it back into the plan, then undo the cancellation")
		default:
			orders.Cancel = nil
		}
	case cmd.Kind != session.CommandCancel && cmd.Kind != session.CommandStop:
		why = reason.Because(reason.OrderInvalid, "unknown command %q", cmd.Kind)
	case state.Phase == session.Ended && (state.Outcome != session.Cancelled || state.Cancel != nil):
		why = reason.Because(reason.HasEnded, "it had ended already: %s", state.Outcome)
	case cmd.Kind == session.CommandStop && state.Fresh():
		why = reason.Because(reason.NotBegun, "it has not begun")
	default:
		orders.Cancel = cancelOf(cmd)
	}
	return orders, why
}

// cancelOf is the cancellation that an order to cancel or to stop means.
func cancelOf(cmd *store.Command) *session.Cancel {
	return &session.Cancel{At: cmd.At, Who: cmd.Who, Reason: cmd.Reason, ReasonCode: reason.CancelledByOperator, Closure: cmd.Closure}
}

// judgeExtension accepts a later end for a class that is not over: it only ever lengthens. What shortens is an order of its own.
func judgeExtension(s *session.State, orders session.Orders, cmd *store.Command, now time.Time) (session.Orders, reason.Reason) {
	x, err := extensionOf(cmd)
	if err != nil {
		return orders, reason.Because(reason.OrderInvalid, "refused: %s", err)
	}
	until := x.UntilFor(s.Start, s.OwnEnd())
	switch {
	case s.Phase == session.Ended && s.Cancel == nil && s.Outcome != session.Cancelled:
		return orders, reason.Because(reason.HasEnded, "refused: its end has come already")
	case s.Cancel != nil:
		return orders, reason.Because(reason.IsCancelled, "refused: it is cancelled")
	case s.Phase == session.Stopping && !s.Fresh():
		return orders, reason.Because(reason.IsStopping, "refused: its end has come already")
	case !until.After(now):
		return orders, reason.Because(reason.EndPassed, "refused: the new end is already past")
	case !until.After(s.End):
		return orders, reason.Because(reason.EndNotLater, "it ends at %s anyway", s.End.Format(time.RFC3339))
	}
	orders.Extended = &x
	return orders, reason.Reason{}
}

// extensionOf reads an order to extend.
func extensionOf(cmd *store.Command) (session.Extension, error) {
	x, err := session.ParseExtension(cmd.At, cmd.Who, cmd.Reason, cmd.Args)
	x.Closure = cmd.Closure
	return x, err
}

// judgeShorter takes an extension back: that of a closure, or the last one that was given for the class alone. What holds then is
// what was ordered before it, or the plan's end.
func judgeShorter(s *session.State, orders session.Orders, before []store.Command, cmd *store.Command, now time.Time) (session.Orders, reason.Reason) {
	rest := standingOf(append(slices.Clone(before), *cmd)).Extended
	end := s.OwnEnd()
	if rest != nil {
		end = session.Later(end, rest.UntilFor(s.Start, s.OwnEnd()))
	}
	taken, _ := revoked(append(slices.Clone(before), *cmd))
	held, _ := revoked(before)
	switch {
	case slices.Equal(taken[:len(before)], held) && cmd.Closure != 0:
		return orders, reason.Because(reason.NotExtended, "it was not extended by closure %d", cmd.Closure)
	case slices.Equal(taken[:len(before)], held):
		return orders, reason.Because(reason.NotExtended, "it was not extended")
	case s.Phase == session.Ended && s.Cancel == nil && s.Outcome != session.Cancelled:
		return orders, reason.Because(reason.HasEnded, "refused: its end has come already")
	case s.Phase == session.Stopping && !s.Fresh():
		return orders, reason.Because(reason.IsStopping, "refused: its end has come already")
	case !end.After(now):
		return orders, reason.Because(reason.EndPassed, "refused: its end without the extension is past")
	}
	orders.Extended = rest
	return orders, reason.Reason{}
}

// standingOf sums up orders, oldest first.
func standingOf(orders []store.Command) session.Orders { return with(session.Orders{}, orders) }

// Ordered lays orders, oldest first, over the cancellation and the extension that held before them; nil is none.
func Ordered(cancel *session.Cancel, extended *session.Extension, orders []store.Command) (*session.Cancel, *session.Extension) {
	o := with(session.Orders{Cancel: cancel, Extended: extended}, orders)
	return o.Cancel, o.Extended
}

// with lays further orders over those before.
func with(o session.Orders, orders []store.Command) session.Orders {
	taken, earlier := revoked(orders)
	if o.Extended != nil && earlier[o.Extended.Closure] {
		o.Extended = nil
	}
	for i := range orders {
		switch cmd := &orders[i]; cmd.Kind {
		case session.CommandCancel, session.CommandStop:
			o.Cancel = cancelOf(cmd)
		case session.CommandUncancel:
			o.Cancel = nil
		case session.CommandExtend:
			x, err := extensionOf(cmd)
			if err == nil && !taken[i] && x.Exceeds(o.Extended) {
				o.Extended = &x
			}
		}
	}
	return o
}

// revoked says of each order whether it is an extension that a later one takes back: all of a closure, or, of those that were given
// for the class alone, the last one that holds. earlier has the closures (0: none) of extensions before these orders that one of
// them takes back.
func revoked(orders []store.Command) (taken []bool, earlier map[int64]bool) {
	taken, earlier = make([]bool, len(orders)), map[int64]bool{}
	hold := map[int64][]int{} // by closure
	for i := range orders {
		closure := orders[i].Closure
		switch orders[i].Kind {
		case session.CommandExtend:
			hold[closure] = append(hold[closure], i)
		case session.CommandUnextend:
			last := hold[closure]
			earlier[closure] = earlier[closure] || closure != 0 || len(last) == 0
			if closure == 0 && len(last) > 1 {
				last = last[len(last)-1:]
			}
			for _, k := range last {
				taken[k] = true
			}
			hold[closure] = hold[closure][:len(hold[closure])-len(last)]
		}
	}
	return taken, earlier
}

// describe says for the log what orders mean for a class as its plan has it; "" where there are none.
func describe(o session.Orders, t *session.Target) string {
	var parts []string
	if o.Cancel != nil {
		parts = append(parts, "cancelled by "+o.Cancel.Who)
	}
	if o.Extended != nil {
		parts = append(parts, fmt.Sprintf("extended to %s by %s", o.Extended.UntilFor(t.Start, t.OwnEnd()).Format(time.RFC3339), o.Extended.Who))
	}
	return strings.Join(parts, ", ")
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
		spans[recording] = span{session.Earlier(s.first, day), session.Later(s.last, day)}
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

// standingOrders sums up the orders that hold, by identity.
func (e *Engine) standingOrders(ctx context.Context, since time.Time) (map[string]session.Orders, error) {
	all, err := e.ordersSince(ctx, since)
	sums := map[string]session.Orders{}
	for id, orders := range all {
		sums[id] = standingOf(orders)
	}
	return sums, err
}

// ordersSince lists the orders that were carried out, by identity. Those of classes of before since cannot matter any more, but for what a
// plan may have moved: an identity names the planned time.
func (e *Engine) ordersSince(ctx context.Context, since time.Time) (map[string][]store.Command, error) {
	all, err := e.cfg.Store.Orders(ctx, since.Add(-maxLength-movedFar))
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	orders := map[string][]store.Command{}
	for _, cmd := range all {
		orders[cmd.Occurrence] = append(orders[cmd.Occurrence], cmd)
	}
	return orders, nil
}

// moveOrders gives the orders of classes that a plan has under another identity now to that identity. It is called before
// the plan's occurrences are looked at.
func (e *Engine) moveOrders(ctx context.Context, a *applied) error {
	orders, err := e.ordersSince(ctx, e.since())
	if err != nil {
		return err
	}
	to := renamed(a.plan, orders)
	for _, from := range slices.Sorted(maps.Keys(to)) {
		if err := e.moveOrdersOf(ctx, from, to[from], orders[from]); err != nil {
			return fmt.Errorf("move the orders for %s to %s: %w", from, to[from], err)
		}
		delete(orders, from)
	}
	return e.passOnExtensions(ctx, a, orders)
}

// moveOrdersOf gives the orders of one identity to another. An extension is by so much longer than the class, hence it
// moves with its start.
func (e *Engine) moveOrdersOf(ctx context.Context, from, to string, orders []store.Command) error {
	by := startOf(to).Sub(startOf(from))
	moved, err := shifted(orders, to, by)
	if err != nil {
		return err
	}
	now := e.cfg.Now()
	err = e.cfg.Store.WriteSpecs(ctx, func(t *store.SpecTx) error {
		for _, cmd := range moved {
			if err := t.MoveCommand(cmd); err != nil {
				return err
			}
		}
		for id, text := range map[string]string{
			from: "the plan holds this class as " + to + " now; the orders for it go over",
			to:   "the plan held this class as " + from + " before; the orders for it go over",
		} {
			row, err := t.Row(id)
			if err != nil {
				return err
			}
			commands, err := t.Commands(id)
			if err != nil {
				return err
			}
			if begun := id == from && row != nil && len(row.Sessions) > 0; row != nil && !begun { // what has begun ends, or has ended, by what was ordered
				err = setOrders(t, row, standingOf(commands))
			}
			if err := errors.Join(err, t.Log(store.Event{Occurrence: id, At: now, Kind: "plan", Who: e.cfg.Who, Text: text})); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		e.log.Warn("moved operators' orders to the new identity of a class: its start in UTC has changed",
			"occurrence", to, "before", from, "shift_s", by.Seconds(), "orders", len(moved), "day", moved[0].Day, "clock", moved[0].Clock)
	}
	return err
}

// shifted are orders as they are for another identity.
func shifted(orders []store.Command, to string, by time.Duration) ([]store.Command, error) {
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
	return moved, nil
}

// startOf is the instant at the end of an identity; zero where there is none.
func startOf(id string) time.Time {
	at, _ := time.Parse("20060102T150405Z", id[strings.LastIndexByte(id, '/')+1:])
	return at
}

// orderWait is how long an order waits for the writes of the store before it.
const orderWait = 5 * time.Second

// logOrders logs the orders that were given since it looked last, each once, whichever goroutines look.
func (e *Engine) logOrders(ctx context.Context) error {
	e.mu.Lock()
	last := e.seen.command
	e.mu.Unlock()
	commands, err := e.cfg.Store.CommandsAfter(ctx, last)
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	for _, cmd := range e.notLogged(commands) {
		attrs := []any{"occurrence", cmd.Occurrence, "order", cmd.Kind, "who", cmd.Who, "reason", cmd.Reason, "given_at", cmd.At.UTC()}
		var args session.ExtendArgs
		switch {
		case !cmd.CarriedOut():
			attrs = append(attrs, "effect", "none", "result", cmd.Result, "reason_code", cmd.ReasonCode)
		case cmd.Kind == session.CommandExtend && json.Unmarshal(cmd.Args, &args) == nil:
			attrs = append(attrs, "effect", "new end", "end", args.Until.UTC())
		case cmd.Kind == session.CommandUncancel:
			attrs = append(attrs, "effect", "cancellation taken back")
		case cmd.Kind == session.CommandUnextend:
			attrs = append(attrs, "effect", "extension taken back")
			if cmd.Closure != 0 {
				attrs = append(attrs, "closure", cmd.Closure)
			}
		default:
			attrs = append(attrs, "effect", "cancelled")
		}
		e.log.Info("order taken", attrs...)
	}
	return nil
}

// notLogged gives those of some orders, by their numbers, that nobody has logged, and notes that the caller logs them.
func (e *Engine) notLogged(commands []store.Command) []store.Command {
	e.mu.Lock()
	defer e.mu.Unlock()
	commands = slices.DeleteFunc(commands, func(cmd store.Command) bool { return cmd.ID <= e.seen.command })
	if n := len(commands); n > 0 {
		e.seen.command = commands[n-1].ID
	}
	return commands
}
