package session

import (
	"cmp"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
)

// A 404 to a stop says that the session has ended, never began, or is failing over to another server of the service. In the last
// case it runs on, and the service knows it again within 90 s.

// retryGoneStop plans the next try of a stop that was answered 404. It plans none and returns false where the session is known to
// have ended, or when the 90 s have passed since the first 404 in a row, to a query or to the stop.
func (d *Decision) retryGoneStop(x *Session) bool {
	if x.knownEnded(d.now) {
		return false
	}
	x.SuspectAt, x.StopNotFoundAt = cmp.Or(x.SuspectAt, d.now), cmp.Or(x.StopNotFoundAt, d.now)
	return d.scheduleRetry(x, catalog.StopGoneBackoff(), x.notFoundSince(), 0)
}

// notFoundSince is the first 404 in a row to a stop. Those to queries before it count, unless the first of them is older
// than a failover lasts and did not end the watch: then nothing was heard in between, and another may have begun.
func (x *Session) notFoundSince() time.Time {
	if x.FinalState == "" && x.StopNotFoundAt.Sub(x.SuspectAt) > catalog.FailoverWindow() {
		return x.StopNotFoundAt
	}
	return cmp.Or(x.SuspectAt, x.StopNotFoundAt)
}

// orphanUnlessEnded makes an orphan of a session whose stop was answered 404 for 90 s, and returns true. It returns false where
// something shows that the session has ended or never ran: 404 to the queries for as long before, a notification, or 404 from its
// start on.
func (d *Decision) orphanUnlessEnded(x *Session) bool {
	if x.FinalState != "" || x.knownEnded(d.now) || d.neverRan(x) {
		return false
	}
	if x.StoppedAt.IsZero() {
		x.StoppedAt = x.LastGood
	}
	d.enter(x, SessionOrphan)
	x.Next = time.Time{}
	x.setReason(reason.Because(reason.OrphanGone, "orphan: session %d (cname %s, uid %s) may still run: the service answered 404 to its stop for %s; its maxRecordingHour ends it at %s at the latest",
		x.Attempt, x.Cname, x.UID, plan.DurationText(d.now.Sub(x.notFoundSince()).Round(time.Second)), d.Clock(x.Deadline())))
	d.note("%s", x.Reason)
	if d.S.Phase == Ended {
		d.S.Reason += "; " + x.Reason
	}
	return true
}

// knownEnded says that an answer or a notification told that the session has ended, or that its hours are over.
func (x *Session) knownEnded(now time.Time) bool {
	uploaded := x.UploadStatus != "" && x.UploadStatus != uploadFailed || x.UploadedLate // an upload fails in the middle of a class, too
	return x.Exited || x.ReportedEnd != "" || uploaded || !now.Before(x.Deadline())
}

// goneLately is how long before the first 404 to the stop the latest 404 to a query may be: the queries that confirm a
// start are 15 s apart, and one of them may have been out.
const goneLately = 30 * time.Second

// neverRan says that a session was answered 404 from its start on: each query, up to the stop. Where one was not
// answered, or something else than 404, the session may have recorded in between.
func (d *Decision) neverRan(x *Session) bool {
	if x.UnclearAnswer || x.NotFoundAt.IsZero() || x.StopNotFoundAt.Sub(x.NotFoundAt) > goneLately {
		return false
	}
	return x.LastGood.IsZero() && x.RecordingAt.IsZero() && x.notFoundSince().Sub(x.StartedAt) < catalog.ConfirmDeadline(d.S.ReadyTimeout)
}

// onOrphanNotice takes in a notification of an orphan whose sid is known: it has ended, or it is to be stopped again.
func (d *Decision) onOrphanNotice(x *Session, n Notice) {
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
	x.SuspectAt, x.StopNotFoundAt, x.StopAskedAt, x.StoppedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
}
