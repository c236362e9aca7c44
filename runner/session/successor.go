package session

import (
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// A class that is extended may come to end after the hours that its running session asked for. Such a session is
// followed in time by another, and stopped once that one writes.

// outlives says that the class lasts longer than a session can.
func (d *Decision) outlives(x *Session) bool {
	return x.SID != "" && d.S.Until.After(x.usableUntil())
}

// rotateSession lets a successor begin when a session's hours are about to run out, and ends the session when it is no
// longer needed.
func (d *Decision) rotateSession(x *Session) {
	if !x.Expired && d.expired(x) {
		x.Expired = true
		text := fmt.Sprintf("session %d: its hours ended at %s, before the class, and no other had taken over", x.Attempt, d.Clock(x.usableUntil()))
		x.Remark(text)
		d.note("%s", text)
	}
	switch next := d.S.active(x.Replica); {
	case !x.State.Carries():
	case !x.Draining && d.outlives(x) && !d.now.Before(x.usableUntil().Add(-successorLead)):
		x.Draining = true
		d.note("session %d ends at %s at the latest, before the class: another takes over", x.Attempt, d.Clock(x.usableUntil()))
	case x.Draining && next == nil && !d.outlives(x): // the end was taken back
		x.Draining = false
	case x.Draining && next != nil && next.State == SessionRunning && !next.RecordingAt.IsZero() && !next.RecordingAt.After(d.now):
		if x.Asked == agora.OpUpdate {
			return
		}
		d.note("session %d: session %d writes in its place", x.Attempt, next.Attempt)
		d.endSession(x)
	}
}

// stopExcess ends a session of a replica that is no longer wanted, as soon as a session writes in each of those that are: a class
// that takes over those of another may ask for fewer.
func (d *Decision) stopExcess(x *Session) {
	if !d.S.excess(x) || x.Asked == agora.OpUpdate {
		return
	}
	for n := range d.S.ReplicaCount() {
		if y := d.S.active(n); y == nil || y.State != SessionRunning || y.RecordingAt.IsZero() || y.RecordingAt.After(d.now) {
			return
		}
	}
	before := x.State
	if d.endSession(x); x.State != before && x.State != SessionOrphan {
		x.setReason(reason.Because(reason.NotNeeded, "it was not needed any more, since the plan asks for fewer at once"))
		d.note("session %d: %s", x.Attempt, x.Reason)
	}
}

// excess says that a session carries the class in a replica that is no longer wanted.
func (s *State) excess(x *Session) bool {
	return x.Replica >= s.ReplicaCount() && x.State.Carries() && !s.IsEarlier(x)
}

// expired says that a session's hours are over, though neither the class is nor another writes: it has ended by itself, or
// cannot be asked and stopped any more.
func (d *Decision) expired(x *Session) bool {
	next := d.S.active(x.Replica)
	return x.State.Carries() && d.outlives(x) && !d.now.Before(x.usableUntil()) && (next == nil || next == x || next.RecordingAt.IsZero())
}

// HasExpired says that one of the sessions outlived its hours.
func (s *State) HasExpired() bool {
	return slices.ContainsFunc(s.Sessions, func(x Session) bool { return x.Expired })
}

// ExpiredText is what people read of a session that Limits.Expired is about.
const ExpiredText = "outlived the hours of its session, and no other had taken over: what it writes, if anything, cannot be told or stopped"

// hours are the maxRecordingHour and resourceExpiredHour of a session that begins at an instant: the plan's, or more
// where the end has moved since.
func (t *Target) hours(from time.Time) (maxHour, expireHour int) {
	hours := int((t.Until.Sub(from)+time.Hour-1)/time.Hour) + 1
	_, most := catalog.Bound("max-recording-hour-range")
	maxHour = max(t.MaxHour, min(hours, int(*most)))
	return maxHour, max(t.ExpireHour, min(maxHour+max(t.ExpireHour-t.MaxHour, 0), int(*most)))
}
