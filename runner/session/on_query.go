package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
)

// onQuery takes in the answer to a query: running, ended, 404, or nothing that says anything of the recording.
func (d *Decision) onQuery(x *Session, a Answer) {
	recorder, _ := a.Server.Service(agora.ServiceWebRecorder)
	if x.ReportedEnd != "" && (a.taskGone() || a.Result == agora.Ended) {
		d.endedEarly(x, x.reportedEnd()) // what a notification said is confirmed
		return
	}
	switch {
	case a.Result == agora.Done && a.Server.Status.Over():
		d.noteFiles(x, recorder.FileList)
		d.endedEarly(x, x.reportedEnd().Or(reason.Because(reason.EndedByService, "the service ended it by itself (status %d)", a.Server.Status)))
	case a.Result == agora.Done && recorder.State == agora.RecorderExited:
		d.noteFiles(x, recorder.FileList)
		x.Exited = true
		d.presumedDead(x, x.reportedEnd().Or(reason.Because(reason.EndedByService, "its recorder exited by itself (status %d)", a.Server.Status)))
	case a.Result == agora.Done && a.Server.Status.Running():
		d.noteFiles(x, recorder.FileList)
		d.onHoldState(x, recorder.OnHold)
		d.seenRunning(x)
		d.onPushStatus(x, a.Server)
		if a.Rotated {
			x.RenewAt = Earlier(cmp.Or(x.RenewAt, d.now), d.now)
		}
	case a.Result == agora.Done && x.State == SessionConfirming:
		x.SuspectAt, x.NotFoundAt = time.Time{}, time.Time{}
		d.retryQuery(x, true, fmt.Sprintf("no running recording (status %d)", a.Server.Status))
	case (a.taskGone() || a.Result == agora.Done) && x.State == SessionRunning: // gone, or back at its beginning
		d.enter(x, SessionSuspect)
		x.SuspectAt, x.Tries = d.now, 0
		d.scheduleRetry(x, catalog.GoneBackoff(), x.SuspectAt, 0)
	case (a.taskGone() || a.Result == agora.Done) && x.State == SessionSuspect:
		if !d.scheduleRetry(x, catalog.GoneBackoff(), x.SuspectAt, 0) {
			what := "did not know the recording any more"
			if a.Result == agora.Done {
				what = fmt.Sprintf("did not show the recording running (status %d)", a.Server.Status)
			}
			d.presumedDead(x, reason.Because(reason.SessionLost, "the service %s when it was asked from %s on for %s", what, d.Clock(x.SuspectAt), plan.DurationText(d.now.Sub(x.SuspectAt).Round(time.Second))))
		}
	case a.taskGone():
		x.SuspectAt, x.NotFoundAt = cmp.Or(x.SuspectAt, d.now), d.now
		d.retryQuery(x, true, "the service does not know the recording (wrong page address, wrong storage keys and wrong parameters show so)")
	case a.Result == agora.Ended:
		d.endedEarly(x, reason.Because(reason.EndedByService, "the service ended it by itself: %s", a))
	default: // says nothing about the recording
		if x.NotFoundAt = (time.Time{}); x.State == SessionConfirming {
			x.UnclearAnswer = true
		}
		d.retryQuery(x, false, a.String())
	}
}

// seenRunning takes in that the session was seen running.
func (d *Decision) seenRunning(x *Session) {
	if x.State == SessionSuspect {
		x.Failover = max(x.Failover, d.now.Sub(x.SuspectAt))
		d.note("session %d: back after %s in which the service did not show it running", x.Attempt, plan.DurationText(d.now.Sub(x.SuspectAt).Round(time.Second)))
		x.HealthyFrom = d.now
	}
	if x.RecordingAt.IsZero() && !x.Held {
		x.RecordingAt = d.now
		if !x.ResumedAt.IsZero() {
			x.RecordingAt = x.ResumedAt
		}
	}
	early := x.ReportedEnd != "" && !x.AskedAt.After(x.ReportedEndAt) // the query was on its way when a notification told of the end
	if !early {
		if x.ReportedEnd != "" {
			d.note("session %d: it runs, although a notification said: %s", x.Attempt, x.ReportedEnd)
			x.StoppedAt = time.Time{}
		}
		x.ReportedEnd, x.Cause = "", 0
	}
	if x.HealthyFrom.IsZero() {
		x.HealthyFrom = d.now
	}
	d.enter(x, SessionRunning)
	x.setReason(reason.Reason{})
	x.Tries, x.SuspectAt, x.LastGood = 0, time.Time{}, d.now
	if rep := &d.S.Replicas[x.Replica]; d.now.Sub(x.HealthyFrom) >= healthyAfter {
		rep.Failures, rep.PageFailures = 0, 0
	}
	x.Next = d.nextPoll(x)
	if soon := max(firstSlice, d.now.Sub(x.StartedAt)); !x.FromNamed && soon < d.interval() {
		x.Next = d.now.Add(soon) // the first slice, and with it the exact beginning, shows after about 15 s
	}
	if x.Held && !x.ResumedAt.IsZero() { // the end of the hold is to be seen
		x.Next = d.now.Add(resumeSeen)
	}
	if early { // the next one tells
		x.Next = d.now
	}
}

// retryQuery asks again while nothing is known. A session that was not seen running has until the documented deadline, but
// only an answer that says something of it can fail it: when nobody answers, a replacement could not be started either.
func (d *Decision) retryQuery(x *Session, informative bool, why string) {
	if x.State != SessionConfirming {
		d.scheduleRetry(x, catalog.MonitorBackoff(), d.now, 0)
		return
	}
	if d.scheduleRetry(x, catalog.ConfirmBackoff(d.S.ReadyTimeout), x.StartedAt, 0) {
		return
	}
	if !informative {
		x.Next = d.now.Add(UnansweredEvery)
		return
	}
	x.setReason(reason.Because(reason.NotRunning, "not seen running within %s: %s", plan.DurationText(catalog.ConfirmDeadline(d.S.ReadyTimeout)), why))
	d.enter(x, SessionStopping)
	x.FinalState, x.Tries, x.Next = SessionFailed, 0, d.now
	d.note("session %d: %s", x.Attempt, x.Reason)
	d.countFailure(x)
}

// endedEarly handles a session that the service ended before its time.
func (d *Decision) endedEarly(x *Session, why reason.Reason) {
	x.Next = time.Time{}
	if x.RecordingAt.IsZero() {
		d.failStart(x, why)
		return
	}
	d.enter(x, SessionLost)
	if x.StoppedAt.IsZero() {
		x.StoppedAt, why = d.estimateEnd(x, why)
	}
	x.setReason(why)
	x.StoppedAt = Later(x.LastGood, x.StoppedAt)
	d.note("session %d: lost: %s", x.Attempt, x.Reason)
	d.countFailure(x)
}

// presumedDead handles a session that is taken for dead; a stop is sent all the same, since what lives is billed.
func (d *Decision) presumedDead(x *Session, why reason.Reason) {
	d.enter(x, SessionStopping)
	x.StoppedAt, why = d.estimateEnd(x, why)
	x.setReason(why)
	x.FinalState, x.Tries, x.Next = x.stateUnstopped(), 0, d.now
	d.note("session %d: lost: %s", x.Attempt, x.Reason)
	d.countFailure(x)
}

// stateUnstopped is what a session becomes that ended without our stop.
func (x *Session) stateUnstopped() SessionState {
	if x.RecordingAt.IsZero() {
		return SessionFailed
	}
	return SessionLost
}

// estimateEnd dates the end of a session that was seen running and then was missed: by its hours, where these were over
// in between, else when it was last seen. Where nobody looked for longer than usual that is all that is known.
func (d *Decision) estimateEnd(x *Session, why reason.Reason) (time.Time, reason.Reason) {
	over, missed := x.Deadline(), cmp.Or(x.SuspectAt, d.now)
	if missed.Before(over) || x.LastGood.After(over) || over.Sub(x.LastGood) > catalog.MonitorInterval()+TrustTimers {
		return x.LastGood, why
	}
	hours := reason.Because(reason.HoursOver, "its %d h (maxRecordingHour) were over at %s", x.MaxHour, d.Clock(over))
	if !why.None() {
		hours.Text = why.Text + ": " + hours.Text
	}
	if why.Code.Orphan() {
		hours.Code = why.Code
	}
	return over, hours
}

// noteFiles takes in the files that the service names, and from the first of them since when it writes.
func (d *Decision) noteFiles(x *Session, files []agora.File) {
	for _, f := range files {
		if f.Filename != "" && !slices.Contains(x.Files, f.Filename) {
			x.Files = append(slices.Clone(x.Files), f.Filename)
		}
		// A clock of the service that runs ahead of ours must not move the beginning past what was seen running, nor past now.
		at := f.Start()
		if at.IsZero() || at.After(d.now) || x.NothingWritten || (x.FromNamed && !at.Before(x.RecordingAt)) || (!x.RecordingAt.IsZero() && at.After(x.RecordingAt)) {
			continue
		}
		x.RecordingAt, x.FromNamed = at, true
	}
}
