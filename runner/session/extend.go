package session

import (
	"encoding/json"
	"fmt"
	"time"
)

// Extension is an operator's order to let a class last longer. It stays with the occurrence whatever its plan becomes, and
// moves with a class that is moved; of a plan's later end and an extension the later one counts. It is kept as it was
// given: [Extension.UntilFor] tells what it means now.
type Extension struct {
	Until  time.Time `json:"until"`          // the class ends then, padding comes after it
	Start  time.Time `json:"start,omitzero"` // of the class when it was given; zero: not known
	End    time.Time `json:"end,omitzero"`   // that the plan gave the class then; zero: not known
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Reason string    `json:"reason,omitempty"`
	// Closure is the number of the closure that gave it; 0: an operator's order for this class.
	Closure int64 `json:"closure,omitempty"`
}

// ExtendArgs are the arguments of an extend command. The end is an instant and no length, so that carrying a command out
// twice, as a crash may have it, changes nothing.
type ExtendArgs struct {
	Until time.Time `json:"until"`
	Start time.Time `json:"start,omitzero"` // of the class when it is given
	End   time.Time `json:"end,omitzero"`   // that the plan gives the class then; the new end moves with both
}

// UntilFor is the end that the extension gives a class that its plan has from start to end. Where the plan moved the whole
// class, the extension moves by as much as the end did. Where it changed only the start or only the end, the extension stays.
func (x *Extension) UntilFor(start, end time.Time) time.Time {
	switch {
	case x.Start.IsZero() || start.IsZero() || x.Start.Equal(start):
		return x.Until
	case x.End.IsZero():
		return x.Until.Add(start.Sub(x.Start))
	default:
		return x.Until.Add(end.Sub(x.End))
	}
}

// Exceeds says that an extension is longer than one that was given before it, or that there is none.
func (x *Extension) Exceeds(before *Extension) bool {
	return before == nil || x.Until.After(before.UntilFor(x.Start, x.End))
}

// OwnEnd is the end that the plan gives the class.
func (t *Target) OwnEnd() time.Time {
	if t.PlanEnd.IsZero() {
		return t.End
	}
	return t.PlanEnd
}

// Lasting gives the target as it is with the extension laid over it.
func (t Target) Lasting(x *Extension) Target {
	if x == nil {
		return t
	}
	own := t.OwnEnd()
	until := x.UntilFor(t.Start, own)
	if !until.After(t.End) {
		return t
	}
	after := max(t.Until.Sub(t.End), 0)
	t.PlanEnd, t.End = own, until
	t.Until = Later(t.Until, t.End.Add(after))
	t.MaxHour, t.ExpireHour = t.hours(t.FirstRequest())
	return t
}

// ParseExtension reads an extend command.
func ParseExtension(at time.Time, who, reason string, args []byte) (Extension, error) {
	var a ExtendArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return Extension{}, fmt.Errorf("its arguments cannot be read: %w", err)
	}
	return Extension{Until: a.Until, Start: a.Start, End: a.End, At: at, Who: who, Reason: reason}, nil
}
