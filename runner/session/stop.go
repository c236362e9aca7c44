package session

import (
	"cmp"
	"fmt"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// endUnstopped makes a session final whose hours are over although no answer has confirmed a stop: the service has ended it by
// its maxRecordingHour at the latest.
func (d *Decision) endUnstopped(x *Session) {
	over := x.Deadline()
	switch {
	case !x.StoppedAt.IsZero():
	case x.StopAskedAt.Before(over):
		x.StoppedAt = cmp.Or(x.StopUnansweredAt, over)
	default:
		x.StoppedAt, _ = d.estimateEnd(x, reason.Reason{})
	}
	d.markEnded(x, x.reason().Or(reason.Because(reason.StopFailed, "it could not be stopped and ended by its maxRecordingHour at %s at the latest", d.Clock(over))))
}

// onStop takes in the answer to a stop. Only an answer that says that the session has ended makes it final, or the end of its
// hours; everything else is asked again.
func (d *Decision) onStop(x *Session, a Answer) {
	recorder, _ := a.Server.Service(agora.ServiceWebRecorder)
	upload, _ := a.Server.Service(agora.ServiceUpload)
	d.noteFiles(x, recorder.FileList)
	if a.taskGone() && d.retryGoneStop(x) {
		return // it may be failing over: the stop is planned again
	}
	switch verdict := a.Verdict(); {
	case verdict == agora.VerdictDone || verdict == agora.VerdictUploading:
		status := upload.UploadingStatus
		if verdict == agora.VerdictUploading {
			status = uploadPending
		}
		d.uploaded(x, status)
		if !x.Exited {
			x.StoppedAt = sentAt(x, a)
		}
		d.markEnded(x, x.reason())
	case verdict == agora.VerdictNothingRecorded:
		x.RecordingAt, x.FromNamed, x.NothingWritten, x.StoppedAt = time.Time{}, false, true, sentAt(x, a)
		d.markEnded(x, reason.Because(reason.NothingRecorded, "the service says that nothing was recorded"))
	case a.Result == agora.Ended || a.taskGone():
		switch {
		case !x.StopUnansweredAt.IsZero() && x.FinalState != SessionLost:
			x.StoppedAt = x.StopUnansweredAt // an earlier stop of ours had its effect; a lost session had ended before it
		case a.taskGone() && d.orphanUnlessEnded(x):
			return
		case x.StoppedAt.IsZero():
			at, why := d.estimateEnd(x, x.reason().Or(reason.Because(reason.EndedByService, "it was over when it was to be stopped")))
			x.StoppedAt = at
			x.setReason(why)
		}
		d.markEnded(x, x.reason())
	case a.Result == agora.Permanent:
		x.setReason(reason.Reason{Code: reason.StopFailed, Text: "stop: " + a.String()})
		d.scheduleRetry(x, refusedStopWaits, d.now, a.RetryAfter)
	default:
		if x.StopUnansweredAt.IsZero() && (a.Result == agora.Unknown || verdict == agora.VerdictTimedOut || a.Foreign) {
			x.StopUnansweredAt = sentAt(x, a)
		}
		d.scheduleRetry(x, catalog.StopBackoff(), d.now, a.RetryAfter)
	}
}

// sentAt is when the request that the answer is to was sent: the budget may have held it back after it was asked for.
func sentAt(x *Session, a Answer) time.Time { return cmp.Or(a.SentAt, x.AskedAt) }

// markEnded makes a session final: in its FinalState, or else as ended.
func (d *Decision) markEnded(x *Session, why reason.Reason) {
	d.enter(x, cmp.Or(x.FinalState, SessionEnded))
	x.setReason(why)
	x.Next = time.Time{}
	if x.StoppedAt.IsZero() {
		x.StoppedAt = x.LastGood
	}
	if d.S.Phase == Ended {
		text := fmt.Sprintf("session %d was found and stopped at %s", x.Attempt, d.Clock(d.now))
		d.S.Reason += "; " + text
		d.note("%s", text)
	}
}
