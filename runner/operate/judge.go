package operate

import (
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/view"
)

// ended refuses a class that has ended; nil for another.
func ended(c view.Class, now time.Time) error {
	switch {
	case c.Row.State == string(session.Ended) && c.Row.Outcome != string(session.Cancelled):
		return reason.Refuse(reason.HasEnded, "%s has ended already: %s", c.Row.ID, c.Row.Outcome)
	case !c.Stored() && !c.End().After(now):
		return reason.Refuse(reason.EndPassed, "%s ended on %s", c.Row.ID, zoned(c, c.End()))
	}
	return nil
}

// zoned writes an instant in the zone of the class.
func zoned(c view.Class, at time.Time) string { return at.In(view.ZoneOf(c.Row)).Format(time.RFC3339) }

// clock writes an end of the class in its zone, with the day where the class starts on another.
func clock(c view.Class, end time.Time) string {
	return session.ClockOn(c.Row.Start.In(view.ZoneOf(c.Row)), end)
}

// Cancellable refuses a cancellation, or with undo to take one back, that cannot be carried out.
func Cancellable(c view.Class, undo bool, now time.Time) error {
	order, cancelled := c.Cancelled()
	switch over := ended(c, now); {
	case undo && !c.End().After(now):
		return reason.Refuse(reason.EndPassed, "%s ended on %s", c.Row.ID, zoned(c, c.End()))
	case undo && !cancelled && over != nil:
		return reason.Refuse(reason.NotCancelled, "%s is not cancelled, it ended %s", c.Row.ID, c.Row.Outcome)
	case undo && !cancelled:
		return reason.Refuse(reason.NotCancelled, "%s is not cancelled", c.Row.ID)
	case undo && order.ReasonCode == reason.CancelledByPlan:
		return reason.Refuse(order.ReasonCode, "%s is cancelled by its plan; remove the change from the plan", c.Row.ID)
	case undo:
		return nil
	case over != nil:
		return over
	case cancelled && order.Who == "":
		return reason.Refuse(reason.IsCancelled, "%s is cancelled already", c.Row.ID)
	case cancelled:
		return reason.Refuse(reason.IsCancelled, "%s is cancelled already, by %s", c.Row.ID, order.Who)
	}
	return nil
}

// Stoppable refuses to stop a class that is not being recorded.
func Stoppable(c view.Class, now time.Time) error {
	switch err := Cancellable(c, false, now); {
	case err != nil:
		return err
	case c.Row.State == string(session.Stopping):
		return reason.Refuse(reason.IsStopping, "%s is being stopped already", c.Row.ID)
	case !c.Begun():
		return reason.Refuse(reason.NotBegun, "%s has not begun; rundown cancel %s cancels it", c.Row.ID, c.Row.ID)
	}
	return nil
}

// Extendable gives the new end of a class, or says why it cannot have one. Extensions add up.
func Extendable(c view.Class, length time.Duration, now time.Time) (time.Time, error) {
	order, cancelled := c.Cancelled()
	switch over := ended(c, now); {
	case over != nil:
		return time.Time{}, over
	case cancelled && order.ReasonCode == reason.CancelledByPlan:
		return time.Time{}, reason.Refuse(order.ReasonCode, "%s is cancelled by its plan", c.Row.ID)
	case cancelled:
		return time.Time{}, reason.Refuse(reason.IsCancelled, "%s is cancelled; rundown cancel %s --undo undoes that", c.Row.ID, c.Row.ID)
	case c.Row.State == string(session.Stopping) && !movedAway(c, now):
		return time.Time{}, reason.Refuse(reason.IsStopping, "%s is being stopped already", c.Row.ID)
	}
	end := c.End().Add(length)
	if !end.After(now) {
		return time.Time{}, reason.Refuse(reason.EndPassed, "the new end of %s is in the past: %s", c.Row.ID, zoned(c, end))
	}
	return end, nil
}

// Shortenable refuses to take back an extension that a closure, or with 0 an operator for the class alone, did not give, or not any
// more.
func Shortenable(c view.Class, closure int64, now time.Time) error {
	if over := ended(c, now); over != nil {
		return over
	}
	switch x, effective := view.ExtensionOf(c.Row); {
	case !effective && closure == 0:
		return reason.Refuse(reason.NotExtended, "%s is not extended", c.Row.ID)
	case effective && closure == 0 && x.Closure != 0:
		return reason.Refuse(reason.NotExtended, "%s is extended by closure %d, not alone; rundown extend --on DAY --undo ends the closure", c.Row.ID, x.Closure)
	case !effective || x.Closure != closure:
		return reason.Refuse(reason.NotExtended, "%s is not extended by closure %d", c.Row.ID, closure)
	case c.Row.State == string(session.Stopping) && !movedAway(c, now):
		return reason.Refuse(reason.IsStopping, "%s is being stopped already", c.Row.ID)
	case closure != 0 && !view.PlanEnd(c.Row).After(now): // of an extension that was given alone, an earlier one may hold
		return reason.Refuse(reason.EndPassed, "without the extension %s ended on %s", c.Row.ID, zoned(c, view.PlanEnd(c.Row)))
	}
	return nil
}

// movedAway says that what is being stopped belongs to an earlier time of the class: its plan has moved it, and it is
// recorded again at its new time.
func movedAway(c view.Class, now time.Time) bool {
	return view.ReadDoc[view.OccurrenceDoc](c.Row.Doc).EarlierSessions > 0 && c.Row.End.After(now)
}
