package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

func (d *Decision) queried(x *Session, a Answer) {
	recorder, _ := a.Server.Service(agora.ServiceWebRecorder)
	if x.Told != "" && (a.taskGone() || a.Class == agora.Ended) {
		d.gone(x, x.told()) // what a notification said is confirmed
		return
	}
	switch {
	case a.Class == agora.Done && a.Server.Status.Over():
		d.evidence(x, recorder.FileList)
		d.gone(x, x.told().Or(reason.Because(reason.EndedByService, "the service ended it by itself (status %d)", a.Server.Status)))
	case a.Class == agora.Done && recorder.State == agora.RecorderExited:
		d.evidence(x, recorder.FileList)
		x.Exited = true
		d.lost(x, x.told().Or(reason.Because(reason.EndedByService, "its recorder exited by itself (status %d)", a.Server.Status)))
	case a.Class == agora.Done && a.Server.Status.Running():
		d.evidence(x, recorder.FileList)
		d.hold(x, recorder.OnHold)
		d.running(x)
		d.pushed(x, a.Server)
		if a.Rotated {
			x.RenewAt = Left(cmp.Or(x.RenewAt, d.now), d.now)
		}
	case a.Class == agora.Done && x.State == SessionConfirming:
		x.SuspectAt, x.GoneAt = time.Time{}, time.Time{}
		d.poll(x, true, fmt.Sprintf("no running recording (status %d)", a.Server.Status))
	case (a.taskGone() || a.Class == agora.Done) && x.State == SessionRunning: // gone, or back at its beginning
		d.enter(x, SessionSuspect)
		x.SuspectAt, x.Tries = d.now, 0
		d.again(x, catalog.GoneBackoff(), x.SuspectAt, 0)
	case (a.taskGone() || a.Class == agora.Done) && x.State == SessionSuspect:
		if !d.again(x, catalog.GoneBackoff(), x.SuspectAt, 0) {
			d.lost(x, reason.Because(reason.SessionLost, "it was not running, or unknown, from %s on for %v", d.Clock(x.SuspectAt), d.now.Sub(x.SuspectAt).Round(time.Second)))
		}
	case a.taskGone():
		x.SuspectAt, x.GoneAt = cmp.Or(x.SuspectAt, d.now), d.now
		d.poll(x, true, "the service does not know the recording (wrong page address, wrong storage keys and wrong parameters show so)")
	case a.Class == agora.Ended:
		d.gone(x, reason.Because(reason.EndedByService, "the service ended it by itself: %s", a))
	default: // says nothing about the recording
		if x.GoneAt = (time.Time{}); x.State == SessionConfirming {
			x.Vague = true
		}
		d.poll(x, false, a.String())
	}
}

// running takes in that the session was seen running.
func (d *Decision) running(x *Session) {
	if x.State == SessionSuspect {
		x.Failover = max(x.Failover, d.now.Sub(x.SuspectAt))
		d.note("session %d: back after %v of 404", x.Attempt, d.now.Sub(x.SuspectAt).Round(time.Second))
		x.HealthyFrom = d.now
	}
	if x.RecordingAt.IsZero() && !x.Held {
		x.RecordingAt = d.now
		if !x.ResumedAt.IsZero() {
			x.RecordingAt = x.ResumedAt
		}
	}
	told, cause := x.Told, x.Cause
	switch {
	case told != "" && !x.AskedAt.After(x.ToldAt): // the query was on its way already
		defer func() { x.Told, x.Cause, x.Next = told, cause, d.now }()
	case told != "":
		d.note("session %d: it runs, although a notification said: %s", x.Attempt, told)
		x.StoppedAt = time.Time{}
	}
	if x.HealthyFrom.IsZero() {
		x.HealthyFrom = d.now
	}
	d.enter(x, SessionRunning)
	x.setReason(reason.Reason{})
	x.Tries, x.SuspectAt, x.LastGood, x.Told, x.Cause = 0, time.Time{}, d.now, "", 0
	if l := &d.S.Lanes[x.Lane]; d.now.Sub(x.HealthyFrom) >= healthyAfter {
		l.Failures, l.PageFailures = 0, 0
	}
	x.Next = d.nextPoll(x)
	if soon := max(firstSlice, d.now.Sub(x.StartedAt)); !x.Named && soon < d.interval() {
		x.Next = d.now.Add(soon) // the first slice, and with it the exact beginning, shows after about 15 s
	}
	if x.Held && !x.ResumedAt.IsZero() { // the end of the hold is to be seen
		x.Next = d.now.Add(resumeSeen)
	}
}

// poll asks again while nothing is known. A session that was not seen running has until the documented deadline, but
// only an answer that says something of it can fail it: when nobody answers, a replacement could not be started either.
func (d *Decision) poll(x *Session, informative bool, why string) {
	if x.State != SessionConfirming {
		d.again(x, catalog.MonitorBackoff(), d.now, 0)
		return
	}
	if d.again(x, catalog.ConfirmBackoff(d.S.ReadyTimeout), x.StartedAt, 0) {
		return
	}
	if !informative {
		x.Next = d.now.Add(UnansweredEvery)
		return
	}
	x.setReason(reason.Because(reason.NotRunning, "not seen running within %v: %s", catalog.ConfirmDeadline(d.S.ReadyTimeout), why))
	d.enter(x, SessionStopping)
	x.Then, x.Tries, x.Next = SessionFailed, 0, d.now
	d.note("session %d: %s", x.Attempt, x.Reason)
	d.failed(x)
}

// gone handles a session that the service ended before its time.
func (d *Decision) gone(x *Session, why reason.Reason) {
	x.Next = time.Time{}
	if x.RecordingAt.IsZero() {
		d.unstarted(x, why)
		return
	}
	d.enter(x, SessionLost)
	if x.StoppedAt.IsZero() {
		x.StoppedAt, why = d.ended(x, why)
	}
	x.setReason(why)
	x.StoppedAt = Later(x.LastGood, x.StoppedAt)
	d.note("session %d: lost: %s", x.Attempt, x.Reason)
	d.failed(x)
}

// lost handles a session that is taken for dead; a stop is sent all the same, since what lives is billed.
func (d *Decision) lost(x *Session, why reason.Reason) {
	d.enter(x, SessionStopping)
	x.StoppedAt, why = d.ended(x, why)
	x.setReason(why)
	x.Then, x.Tries, x.Next = x.fate(), 0, d.now
	d.note("session %d: lost: %s", x.Attempt, x.Reason)
	d.failed(x)
}

// fate is what a session becomes that ended without our stop.
func (x *Session) fate() SessionState {
	if x.RecordingAt.IsZero() {
		return SessionFailed
	}
	return SessionLost
}

// ended dates the end of a session that was seen running and then was missed: by its hours, where these were over
// in between, else when it was last seen. Where nobody looked for longer than usual that is all that is known.
func (d *Decision) ended(x *Session, why reason.Reason) (time.Time, reason.Reason) {
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

// evidence takes in the files that the service names, and from the first of them since when it writes.
func (d *Decision) evidence(x *Session, files []agora.File) {
	for _, f := range files {
		if f.Filename != "" && !slices.Contains(x.Files, f.Filename) {
			x.Files = append(slices.Clone(x.Files), f.Filename)
		}
		// A clock of the service that runs ahead of ours must not move the beginning past what was seen running, nor past now.
		at := f.Start()
		if at.IsZero() || at.After(d.now) || x.Empty || (x.Named && !at.Before(x.RecordingAt)) || (!x.RecordingAt.IsZero() && at.After(x.RecordingAt)) {
			continue
		}
		x.RecordingAt, x.Named = at, true
	}
}
