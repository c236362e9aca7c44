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
	doc := ReadDoc[OccurrenceDoc](o.Doc)
	var parts []string
	if o.Reason != "" {
		parts = append(parts, o.Reason)
	}
	switch {
	case LeftPlan(o, doc):
		parts = append(parts, LeftText(doc, name, zone))
	case o.State != string(session.Ended):
		if text := MovedText(o, doc, sessions, zone); text != "" {
			parts = append(parts, text)
		}
	}
	if Interrupted(o, sessions) {
		parts = append(parts, interruptedText(sessions, name))
	}
	switch {
	case o.Reason != "":
	case doc.Cancel != nil:
		parts = append(parts, "cancelled "+doc.Cancel.Text(zone))
	default:
		if x, effective := ExtensionOf(o); effective {
			parts = append(parts, "extended "+x.Text(zone))
		}
	}
	return strings.Join(parts, "; ")
}

// LeftPlan says that a class is recorded to its end although no active plan holds it.
func LeftPlan(o store.Occurrence, doc OccurrenceDoc) bool {
	begun := o.State == string(session.Starting) || o.State == string(session.Recording)
	return doc.Absent && begun && doc.Cancel == nil
}

// LeftText tells of it, and how to end it.
func LeftText(doc OccurrenceDoc, name string, zone *time.Location) string {
	text := "not in the active plan; recorded"
	if !doc.Until.IsZero() {
		text += " until " + doc.Until.In(zone).Format("15:04:05 MST")
	}
	return text + "; rundown cancel " + name + " stops it"
}

// MovedText tells of a class that the plan moved after it had begun; "" for another.
func MovedText(o store.Occurrence, doc OccurrenceDoc, sessions []store.Session, zone *time.Location) string {
	if doc.EarlierSessions == 0 {
		return ""
	}
	what := "moved after its recording had begun: "
	if doc.App != "" && doc.App != o.App {
		what = "moved to another App ID after its recording had begun: "
	}
	switch at, over := stoppedAt(doc.EarlierSessions, sessions); {
	case !over:
		what += "the earlier session is being stopped"
	case at.IsZero():
		what += "the earlier session has ended"
	default:
		what += "the earlier session stopped at " + at.In(zone).Format("Mon 2006-01-02 15:04:05 MST")
	}
	if len(sessions) > doc.EarlierSessions || o.State == string(session.Ended) {
		return what
	}
	return what + ", the class is planned again for " + o.Start.In(zone).Format("Mon 2006-01-02 15:04 MST")
}

// stoppedAt is when the last of the first so many sessions stopped, zero where that is unknown; over says that all have
// ended.
func stoppedAt(earlier int, sessions []store.Session) (last time.Time, over bool) {
	for _, row := range sessions[:min(earlier, len(sessions))] {
		x := ReadSession(row)
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
func Interrupted(o store.Occurrence, sessions []store.Session) bool {
	states := make([]session.SessionState, len(sessions))
	for i, x := range sessions {
		states[i] = session.SessionState(x.State)
	}
	return session.Interrupted(session.Phase(o.State), states...)
}

// interruptedText tells of it, by the last session.
func interruptedText(sessions []store.Session, name string) string {
	last := ReadSession(sessions[len(sessions)-1])
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
