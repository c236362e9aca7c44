package runner

import (
	"encoding/json"
	"fmt"
	"time"
)

// Extension is an operator's order to let a class last longer. It stays with the occurrence whatever its plan becomes, and
// moves with the start of its class; of a plan's later end and an extension the later one counts.
type Extension struct {
	Until  time.Time `json:"until"`          // the class ends then, padding comes after it
	Start  time.Time `json:"start,omitzero"` // of the class that it was given for; zero: not known
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Reason string    `json:"reason,omitempty"`
}

// The kinds of operators' commands, as the store keeps them.
const (
	CommandCancel   = "cancel"
	CommandUncancel = "uncancel"
	CommandExtend   = "extend" // Args: ExtendArgs
	CommandStop     = "stop"   // a cancel that leaves what has not begun
)

// ExtendArgs are the arguments of an extend command. The end is an instant and no length, so that carrying a command out
// twice, as a crash may have it, changes nothing.
type ExtendArgs struct {
	Until time.Time `json:"until"`
	Start time.Time `json:"start,omitzero"` // of the class that it is given for, with which the end moves
}

// For gives the extension as it is for a class that starts at an instant. It stays as it is where that instant is not
// known, or the start that it was given for.
func (x *Extension) For(start time.Time) *Extension {
	if x == nil || x.Start.IsZero() || start.IsZero() || x.Start.Equal(start) {
		return x
	}
	moved := *x
	moved.Until, moved.Start = x.Until.Add(start.Sub(x.Start)), start
	return &moved
}

// exceeds says that an extension is longer than one that was given before it, or that there is none.
func (x *Extension) exceeds(before *Extension) bool {
	return before == nil || x.Until.After(before.For(x.Start).Until)
}

// lasting gives the target as it is with the extension laid over it.
func (t Target) lasting(x *Extension) Target {
	x = x.For(t.Start)
	if x == nil || !x.Until.After(t.End) {
		return t
	}
	after := max(t.Until.Sub(t.End), 0)
	t.End = x.Until
	t.Until = later(t.Until, t.End.Add(after))
	t.MaxHour, t.ExpireHour = t.hours(t.firstRequest())
	return t
}

// extend lays an extension over an occurrence and tells what came of it once that is stored.
func (c *conductor) extend(id string, order Extension, tell func(string)) {
	c.post(func() { c.order(id, func(t *task) { c.extended(t, order, tell) }) })
}

func (c *conductor) extended(t *task, order Extension, tell func(string)) {
	if t != nil {
		order = *order.For(t.state.Start)
	}
	switch now := c.e.cfg.Now(); {
	case t == nil:
		tell("the occurrence is not at work")
	case t.state.Phase == Over || t.state.Phase == Stopping && !t.state.fresh():
		tell("refused: its end has come already")
	case t.state.Cancel != nil:
		tell("refused: it is cancelled")
	case !order.Until.After(now):
		tell("refused: the new end is already past")
	case !order.Until.After(t.state.End):
		tell(fmt.Sprintf("it ends at %s anyway", t.state.End.Format(time.RFC3339)))
	default:
		if order.At.After(now) {
			order.At = now
		}
		t.changes = append(t.changes, func(s *State) {
			if s.Phase != Over && order.exceeds(s.Extended) {
				s.Extended = &order
				s.Target = s.lasting(&order)
			}
		})
		t.settled = append(t.settled, tell)
		c.step(t, Observation{})
	}
}

// extension reads an extend command.
func extension(at time.Time, who, reason string, args []byte) (Extension, error) {
	var a ExtendArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return Extension{}, fmt.Errorf("its arguments cannot be read: %w", err)
	}
	return Extension{Until: a.Until, Start: a.Start, At: at, Who: who, Reason: reason}, nil
}
