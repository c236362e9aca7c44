package session

import (
	"cmp"
	"time"

	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// A 404 to a stop says that the session has ended, never began, or is failing over. Only the last of these runs on, and
// comes back within the window of a failover.

// stopGone plans the next try of a stop that was answered 404; false when the window of a failover has passed since the
// first 404 in a row, to a query or to the stop, or where it is known to have ended.
func (d *Decision) stopGone(x *Session) bool {
	if x.knownOver(d.now) {
		return false
	}
	x.SuspectAt, x.StopGoneAt = cmp.Or(x.SuspectAt, d.now), cmp.Or(x.StopGoneAt, d.now)
	return d.again(x, catalog.StopGoneBackoff(), x.goneSince(), 0)
}

// goneSince is the first 404 in a row to a stop. Those to queries before it count, unless the first of them is older
// than a failover lasts and did not end the watch: then nothing was heard in between, and another may have begun.
func (x *Session) goneSince() time.Time {
	if x.Then == "" && x.StopGoneAt.Sub(x.SuspectAt) > catalog.FailoverWindow() {
		return x.StopGoneAt
	}
	return cmp.Or(x.SuspectAt, x.StopGoneAt)
}

// unsettled makes an orphan of a session whose stop was answered 404 to the end of the window, where nothing tells that it
// has ended: no failover that was waited for before, no notification, and no answer that it never began.
func (d *Decision) unsettled(x *Session) bool {
	if x.Then != "" || x.knownOver(d.now) || d.neverBegan(x) {
		return false
	}
	if x.StoppedAt.IsZero() {
		x.StoppedAt = x.LastGood
	}
	d.enter(x, SessionOrphan)
	x.Next = time.Time{}
	x.setReason(reason.Because(reason.OrphanGone, "orphan: session %d (cname %s, uid %s) may still run: the service answered 404 to its stop for %v; its maxRecordingHour ends it at %s at the latest",
		x.Attempt, x.Cname, x.UID, d.now.Sub(x.goneSince()).Round(time.Second), d.Clock(x.Deadline())))
	d.note("%s", x.Reason)
	if d.S.Phase == Over {
		d.S.Reason += "; " + x.Reason
	}
	return true
}

// knownOver says that an answer or a notification told that the session has ended, or that its hours are over.
func (x *Session) knownOver(now time.Time) bool {
	uploaded := x.UploadStatus != "" && x.UploadStatus != uploadFailed || x.UploadedLate // an upload fails in the middle of a class, too
	return x.Exited || x.Told != "" || uploaded || !now.Before(x.Deadline())
}

// goneLately is how long before the first 404 to the stop the latest 404 to a query may be: the queries that confirm a
// start are 15 s apart, and one of them may have been out.
const goneLately = 30 * time.Second

// neverBegan says that a session was answered 404 from its start on: each query, up to the stop. Where one was not
// answered, or something else than 404, the session may have recorded in between.
func (d *Decision) neverBegan(x *Session) bool {
	if x.Vague || x.GoneAt.IsZero() || x.StopGoneAt.Sub(x.GoneAt) > goneLately {
		return false
	}
	return x.LastGood.IsZero() && x.RecordingAt.IsZero() && x.goneSince().Sub(x.StartedAt) < catalog.ConfirmDeadline(d.S.ReadyTimeout)
}

// heardAgain takes in a notification of an orphan whose sid is known: it has ended, or it is to be stopped again.
func (d *Decision) heardAgain(x *Session, n Notice) {
	x.Remark(x.Reason)
	x.setReason(reason.Because(reason.OrphanHeard, "orphan: a notification told of it at %s", d.Clock(d.now)))
	if n.ended() {
		d.enter(x, SessionEnded)
		if !n.At.After(d.now) {
			x.StoppedAt = Later(x.StoppedAt, n.At)
		}
		return
	}
	d.enter(x, SessionStopping)
	x.Asked, x.Tries, x.Next = "", 0, d.now
	x.SuspectAt, x.StopGoneAt, x.StopAskedAt, x.StoppedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
}
