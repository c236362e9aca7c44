// Package operate is what operators do with classes: cancel, take that back, stop, extend. Commands, the JSON API and the
// duty page call the same functions, so that they refuse alike and say the same words.
//
// Each function judges the class as [view.Finder] gives it, so that a refusal says in full what people can do about it, and makes an
// order part of what is wanted of it, in the store. Binding is what [runner.Give] says: it judges again in the transaction that writes
// the order, by the same reason codes and in fewer words, which are seen only where the class has changed in between. Nothing waits for the daemon: [Answer] says what the order will do, and whether a daemon is there to do it. The
// event log has who gave it, why and from where.
package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"rundown/plan"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// MaxExtension bounds a typing mistake.
const MaxExtension = 24 * time.Hour

// Operator says who gives an order.
type Operator struct {
	Who  string // for the log
	From string // from where: an address of the network; "": a command on a machine that has the store
	Why  string // in the operator's words; "": not said
	Key  string // of the request; a second order with it for the same class is not given again; "": each is an order
	Now  time.Time
	// Closure is the number of the closure that the order belongs to; 0: none.
	Closure int64
}

// Order is an order that was judged and can be given.
type Order struct {
	Command store.Command
	planned session.Interval // of a class that the store does not hold
	effect  string           // what it does, as the rest of a sentence
}

// GiveIn gives the order in a transaction of the caller. The command that it returns says whether the order holds.
func (o *Order) GiveIn(t *store.SpecTx) (store.Command, error) {
	return runner.GiveIn(t, o.Command, o.planned)
}

// Answer says what an order does.
type Answer struct {
	Order  int64  // its number in the store
	ID     string // of the class
	Effect string // "will be cancelled"
	When   string // when it is carried out, as the rest of the sentence
	Daemon bool   // a process is using the store that can carry it out
	Before bool   // an order with the same key was given before, and this is its number
}

// Text is the answer in one line. meant says which class was meant where the ID left that open; it may be "".
func (a Answer) Text(meant string) string { return a.ID + meant + ": " + a.Effect + a.When }

// Cancel has a class not recorded, or stopped where it runs.
func Cancel(ctx context.Context, s *store.Store, c view.Class, by Operator) (Answer, error) {
	return give(ctx, s, c, by, session.CommandCancel, func() (Order, error) { return CancelOrder(c, by) })
}

// CancelOrder is the order to cancel a class.
func CancelOrder(c view.Class, by Operator) (Order, error) {
	if err := Cancellable(c, false, by.Now); err != nil {
		return Order{}, err
	}
	return orderOf(c, by, store.Command{Kind: session.CommandCancel}, "will be cancelled")
}

// Undo takes a cancellation back.
func Undo(ctx context.Context, s *store.Store, c view.Class, by Operator) (Answer, error) {
	return give(ctx, s, c, by, session.CommandUncancel, func() (Order, error) { return UndoOrder(c, by) })
}

// UndoOrder is the order to take the cancellation of a class back.
func UndoOrder(c view.Class, by Operator) (Order, error) {
	if err := Cancellable(c, true, by.Now); err != nil {
		return Order{}, err
	}
	effect := "the cancellation is taken back, and the class will be recorded"
	if view.ReadDoc[view.OccurrenceDoc](c.Row.Doc).Absent && !c.Begun() {
		effect = "the cancellation is taken back; the class will be recorded if its plan holds it again"
	}
	return orderOf(c, by, store.Command{Kind: session.CommandUncancel}, effect)
}

// UndoLast takes a cancellation back, or where there is none the last extension. It is refused where a cancellation was taken back
// last: a request that is sent twice does not take back an extension, too.
func UndoLast(ctx context.Context, s *store.Store, c view.Class, by Operator) (Answer, error) {
	for _, kind := range []string{session.CommandUncancel, session.CommandUnextend} {
		if a, err := givenBefore(ctx, s, c, by, kind); err != nil || a.Before {
			return a, err
		}
	}
	orders, err := s.OrdersFor(ctx, c.Row.ID)
	if err != nil {
		return Answer{}, fmt.Errorf("read the orders for %s: %w", c.Row.ID, err)
	}
	undone := len(orders) > 0 && orders[len(orders)-1].Kind == session.CommandUncancel
	if _, cancelled := c.Cancelled(); !cancelled && !undone && Shortenable(c, by.Closure, by.Now) == nil {
		return Unextend(ctx, s, c, by)
	}
	return Undo(ctx, s, c, by)
}

// Unextend takes back the last extension that was given for a class alone. It ends as before that.
func Unextend(ctx context.Context, s *store.Store, c view.Class, by Operator) (Answer, error) {
	a, err := give(ctx, s, c, by, session.CommandUnextend, func() (Order, error) { return UnextendOrder(c, by) })
	if err != nil || a.Before {
		return a, err
	}
	if !c.Stored() && c.Planned != nil { // the orders are laid over the plan's class, not over the orders of before
		c.Row = view.AsRow(c.Planned)
	}
	after, err := view.Ordered(ctx, s, c.Row)
	if err != nil {
		return a, err
	}
	c.Row = after
	a.Effect = "the extension is taken back, new end " + clock(c, c.End())
	return a, nil
}

// UnextendOrder is the order to take back the extension that the closure of the operator gave a class; without a closure, the last
// one that was given for the class alone.
func UnextendOrder(c view.Class, by Operator) (Order, error) {
	if err := Shortenable(c, by.Closure, by.Now); err != nil {
		return Order{}, err
	}
	effect := "the extension is taken back"
	if by.Closure != 0 {
		effect = "ends as before closure " + strconv.FormatInt(by.Closure, 10)
	}
	return orderOf(c, by, store.Command{Kind: session.CommandUnextend}, effect)
}

// Stop ends the recording of a class that runs.
func Stop(ctx context.Context, s *store.Store, c view.Class, by Operator) (Answer, error) {
	return give(ctx, s, c, by, session.CommandStop, func() (Order, error) {
		if err := Stoppable(c, by.Now); err != nil {
			return Order{}, err
		}
		return orderOf(c, by, store.Command{Kind: session.CommandStop}, "will be stopped")
	})
}

// Extend has a class end so much later than it would now.
func Extend(ctx context.Context, s *store.Store, c view.Class, length time.Duration, by Operator) (Answer, error) {
	if length < time.Second || length > MaxExtension {
		return Answer{}, reason.Refuse(reason.OrderInvalid, "%s cannot be extended by %s: the length must be from 1s to %s", c.Row.ID, plan.DurationText(length), plan.DurationText(MaxExtension))
	}
	return extend(ctx, s, c, length, by)
}

// ExtendTo has a class end at an instant, which must be later than it would end now. Giving it twice changes nothing.
func ExtendTo(ctx context.Context, s *store.Store, c view.Class, until time.Time, by Operator) (Answer, error) {
	return extend(ctx, s, c, until.Sub(c.End()), by)
}

func extend(ctx context.Context, s *store.Store, c view.Class, length time.Duration, by Operator) (Answer, error) {
	return give(ctx, s, c, by, session.CommandExtend, func() (Order, error) { return ExtendOrder(c, length, by) })
}

// ExtendOrder is the order to have a class end so much later than it would now.
func ExtendOrder(c view.Class, length time.Duration, by Operator) (Order, error) {
	end, err := Extendable(c, length, by.Now)
	switch {
	case err != nil:
		return Order{}, err
	case length < time.Second:
		return Order{}, reason.Refuse(reason.EndNotLater, "%s ends at %s already", c.Row.ID, zoned(c, c.End()))
	case length > MaxExtension:
		return Order{}, reason.Refuse(reason.OrderInvalid, "%s would end %s later: %s at most", c.Row.ID, plan.DurationText(length), plan.DurationText(MaxExtension))
	}
	args, err := json.Marshal(session.ExtendArgs{Until: end, Start: c.Row.Start, End: view.PlanEnd(c.Row)})
	if err != nil {
		return Order{}, err
	}
	return orderOf(c, by, store.Command{Kind: session.CommandExtend, Args: args}, "new end "+clock(c, end))
}

// orderOf completes an order for a class.
func orderOf(c view.Class, by Operator, cmd store.Command, effect string) (o Order, err error) {
	cmd.At, cmd.Occurrence, cmd.Who, cmd.Reason, cmd.Closure = by.Now, c.Row.ID, by.Who, by.Why, by.Closure
	if cmd.Args, err = withOrigin(cmd.Args, by); err != nil {
		return o, err
	}
	o = Order{Command: cmd, effect: effect}
	if !c.Stored() { // else the store takes them from the row
		o.Command.Day, o.Command.Clock = c.Row.Day, c.Row.Clock
		o.planned = session.Interval{Start: c.Row.Start, End: c.Row.End, From: c.Row.Start, Until: c.Row.End}
	}
	return o, nil
}

// give judges an order for the class and has the store hold it. Where the same request has given one before, that is the answer:
// judged again, a cancellation would be refused since the class is cancelled.
func give(ctx context.Context, s *store.Store, c view.Class, by Operator, kind string, judged func() (Order, error)) (Answer, error) {
	if a, err := givenBefore(ctx, s, c, by, kind); err != nil || a.Before {
		return a, err
	}
	o, err := judged()
	if err != nil {
		return Answer{}, err
	}
	id := c.Row.ID
	given, err := runner.Give(ctx, s, o.Command, o.planned)
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("store the order for %s: %w", id, err)
	case !given.CarriedOut(): // somebody else was faster
		return Answer{}, reason.Refuse(reason.Code(given.ReasonCode), "%s: %s", id, given.Result)
	}
	daemon := view.Attended(ctx, s, by.Now)
	return Answer{Order: given.ID, ID: id, Effect: o.effect, When: When(daemon), Daemon: daemon}, nil
}

// When says, as the rest of a sentence, when what was written to the store is carried out: whether a process is using the store.
func When(daemon bool) string {
	if daemon {
		return " (the daemon picks it up within a second)"
	}
	return "; no daemon is running"
}

// origin is what the arguments of an order say of the request that it came by.
type origin struct {
	From    string `json:"from"`
	Key     string `json:"key,omitempty"`
	Closure int64  `json:"closure,omitempty"`
}

// withOrigin adds to the arguments of an order from where it came, which the event log then has too.
func withOrigin(args []byte, by Operator) ([]byte, error) {
	if by.From == "" && by.Key == "" && by.Closure == 0 {
		return args, nil
	}
	fields := map[string]any{}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &fields); err != nil {
			return nil, err
		}
	}
	fields["from"] = by.From
	if by.Closure != 0 {
		fields["closure"] = by.Closure
	}
	if by.Key != "" {
		fields["key"] = by.Key
	}
	return json.Marshal(fields)
}

// givenBefore looks for an order for the class that was given by the same request: the same operator, kind and key.
func givenBefore(ctx context.Context, s *store.Store, c view.Class, by Operator, kind string) (Answer, error) {
	if by.Key == "" {
		return Answer{}, nil
	}
	orders, err := s.OrdersFor(ctx, c.Row.ID)
	if err != nil {
		return Answer{}, fmt.Errorf("read the orders for %s: %w", c.Row.ID, err)
	}
	for _, o := range orders {
		var was origin
		if o.Kind != kind || o.Who != by.Who || json.Unmarshal(o.Args, &was) != nil || was.Key != by.Key {
			continue
		}
		return Answer{Order: o.ID, ID: c.Row.ID, Effect: "the order was given before", Before: true, Daemon: view.Attended(ctx, s, by.Now)}, nil
	}
	return Answer{}, nil
}
