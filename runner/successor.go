package runner

import (
	"time"

	"rundown/agora"
)

// A class that is extended may come to end after the hours that its running session asked for. Such a session is
// followed in time by another, and stopped once that one writes.

// outlives says that the class lasts longer than a session can.
func (d *decision) outlives(x *Session) bool {
	return x.SID != "" && d.s.Until.After(x.outlived())
}

// retire lets a successor begin when a session's hours are about to run out, and ends the session when it is no
// longer needed.
func (d *decision) retire(x *Session) {
	switch next := d.s.carrier(x.Lane); {
	case !x.State.Carries():
	case !x.Leaving && d.outlives(x) && !d.now.Before(x.outlived().Add(-handover)):
		x.Leaving = true
		d.note("session %d ends at %s at the latest, before the class: another takes over", x.Attempt, d.clock(x.outlived()))
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

// hours are the maxRecordingHour and resourceExpiredHour of a session that begins at an instant: the plan's, or more
// where the end has moved since.
func (t *Target) hours(from time.Time) (maxHour, expireHour int) {
	hours := int((t.Until.Sub(from)+time.Hour-1)/time.Hour) + 1
	_, most := agora.Bound("max-recording-hour-range")
	maxHour = max(t.MaxHour, min(hours, int(*most)))
	return maxHour, max(t.ExpireHour, min(maxHour+max(t.ExpireHour-t.MaxHour, 0), int(*most)))
}
