package session

import (
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// onAcquire takes in the answer to an acquire. Its effect is a resource id alone, so it is repeated until class time is over.
func (d *Decision) onAcquire(x *Session, a Answer) {
	switch a.Result {
	case agora.Done:
		x.ResourceID, x.AcquiredAt, x.RequestedAt, x.SentAt = a.ResourceID, d.now, time.Time{}, time.Time{}
		x.DelayedBy, x.DelayCode = x.Reason, x.ReasonCode
		d.enter(x, SessionStarting)
		x.setReason(reason.Reason{})
		x.Tries, x.Next = 0, d.now
	case agora.Permanent:
		d.onRefused(x, a)
	default:
		waits := catalog.AcquireBackoff()
		switch {
		case a.Foreign:
			waits = foreignWaits
		case a.Result == agora.Wait:
			waits = capacityWaits(a)
		}
		x.setReason(a.reason("acquire: "))
		d.scheduleRetry(x, waits, d.now, a.RetryAfter)
	}
}

// onRefused handles an answer that another try will not mend, but for credentials: those are often mended during the
// class, by whoever rotated them.
func (d *Decision) onRefused(x *Session, a Answer) {
	x.setReason(a.reason(""))
	if a.NotAuthorized() {
		d.scheduleRetry(x, authorizationWaits, d.now, a.RetryAfter)
		return
	}
	d.enter(x, SessionFailed)
	if d.S.IsEarlier(x) {
		return
	}
	switch {
	case a.Unplanned && !d.S.Absent: // at a start the plan may not have said yet what it wants, or the class takes over another
		d.S.Replicas[x.Replica].RetryAt = d.now.Add(UnansweredEvery)
		return
	case a.Unplanned: // resumeReturned takes it back
		d.S.Replicas[x.Replica].abandon(a.reason(""))
		return
	}
	d.S.Replicas[x.Replica].Failures++
	d.S.Replicas[x.Replica].abandon(a.reason("the service refuses it: "))
}

// onStart takes in the answer to a start. It looks at the verdict before the result, since a result may be too broad: that of 65 is
// Retry, "it had no effect, or repeating it is harmless", yet the start may have had its effect.
//
// VerdictTimedOut is the service's answer 62: the service ran out of time. Where our own time limit has passed there is no answer, and
// the result is Unknown.
//
// Where it is open whether a start had an effect, StartUncertain is set, and the same start is sent again with the same resource id:
// the service starts at most one recording for a resource id. For 65 (VerdictPending) that is, step by step:
//
//	after 3 s and 6 s   the same start again; the two are fewer where other answers have used up Tries
//	still 65            the session fails, and countFailure says when the next one begins: at once after the first failure,
//	                    and no more once the plan's attempts are used up
//	the next session    beginSession gives it a new resource id and the same uid
//	  its start is 53   onUIDConflict: the first recording lives, so the first session becomes an orphan. The second one fails,
//	                    which is not counted, and a third begins at once with the other uid
//	  65 and then 53    the second session becomes the orphan, which is counted; the first is in doubt no more
//	  it has a sid      nothing was live under the uid; the class goes on in this session
//
// Where the class ends while a repeat waits, endSession makes an orphan of the session. A failed session of whose start no answer
// has told becomes an orphan with the end of the class, or as soon as that is moved, by orphanIfDoubtful.
func (d *Decision) onStart(x *Session, a Answer) {
	repeatOrFail := func(w catalog.Backoff) {
		if !d.scheduleRetry(x, w, d.now, a.RetryAfter) {
			d.failStart(x, x.reason())
		}
	}
	x.setReason(a.reason("start: "))
	if x.SentAt.IsZero() {
		x.SentAt = a.SentAt
	}
	switch verdict := a.Verdict(); {
	case a.Interrupted:
		x.StartUncertain, x.OnlyBlocked, x.Interrupted, x.Next = true, false, true, d.now
	case verdict == agora.VerdictDone, verdict == agora.VerdictAlreadyStarted && a.SID != "":
		d.enter(x, SessionConfirming)
		x.setReason(reason.Reason{})
		x.SID, x.StartedAt, x.Tries, x.StartUncertain, x.Interrupted = a.SID, d.now, 0, false, false
		d.S.Replicas[x.Replica].Foreign = 0
		d.scheduleRetry(x, catalog.ConfirmBackoff(d.S.ReadyTimeout), x.StartedAt, 0)
		d.credentialsSent(x, a.CredentialsUntil)
		d.note("session %d: started as %s", x.Attempt, x.SID)
	case verdict == agora.VerdictAlreadyStarted:
		d.markOrphan(x)
		d.countFailure(x)
	case verdict == agora.VerdictConflict:
		d.onUIDConflict(x)
	case verdict == agora.VerdictPending:
		x.StartUncertain, x.OnlyBlocked = true, false
		repeatOrFail(catalog.StartPendingBackoff())
	case verdict == agora.VerdictTimedOut:
		x.StartUncertain, x.OnlyBlocked = true, false
		repeatOrFail(catalog.StartTimeoutBackoff())
	case a.Foreign && a.Result != agora.Permanent:
		d.onForeignStart(x, a)
	case a.Result == agora.Unknown:
		x.StartUncertain, x.OnlyBlocked = true, false
		repeatOrFail(catalog.Backoff{Steps: catalog.DomainBackoff()})
	case a.Result == agora.Wait:
		d.scheduleRetry(x, capacityWaits(a), d.now, a.RetryAfter) // these waits have no end: ask fails the session when its resource id is too old
	case a.Result == agora.Retry:
		x.StartErrored = x.StartErrored || a.answered() // else it never left, and had no effect
		repeatOrFail(catalog.StartBackoff())
	case a.Result == agora.Permanent:
		d.onRefused(x, a)
	default:
		d.failStart(x, x.reason())
	}
}

// onUIDConflict handles the answer 53, "task conflict": a recording with this cname and uid is live. Which one it is:
//
//	this session's own or another's: a start of this session
//	is uncertain, and another session may hold the uid         this session fails, uncounted; where no uid is free the next one waits
//	this session's own, where one of its starts is uncertain   it becomes an orphan
//	one of another session that may be live under the uid      this session waits until that has ended, or takes the other uid
//	that of another session whose start was uncertain          that becomes an orphan, and this session fails, uncounted
//	this session's own, where the service answered a start 5xx it becomes an orphan
//	none of this store's                                       markForeignOrphan
//	one that was thought to have ended                         this session fails with UIDConflict, and the next takes the other uid
func (d *Decision) onUIDConflict(x *Session) {
	holder, again := d.uidHolder(x.UID, x.Attempt), d.now.Add(catalog.MonitorInterval())
	switch {
	case x.StartUncertain && holder != nil: // whether its own start had an effect orphanIfDoubtful decides
		d.enter(x, SessionFailed)
		x.setReason(reason.Because(reason.UIDConflict, "task conflict: session %d may be live", holder.Attempt))
		x.Next = time.Time{}
		if _, free := d.chooseUID(x, x.UID); !free && !d.S.IsEarlier(x) {
			d.S.Replicas[x.Replica].RetryAt = again
		}
		return
	case x.StartUncertain:
		d.markConflicting(x)
		d.countFailure(x)
		return
	case holder != nil && x.Replica < d.S.ReplicaCount():
		d.enter(x, SessionAcquiring)
		x.ResourceID, x.AcquiredAt, x.RequestedAt, x.SentAt, x.StartErrored = "", time.Time{}, time.Time{}, time.Time{}, false
		x.WaitingForUID, x.Tries, x.Next = true, 1, again
		x.setReason(reason.Because(reason.UIDConflict, "task conflict: session %d may be live", holder.Attempt))
		x.UID, _ = d.chooseUID(x, d.S.otherUID(x))
		return
	}
	for i := len(d.S.Sessions) - 1; i >= 0; i-- {
		y := &d.S.Sessions[i]
		if y.Attempt != x.Attempt && y.UID == x.UID && y.StartUncertain && y.State == SessionFailed {
			d.markConflicting(y)
			d.enter(x, SessionFailed)
			x.Next = time.Time{}
			x.setReason(reason.Because(reason.UIDConflict, "task conflict: session %d, whose start went unanswered, is live", y.Attempt))
			return // not counted: neither the page nor the service has failed
		}
	}
	switch {
	case x.StartErrored:
		d.markOrphan(x)
		d.countFailure(x)
	case !d.usedUID(x.UID, x.Attempt):
		d.markForeignOrphan(x)
		d.countFailure(x)
	default:
		x.UIDConflict = true
		d.failStart(x, x.reason())
	}
}

// markConflicting makes an orphan of a session whose start is in doubt, after a 53 has shown that a recording of its cname and uid
// lives. One lives at most, so this orphan stands for it, and the starts of earlier sessions are in doubt no more.
func (d *Decision) markConflicting(x *Session) {
	d.markOrphan(x)
	for i := range d.S.Sessions {
		if y := &d.S.Sessions[i]; y.Attempt < x.Attempt && y.Cname == x.Cname && y.UID == x.UID && y.State == SessionFailed {
			y.StartUncertain = false
		}
	}
}

// uidHolder finds a session that may be live under a uid: one that is not final, else an orphan; nil for none. The session with
// the attempt but is left out.
func (d *Decision) uidHolder(uid string, but int) (orphan *Session) {
	for i := range d.S.Sessions {
		switch x := &d.S.Sessions[i]; {
		case x.UID != uid || x.Attempt == but:
		case !x.State.Final():
			return x
		case x.State == SessionOrphan && d.now.Before(x.Deadline()):
			orphan = x
		}
	}
	return orphan
}

// uidInConflict says that the latest session with a uid, but for one, ended with UIDConflict.
func (d *Decision) uidInConflict(uid string, but int) bool {
	for i := len(d.S.Sessions) - 1; i >= 0; i-- {
		if x := &d.S.Sessions[i]; x.UID == uid && x.Attempt != but {
			return x.UIDConflict
		}
	}
	return false
}

// chooseUID chooses between the two uids of a session's replica, and says whether nothing may be live under it. Best is a uid
// that is free, then one that an orphan or a foreign recording may have, then one of a session that is not final. Of two alike it
// chooses the preferred one.
func (d *Decision) chooseUID(x *Session, preferred string) (uid string, free bool) {
	worth := func(uid string) int {
		switch y := d.uidHolder(uid, x.Attempt); {
		case y != nil && y.State != SessionOrphan:
			return 0
		case y != nil || d.uidInConflict(uid, x.Attempt):
			return 1
		}
		return 2
	}
	uid = preferred
	if x.Replica < d.S.ReplicaCount() {
		for _, other := range d.S.UIDs[x.Replica] {
			if worth(other) > worth(uid) {
				uid = other
			}
		}
	}
	return uid, worth(uid) == 2
}

// failStart makes a session final of which no recording is known, and counts the failure.
func (d *Decision) failStart(x *Session, why reason.Reason) {
	d.enter(x, SessionFailed)
	x.setReason(why)
	x.Next = time.Time{}
	d.countFailure(x)
}

// countFailure counts a failure of a replica, and says when its next session may begin. Three are not counted: a session that has a
// successor already, one that was interrupted by the end of rundown, and one of an earlier time of the class.
func (d *Decision) countFailure(x *Session) {
	if x.Draining || x.Interrupted || d.S.IsEarlier(x) {
		return
	}
	rep := &d.S.Replicas[x.Replica]
	rep.Failures++
	x.CountedFailure = true
	if x.pageAtFault() {
		rep.PageFailures++
	}
	rep.RetryAt = d.now.Add(sessionWaits[min(rep.Failures, len(sessionWaits))-1])
}

// markOrphan marks a session that may run although its sid is unknown, so that it cannot be stopped. It ends by its
// maxRecordingHour, unless a notification tells its sid.
func (d *Decision) markOrphan(x *Session) {
	d.enter(x, SessionOrphan)
	x.Next = time.Time{}
	x.setReason(reason.Because(reason.OrphanSID, "orphan: session %d (cname %s, uid %s) may run although its sid is unknown; its maxRecordingHour ends it at %s at the latest",
		x.Attempt, x.Cname, x.UID, d.Clock(x.Deadline())))
	d.note("%s", x.Reason)
}
