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
	return x.SID != "" && d.S.Until.After(x.outlived())
}

// retire lets a successor begin when a session's hours are about to run out, and ends the session when it is no
// longer needed.
func (d *Decision) retire(x *Session) {
	if !x.Lapsed && d.lapsed(x) {
		x.Lapsed = true
		text := fmt.Sprintf("session %d: its hours ended at %s, before the class, and no other had taken over", x.Attempt, d.Clock(x.outlived()))
		x.Remark(text)
		d.note("%s", text)
	}
	switch next := d.S.carrier(x.Lane); {
	case !x.State.Carries():
	case !x.Leaving && d.outlives(x) && !d.now.Before(x.outlived().Add(-handover)):
		x.Leaving = true
		d.note("session %d ends at %s at the latest, before the class: another takes over", x.Attempt, d.Clock(x.outlived()))
	case x.Leaving && next == nil && !d.outlives(x): // the end was taken back
		x.Leaving = false
	case x.Leaving && next != nil && next.State == SessionRunning && !next.RecordingAt.IsZero() && !next.RecordingAt.After(d.now):
		if x.Asked == agora.OpUpdate {
			return
		}
		d.note("session %d: session %d writes in its place", x.Attempt, next.Attempt)
		d.end(x)
	}
}

// shed ends a session of a lane that is no longer wanted, as soon as a session writes in each of those that are: a class
// that takes over those of another may ask for fewer.
func (d *Decision) shed(x *Session) {
	if !d.S.surplus(x) || x.Asked == agora.OpUpdate {
		return
	}
	for n := range d.S.LaneCount() {
		if y := d.S.carrier(n); y == nil || y.State != SessionRunning || y.RecordingAt.IsZero() || y.RecordingAt.After(d.now) {
			return
		}
	}
	before := x.State
	if d.end(x); x.State != before && x.State != SessionOrphan {
		x.setReason(reason.Because(reason.NotNeeded, "it was not needed any more, since the plan asks for fewer at once"))
		d.note("session %d: %s", x.Attempt, x.Reason)
	}
}

// surplus says that a session carries the class in a lane that is no longer wanted.
func (s *State) surplus(x *Session) bool {
	return x.Lane >= s.LaneCount() && x.State.Carries() && !s.Left(x)
}

// lapsed says that a session's hours are over, though neither the class is nor another writes: it has ended by itself, or
// cannot be asked and stopped any more.
func (d *Decision) lapsed(x *Session) bool {
	next := d.S.carrier(x.Lane)
	return x.State.Carries() && d.outlives(x) && !d.now.Before(x.outlived()) && (next == nil || next == x || next.RecordingAt.IsZero())
}

// Lapses says that one of the sessions outlived its hours.
func (s *State) Lapses() bool {
	return slices.ContainsFunc(s.Sessions, func(x Session) bool { return x.Lapsed })
}

const LapsedText = "outlived the hours of its session, and no other had taken over: what it writes, if anything, cannot be told or stopped"

// hours are the maxRecordingHour and resourceExpiredHour of a session that begins at an instant: the plan's, or more
// where the end has moved since.
func (t *Target) hours(from time.Time) (maxHour, expireHour int) {
	hours := int((t.Until.Sub(from)+time.Hour-1)/time.Hour) + 1
	_, most := catalog.Bound("max-recording-hour-range")
	maxHour = max(t.MaxHour, min(hours, int(*most)))
	return maxHour, max(t.ExpireHour, min(maxHour+max(t.ExpireHour-t.MaxHour, 0), int(*most)))
}
