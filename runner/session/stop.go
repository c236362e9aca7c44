package session

import (
	"cmp"
	"fmt"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// unstopped makes a session final whose hours are over and whose end no answer has told. Where its stops were refused
// before, it ended by its hours.
func (d *Decision) unstopped(x *Session) {
	over := x.Deadline()
	switch {
	case !x.StoppedAt.IsZero():
	case x.StopAskedAt.Before(over):
		x.StoppedAt = cmp.Or(x.StopDoubtAt, over)
	default:
		x.StoppedAt, _ = d.ended(x, reason.Reason{})
	}
	d.stopped(x, x.reason().Or(reason.Because(reason.StopFailed, "it could not be stopped and ended by its maxRecordingHour at %s at the latest", d.Clock(over))))
}

func (d *Decision) stopAnswered(x *Session, a Answer) {
	recorder, _ := a.Server.Service(agora.ServiceWebRecorder)
	upload, _ := a.Server.Service(agora.ServiceUpload)
	d.evidence(x, recorder.FileList)
	switch verdict := a.Verdict(); {
	case verdict == agora.VerdictDone || verdict == agora.VerdictUploading:
		status := upload.UploadingStatus
		if verdict == agora.VerdictUploading {
			status = uploadPending
		}
		d.uploaded(x, status)
		if !x.Exited {
			x.StoppedAt = sent(x, a)
		}
		d.stopped(x, x.reason())
	case verdict == agora.VerdictNothingRecorded:
		x.RecordingAt, x.Named, x.Empty, x.StoppedAt = time.Time{}, false, true, sent(x, a)
		d.stopped(x, reason.Because(reason.NothingRecorded, "the service says that nothing was recorded"))
	case a.taskGone() && d.stopGone(x):
		// it may be a failover
	case a.Class == agora.Ended || a.taskGone():
		switch {
		case !x.StopDoubtAt.IsZero() && x.Then != SessionLost:
			x.StoppedAt = x.StopDoubtAt // an earlier stop of ours had its effect; what was lost had ended before
		case a.taskGone() && d.unsettled(x):
			return
		case x.StoppedAt.IsZero():
			at, why := d.ended(x, x.reason().Or(reason.Because(reason.EndedByService, "it was over when it was to be stopped")))
			x.StoppedAt = at
			x.setReason(why)
		}
		d.stopped(x, x.reason())
	case a.Class == agora.Permanent:
		x.setReason(reason.Reason{Code: reason.StopFailed, Text: "stop: " + a.String()})
		d.again(x, refusedStopWaits, d.now, a.RetryAfter)
	default:
		if x.StopDoubtAt.IsZero() && (a.Class == agora.Unknown || verdict == agora.VerdictTimedOut || a.Foreign) {
			x.StopDoubtAt = sent(x, a)
		}
		d.again(x, catalog.StopBackoff(), d.now, a.RetryAfter)
	}
}

// sent is when the request that the answer is to was sent: the budget may have held it back after it was asked for.
func sent(x *Session, a Answer) time.Time { return cmp.Or(a.SentAt, x.AskedAt) }

// stopped makes a session final.
func (d *Decision) stopped(x *Session, why reason.Reason) {
	d.enter(x, cmp.Or(x.Then, SessionEnded))
	x.setReason(why)
	x.Next = time.Time{}
	if x.StoppedAt.IsZero() {
		x.StoppedAt = x.LastGood
	}
	if d.S.Phase == Over {
		text := fmt.Sprintf("session %d was found and stopped at %s", x.Attempt, d.Clock(d.now))
		d.S.Reason += "; " + text
		d.note("%s", text)
	}
}
