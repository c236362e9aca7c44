package view

import (
	"fmt"
	"strings"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// ReasonText is why an occurrence is as it is: while it is open, that the plan has left or moved it, that nothing of it is being
// recorded, and that it is to be cancelled or was extended.
func ReasonText(o store.Occurrence, sessions []store.Session, name string, zone *time.Location) string {
	d := AccountOf(o, sessions)
	var parts []string
	if o.Reason != "" {
		parts = append(parts, o.Reason)
	}
	switch {
	case d.LeftPlan():
		parts = append(parts, d.LeftText(name, zone))
	case d.Phase != session.Ended:
		if text := d.MovedText(zone); text != "" {
			parts = append(parts, text)
		}
	}
	if d.Interrupted() {
		parts = append(parts, d.interruptedText(name))
	}
	switch {
	case o.Reason != "":
	case d.Cancel != nil:
		parts = append(parts, "cancelled "+d.Cancel.Text(zone))
	default:
		if x, effective := ExtensionOf(o); effective {
			parts = append(parts, "extended "+x.Text(zone))
		}
	}
	return strings.Join(parts, "; ")
}

// LeftPlan says that a class is recorded to its end although no active plan holds it.
func (d *OccurrenceDoc) LeftPlan() bool {
	begun := d.Phase == session.Starting || d.Phase == session.Recording
	return d.Absent && begun && d.Cancel == nil
}

// LeftText tells of it, and how to end it.
func (d *OccurrenceDoc) LeftText(name string, zone *time.Location) string {
	text := "not in the active plan; recorded"
	if !d.Until.IsZero() {
		text += " until " + d.Until.In(zone).Format("15:04:05 MST")
	}
	return text + "; rundown cancel " + name + " stops it"
}

// MovedText tells of a class that the plan moved after it had begun; "" for another.
func (d *OccurrenceDoc) MovedText(zone *time.Location) string {
	if d.EarlierSessions == 0 {
		return ""
	}
	what := "moved after its recording had begun: "
	if d.App != "" && d.App != d.HeldBy {
		what = "moved to another App ID after its recording had begun: "
	}
	switch at, over := d.earlierStopped(); {
	case !over:
		what += "the earlier session is being stopped"
	case at.IsZero():
		what += "the earlier session has ended"
	default:
		what += "the earlier session stopped at " + at.In(zone).Format("Mon 2006-01-02 15:04:05 MST")
	}
	if len(d.Sessions) > d.EarlierSessions || d.Phase == session.Ended {
		return what
	}
	return what + ", the class is planned again for " + d.Start.In(zone).Format("Mon 2006-01-02 15:04 MST")
}

// earlierStopped is when the last of the earlier sessions stopped, zero where that is unknown; over says that all have ended.
func (d *OccurrenceDoc) earlierStopped() (last time.Time, over bool) {
	for _, x := range d.Sessions[:min(d.EarlierSessions, len(d.Sessions))] {
		if !x.State.Final() {
			return time.Time{}, false
		}
		last = session.Later(last, x.StoppedAt)
	}
	return last, true
}

// ExtendedText says in words how a class was extended; "" where it was not.
func ExtendedText(o store.Occurrence, zone *time.Location) string {
	x, effective := ExtensionOf(o)
	text := x.Text(zone)
	if x != nil && !effective {
		text += "; without effect, since the plan has the class end at " + o.End.In(zone).Format(TimeForm)
	}
	return text
}

// Text says the order in words; "" for none.
func (d *OrderDoc) Text(zone *time.Location) string {
	if d == nil {
		return ""
	}
	text := "by " + d.Who
	if !d.Until.IsZero() {
		text = "to " + d.Until.In(zone).Format(TimeForm) + " " + text
	}
	if d.Reason != "" {
		text += ": " + d.Reason
	}
	if d.Pending {
		text += orderPending
	}
	return text
}

// Interrupted says that a class is to be recorded now, and that no session of it is known to do so.
func (d *OccurrenceDoc) Interrupted() bool {
	states := make([]session.SessionState, len(d.Sessions))
	for i, x := range d.Sessions {
		states[i] = x.State
	}
	return session.Interrupted(d.Phase, states...)
}

// interruptedText tells of it, by the last session.
func (d *OccurrenceDoc) interruptedText(name string) string {
	last := d.Sessions[len(d.Sessions)-1]
	text := fmt.Sprintf("not recorded now: session %d is being begun", last.Attempt)
	switch {
	case last.State == session.SessionSuspect:
		text = fmt.Sprintf("nothing is known to be recorded now: the service does not show session %d running", last.Attempt)
	case last.State.Final() || last.State == session.SessionStopping:
		text = fmt.Sprintf("not recorded now: session %d ended", last.Attempt)
		if last.Reason != "" {
			text += " (" + last.Reason + ")"
		}
		text += ", and another is tried while enough of the class is left"
	}
	return text + "; rundown history " + name + " shows what was tried"
}
