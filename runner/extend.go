package runner

import (
	"encoding/json"
	"fmt"
	"time"
)

// Extension is an operator's order to let a class last longer. It stays with the occurrence whatever its plan becomes;
// of a plan's later end and an extension the later one counts.
type Extension struct {
	Until  time.Time `json:"until"` // the class ends then, padding comes after it
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

// ExtendArgs are the arguments of an extend command. The end is absolute, so that carrying a command out twice, as a
// crash may have it, changes nothing.
type ExtendArgs struct {
	Until time.Time `json:"until"`
}

// lasting gives the target as it is with the extension laid over it.
func (t Target) lasting(x *Extension) Target {
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
			if s.Phase != Over && (s.Extended == nil || order.Until.After(s.Extended.Until)) {
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
	return Extension{Until: a.Until, At: at, Who: who, Reason: reason}, nil
}
