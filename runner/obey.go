package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Orders for one class that wait together are carried out as one change: what counts is what they come to. A cancel
// that is taken back before anybody carried it out must not stop the recording and begin another.

// The results of orders that were not carried out because of a later one.
var (
	resultSuperseded = reason.Because(reason.OrderSuperseded, "superseded by a later order")
	resultTakenBack  = reason.Because(reason.OrderTakenBack, "without effect: the class was cancelled and that was taken back before a daemon saw it")
)

// carriedOut is the result of an order that was carried out: there is no reason why it was not.
var carriedOut = reason.Reason{}

// obey has the owner of an occurrence carry out the orders for it that wait, oldest first. They are settled once their
// effect is stored.
func (e *Engine) obey(c *conductor, id string, orders []store.Command) {
	if len(orders) == 0 {
		return
	}
	c.post(func() { c.order(id, func(owner *conductor, t *task) { owner.carryOut(t, id, orders) }) })
}

// carryOut judges orders one after the other and makes one change of what they come to.
func (c *conductor) carryOut(t *task, id string, orders []store.Command) {
	b := &batch{now: c.e.cfg.Now(), cancelled: -1, extended: -1, before: c.e.standing(id)}
	if t != nil {
		b.state, b.cancel, b.target, b.extension = &t.state, t.state.Cancel, t.state.Target, t.state.Extended
	}
	for i := range orders {
		b.results = append(b.results, b.take(i, &orders[i]))
	}
	if b.cancelled >= 0 && b.cancel == nil && b.state.Cancel == nil {
		b.results[b.cancelled], b.cancelled = resultTakenBack, -1
	}
	c.logOrders(id, orders, b)
	settle := func(result reason.Reason) {
		for i, cmd := range orders {
			c.e.settle(cmd, b.results[i].Or(result))
		}
	}
	switch {
	case b.cancelled < 0 && b.extended < 0:
		settle(carriedOut) // those that were carried out before
	case b.cancel == nil && t.absent && t.state.Phase == session.Over && len(t.state.Sessions) == 0:
		// The plan does not hold it any more. What is planned and absent is removed, and comes back with the plan.
		c.remove(t, func() { settle(carriedOut) })
	default:
		t.changes = append(t.changes, b.change())
		t.settled = append(t.settled, settle)
		c.step(t, session.Observation{})
	}
}

// batch is what some orders for one class come to.
type batch struct {
	now   time.Time
	state *session.State // before them; nil: the occurrence is not at work

	cancel    *session.Cancel // after them
	cancelled int             // which of them that is due to, -1: none
	extension *session.Extension
	extended  int // which of them that is due to, -1: none
	target    session.Target

	before   standing        // by the orders that are settled
	repeated []int           // of them, those that an earlier process carried out and did not settle
	results  []reason.Reason // of each order; none: it is carried out
}

// repeat says that an order was carried out before: its effect is stored, and a crash kept it from being settled.
func (b *batch) repeat(i int) reason.Reason {
	b.repeated = append(b.repeated, i)
	return carriedOut
}

// take judges an order after those before it, and tells why it is not carried out; none where it is.
func (b *batch) take(i int, cmd *store.Command) reason.Reason {
	switch {
	case b.state == nil:
		return reason.Because(reason.NotActive, "the occurrence is not at work")
	case cmd.Kind == session.CommandExtend:
		return b.extend(i, cmd)
	case cmd.Kind == session.CommandUncancel:
		return b.undo(i)
	case (cmd.Kind == session.CommandCancel || cmd.Kind == session.CommandStop) && b.cancel != nil && b.cancel == b.state.Cancel &&
		b.cancel.ReasonCode == reason.CancelledByOperator && b.cancel.At.Equal(cmd.At) && b.cancel.Who == cmd.Who && b.cancel.Reason == cmd.Reason:
		return b.repeat(i)
	case cmd.Kind == session.CommandStop && b.state.Phase != session.Over && b.state.Fresh():
		return reason.Because(reason.NotBegun, "it has not begun")
	case cmd.Kind == session.CommandCancel || cmd.Kind == session.CommandStop:
		if b.state.Phase == session.Over && !b.undone() {
			return reason.Because(reason.HasEnded, "it had ended already: %s", b.state.Outcome)
		}
		b.cancel = &session.Cancel{At: session.Left(cmd.At, b.now), Who: cmd.Who, Reason: cmd.Reason, ReasonCode: reason.CancelledByOperator}
		b.setCancelled(i)
		return carriedOut
	}
	return reason.Because(reason.OrderInvalid, "unknown command %q", cmd.Kind)
}

// undone says that an order took the cancellation back that the class had before.
func (b *batch) undone() bool { return b.cancel == nil && b.state.Cancel != nil }

func (b *batch) undo(i int) reason.Reason {
	switch {
	case b.cancel == nil && b.cancelled < 0 && b.before.cancel != nil:
		return b.repeat(i)
	case b.cancel == nil:
		return reason.Because(reason.NotCancelled, "it was not cancelled")
	case !b.now.Before(b.target.End):
		return reason.Because(reason.EndPassed, "refused: its end has passed")
	}
	b.cancel = nil
	b.setCancelled(i)
	return carriedOut
}

// setCancelled has an order take the place of an earlier one that cancelled the class or took that back.
func (b *batch) setCancelled(i int) {
	if b.cancelled >= 0 {
		b.results[b.cancelled] = resultSuperseded
	}
	b.cancelled = i
}

func (b *batch) extend(i int, cmd *store.Command) reason.Reason {
	x, err := session.ParseExtension(session.Left(cmd.At, b.now), cmd.Who, cmd.Reason, cmd.Args)
	if err != nil {
		return reason.Because(reason.OrderInvalid, "refused: %s", err)
	}
	if y := b.state.Extended; y != nil && y.Until.Equal(x.Until) && y.Start.Equal(x.Start) && y.End.Equal(x.End) && y.At.Equal(x.At) && y.Who == x.Who {
		return b.repeat(i)
	}
	until := x.UntilFor(b.target.Start, b.target.OwnEnd())
	switch s := b.state; {
	case !b.undone() && (s.Phase == session.Over || s.Phase == session.Stopping && !s.Fresh()):
		return reason.Because(b.endedCode(), "refused: its end has come already")
	case b.cancel != nil:
		return reason.Because(reason.IsCancelled, "refused: it is cancelled")
	case !until.After(b.now):
		return reason.Because(reason.EndPassed, "refused: the new end is already past")
	case !until.After(b.target.End):
		return reason.Because(reason.EndNotLater, "it ends at %s anyway", b.target.End.Format(time.RFC3339))
	}
	if b.extended >= 0 {
		b.results[b.extended] = resultSuperseded
	}
	b.extension, b.extended, b.target = &x, i, b.target.Lasting(&x)
	return carriedOut
}

// endedCode tells a class that has ended from one that is being stopped.
func (b *batch) endedCode() reason.Code {
	if b.state.Phase == session.Over {
		return reason.HasEnded
	}
	return reason.IsStopping
}

// change is what the orders come to, for a state.
func (b *batch) change() func(*session.State) {
	cancel, cancelled := b.cancel, b.cancelled >= 0
	extension, extended := b.extension, b.extended >= 0
	return func(s *session.State) {
		if cancelled {
			s.Cancel = cancel
		}
		if over := s.Phase == session.Over && (s.Outcome != session.Cancelled || s.Cancel != nil); extended && !over && extension.Exceeds(s.Extended) {
			s.Extended = extension
			s.Target = s.Lasting(extension)
		}
	}
}

// logOrders logs orders as they are taken in, with what they change.
func (c *conductor) logOrders(id string, orders []store.Command, b *batch) {
	for i, cmd := range orders {
		attrs := orderAttrs(cmd)
		switch {
		case slices.Contains(b.repeated, i):
			attrs = append(attrs, "effect", "none", "result", "it was carried out before")
		case !b.results[i].None():
			attrs = append(attrs, "effect", "none", "result", b.results[i].Text, "reason_code", b.results[i].Code)
		case i == b.extended:
			attrs = append(attrs, "effect", "new end", "end", b.target.End.UTC(), "end_before", b.state.End.UTC())
		case b.cancel == nil:
			attrs = append(attrs, "effect", "cancellation taken back")
		default:
			attrs = append(attrs, "effect", "cancelled")
		}
		c.log.Info("order taken", attrs...)
	}
}

// orderAttrs tells of an order in the log.
func orderAttrs(cmd store.Command) []any {
	return []any{"occurrence", cmd.Occurrence, "order", cmd.Kind, "who", cmd.Who, "reason", cmd.Reason, "given_at", cmd.At.UTC()}
}

// Cancel ends an occurrence, or keeps it from beginning.
func (e *Engine) Cancel(id, who, reason string) error {
	e.mu.Lock()
	c := e.known[id]
	e.mu.Unlock()
	if c == nil {
		return fmt.Errorf("%s: no such occurrence is at work", id)
	}
	e.obey(c, id, []store.Command{{At: e.cfg.Now(), Occurrence: id, Kind: session.CommandCancel, Who: who, Reason: reason}})
	return nil
}

// readCommands takes up the operators' commands that nobody has settled.
func (e *Engine) readCommands(ctx context.Context) error {
	commands, err := e.cfg.Store.Commands(ctx)
	if err != nil {
		return fmt.Errorf("read commands: %w", err)
	}
	stopped := map[string]bool{}
	for _, cmd := range commands {
		stopped[cmd.Occurrence] = stopped[cmd.Occurrence] || cmd.Kind == session.CommandStop
	}
	var ids []string // in the order in which the first order was given
	orders := map[string][]store.Command{}
	owners := map[string]*conductor{}
	e.mu.Lock()
	for _, cmd := range commands {
		id := cmd.Occurrence
		if e.taken[cmd.ID] || e.stopping && !stopped[id] {
			continue
		}
		e.taken[cmd.ID] = true
		c := e.known[id]
		if c == nil {
			e.orders[id] = append(e.orders[id], cmd) // it may come within the horizon later
			e.log.Info("order waits until its class is near", orderAttrs(cmd)...)
			continue
		}
		if owners[id] == nil {
			ids = append(ids, id)
		}
		owners[id], orders[id] = c, append(orders[id], cmd)
	}
	e.mu.Unlock()
	for _, id := range ids {
		e.obey(owners[id], id, orders[id])
	}
	return nil
}

// settle records what became of an order: why it was not carried out, or none where it was. One that was not carried out
// because another process owns the App ID now stays for that process.
func (e *Engine) settle(cmd store.Command, result reason.Reason) {
	if cmd.ID == 0 { // it was not left in the store
		return
	}
	if !result.None() && e.lost.Load() {
		return
	}
	if result.None() {
		e.noteCarriedOut(cmd)
		result.Text = store.Done
	}
	if err := e.cfg.Store.SettleCommand(context.WithoutCancel(e.ctx), cmd.ID, e.cfg.Now(), string(result.Code), result.Text); err != nil {
		e.log.Error("a command was carried out but could not be settled", "command", cmd.ID, "error", err)
	}
}
