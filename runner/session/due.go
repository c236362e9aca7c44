package session

import (
	"fmt"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
)

// soonest is when the first session is due, or wake if that is earlier; zero: never.
func (d *Decision) soonest(wake time.Time) time.Time {
	for i := range d.S.Sessions {
		x := &d.S.Sessions[i]
		if x.State.Final() {
			continue
		}
		if x.OnItsWay() && x.Asked == "" && d.now.Before(d.S.End) {
			wake = EarlierWake(wake, d.S.End)
		}
		wake = EarlierWake(wake, d.updateDue(x))
		if x.Asked == "" {
			wake = EarlierWake(wake, x.Next)
		}
	}
	return wake
}

// wake is when Decide is to be called again. Where only an answer is awaited, that is TrustTimers from now.
func (d *Decision) wake() time.Time {
	s := &d.S
	wake := s.Until
	if !d.mayRecord() {
		wake = time.Time{}
	}
	wake = d.soonest(wake)
	for n := range s.ReplicaCount() {
		if !d.mayRecord() || s.Replicas[n].AbandonReason != "" {
			continue
		}
		switch x := s.active(n); {
		case x == nil && !d.waitsForReplica(n):
			wake = EarlierWake(wake, Later(s.Begin, s.Replicas[n].RetryAt))
		case x != nil && d.outlives(x):
			wake = EarlierWake(wake, Later(d.now, x.usableUntil().Add(-successorLead)))
		}
	}
	if wake.IsZero() { // an answer is awaited, and leads to the next look
		wake = d.now.Add(TrustTimers)
	}
	return wake
}

// ask ends a session that is not needed any more, and then returns the request that the session needs now. It marks the request as
// asked. An action without Op: none is needed.
func (d *Decision) ask(x *Session) Action {
	if d.S.IsEarlier(x) { // no session of the class probes for its start before the new time
		d.orphanIfDoubtful(x)
	}
	if x.State.Final() {
		return Action{}
	}
	d.endUnneeded(x)
	if at := d.updateDue(x); !at.IsZero() && !at.After(d.now) {
		x.Asked, x.AskedAt, x.Change, x.AskedCDN = agora.OpUpdate, d.now, d.wanted(x), d.S.Push(x.Replica)
		return Action{Op: agora.OpUpdate, Attempt: x.Attempt}
	}
	if x.WaitingForUID && x.Asked == "" && x.State == SessionAcquiring {
		uid, free := d.chooseUID(x, x.UID)
		if x.UID = uid; free {
			x.WaitingForUID, x.Next = false, d.now
		}
	}
	if x.Asked != "" || x.State.Final() || x.Next.After(d.now) {
		return Action{}
	}
	var op agora.Op
	switch x.State {
	case SessionAcquiring:
		op = agora.OpAcquire
	case SessionStarting:
		switch age := d.now.Sub(x.AcquiredAt); {
		case age > catalog.ResourceLife():
			d.enter(x, SessionFailed) // it does not count as a failure: nobody refused it; it had to wait, or rundown did not run
			x.setReason(x.reason().Or(reason.Because(reason.ResourceExpired, "its resource id grew too old")))
			x.Next = time.Time{}
			return Action{}
		default:
			op = agora.OpStart
			x.URL = d.S.URL
			if x.RequestedAt.IsZero() {
				x.RequestedAt, x.Held = d.now, d.S.Exact && d.now.Before(d.S.Start)
			}
		}
	case SessionConfirming, SessionRunning, SessionSuspect:
		op = agora.OpQuery
	case SessionStopping:
		if x.StopAskedAt.IsZero() {
			x.StopAskedAt = d.now
		} else if d.now.After(x.Deadline()) {
			d.endUnstopped(x)
			return Action{}
		}
		op = agora.OpStop
	}
	x.Asked, x.AskedAt = op, d.now
	return Action{Op: op, Attempt: x.Attempt}
}

// endUnneeded ends a session that is not needed any more. These are all causes for which a session is ended, and where:
//
//	the class is over or cancelled                          endUnneeded, by mayRecord
//	only padding is left, and no start was sent             endUnneeded, by beganTooLate
//	it was moved or given to another App ID                 endUnneeded, by IsEarlier
//	the plan wants fewer replicas, and those record         stopExcess, in successor.go
//	its hours run out, and its successor records            rotateSession, in successor.go
//	it was not seen running within the documented time      retryQuery, in on_query.go
//	404 for longer than a failover; its recorder exited     presumedDead, in on_query.go
//	its hold cannot be ended                                holdNotEnded, in update.go
//	its sid becomes known too late                          adoptSID, in notice.go
//	it is an orphan, and a notification shows that it runs  onOrphanNotice, in stop_gone.go
//
// The last five enter SessionStopping themselves, and most of them name the final state; all before go through endSession.
//
// That the plan no longer holds the class ends no session: what has begun is recorded to its end.
//
// Two events make the class end earlier: onPaddingPreempted and onRelieved, in padding.go. An operator's cancel and a new end are
// part of the spec, so that mayRecord sees them.
func (d *Decision) endUnneeded(x *Session) {
	earlier := d.S.IsEarlier(x)
	if (earlier || !d.mayRecord()) && x.State.Carries() {
		d.endSession(x)
	} else if d.beganTooLate(x) {
		d.endSession(x)
		if !d.S.hasRecording() { // else the replica has had a session, and is given up as any that has no class time left
			d.S.Replicas[x.Replica].abandon(x.reason())
		}
	}
	if !earlier {
		d.stopExcess(x)
		d.rotateSession(x)
	}
}

// beganTooLate says that a session would record nothing but padding: the class is over, and no start of it can have had an effect. A
// start whose effect is open is repeated while padding is left, since the answer tells the sid by which the recording is stopped.
func (d *Decision) beganTooLate(x *Session) bool {
	return x.OnItsWay() && x.Asked == "" && !d.now.Before(d.S.End)
}

// OnItsWay says that no start of a session can have had an effect. One that is acquired anew was answered that its uid is in use, so a start
// that the service answered by an error before that does not count.
func (x *Session) OnItsWay() bool {
	uncertain := x.StartUncertain && !x.OnlyBlocked
	return x.State == SessionAcquiring && !uncertain || x.State == SessionStarting && !uncertain && !x.StartErrored
}

// endSession ends a session that records the class or is on its way to it:
//
//	before its start was sent                           it fails, and nothing is sent
//	after a start whose effect is open (StartUncertain) it becomes an orphan: without a sid there is nothing to stop
//	once it has a sid                                   it is stopped
//
// It changes nothing while a start or an update is out, and is called again after the answer. It does not wait for a query,
// which has no effect.
func (d *Decision) endSession(x *Session) {
	switch x.State {
	case SessionAcquiring, SessionStarting:
		if x.Asked != "" {
			return
		}
		if x.StartUncertain && !x.OnlyBlocked {
			d.markOrphan(x)
			return
		}
		d.enter(x, SessionFailed)
		why := reason.Because(reason.ClassOver, "the class was over before it could be started")
		if d.S.IsEarlier(x) {
			why = reason.Because(reason.ClassMoved, "the class was moved before it could be started")
		}
		x.setReason(x.reason().Or(why))
	default:
		if x.Asked == agora.OpUpdate {
			return
		}
		if x.RecordingAt.IsZero() && x.Held {
			x.setReason(x.reason().Or(reason.Because(reason.HoldNotEnded, "it was on hold to its end")))
		}
		d.enter(x, SessionStopping)
		x.Asked, x.Tries, x.Next = "", 0, d.now
	}
}

// waitsForReplica says that a replica waits for those before it, whose resource ids its acquire is to name: for the answer to
// their first tries, since a class must not wait for more.
func (d *Decision) waitsForReplica(replica int) bool {
	for n := range replica {
		if x := d.S.active(n); x != nil && x.State == SessionAcquiring && x.Tries == 0 {
			return true
		}
	}
	return false
}

// dueOrAbandon says whether a new session is to begin in a replica now. Where none may follow at all, it gives the replica up. Both
// wait until RetryAt: until then a notification may still show that the latest session runs.
func (d *Decision) dueOrAbandon(replica int) bool {
	s, rep := &d.S, &d.S.Replicas[replica]
	if d.now.Before(s.Begin) || d.now.Before(rep.RetryAt) || d.waitsForReplica(replica) {
		return false
	}
	writing := d.now.Add(catalog.StartLead())
	left := s.End.Sub(Later(s.Start, writing))
	switch {
	case !s.begun() && writing.After(s.Start) && (s.MinRemainder < 0 || left < s.MinRemainder):
		rep.abandon(d.latenessReason(left))
	case left <= 0:
		rep.abandon(reason.Because(reason.NoTimeLeft, "no class time was left for another session"))
	case rep.Failures >= max(s.Attempts, 1):
		rep.abandon(reason.Because(reason.AttemptsUsedUp, "%d sessions in a row failed", rep.Failures))
	case rep.PageFailures >= pageAttempts:
		rep.abandon(reason.Because(reason.PageFault, "%d sessions in a row failed for a cause that lies in the page, so that another would too", rep.PageFailures))
	default:
		return true
	}
	d.note("%s", rep.AbandonReason)
	return false
}

// latenessReason is why a class was begun too late, of which so much is left.
func (d *Decision) latenessReason(left time.Duration) reason.Reason {
	s := &d.S
	why := reason.Because(reason.BegunLate, "it came up too late")
	if !s.Unattended.IsZero() {
		why = reason.Because(reason.DaemonDown, "rundown did not run from %s on", d.Clock(s.Unattended))
	}
	switch {
	case left <= 0 && d.now.Before(s.End): // by less than a start takes
		why.Text += ": no time of the class was left"
	case left <= 0:
		why.Text += ": the class was over"
	case s.MinRemainder < 0:
		why.Text += ": the class had begun, and min_remainder is never"
	default:
		why.Text += fmt.Sprintf(": %s of the class were left, less than the min_remainder of %s", plan.DurationText(left.Round(time.Second)), plan.DurationText(s.MinRemainder))
	}
	return why
}

// beginSession begins a new session in a replica, and returns its acquire. After a definite failure it takes the other uid of the
// replica, unless chooseUID prefers the same. After a start whose effect is not known it takes the same uid: if that start had its
// effect, the service answers the next one with a task conflict (53), and no second recording is billed. Where it did not, this
// differs from the documented "new uid after three retries" only for a session that is not there.
func (d *Decision) beginSession(replica int) Action {
	s := &d.S
	uids := s.UIDs[replica]
	x := Session{
		Attempt: len(s.Sessions) + 1, Replica: replica, Cname: s.Cname, UID: uids[0], State: SessionAcquiring, Request: Request{Next: d.now}, PushFacts: PushFacts{CDN: s.Push(replica)},
		StartFacts: StartFacts{Near: s.Near},
	}
	x.MaxHour, x.ExpireHour = s.hours(d.now)
	if last := s.last(replica); last != nil {
		if x.UID = last.UID; last.State == SessionOrphan || !last.StartUncertain {
			x.UID, _ = d.chooseUID(&x, s.otherUID(last))
		}
	}
	d.moves = append(d.moves, move{to: x.State})
	s.Sessions = append(s.Sessions, x)
	return d.ask(&s.Sessions[len(s.Sessions)-1])
}

// scheduleRetry plans the session's next request by the waits, whose deadline counts from since. atLeast is a shortest wait, such
// as a Retry-After. false: the waits are used up, and nothing is planned.
func (d *Decision) scheduleRetry(x *Session, w catalog.Backoff, since time.Time, atLeast time.Duration) bool {
	wait, ok := w.Next(x.Tries, d.now.Sub(since))
	if ok {
		x.Tries++
		x.Next = d.now.Add(max(wait, atLeast))
	}
	return ok
}

// boundRetryAfter limits the Retry-After of an answer: half a minute, and where the class waits for it at most a
// third of what is left of the class. A Retry-After of an hour must not cost a class, nor leave a recording running.
func (d *Decision) boundRetryAfter(x *Session, op agora.Op, asked time.Duration) time.Duration {
	most := longestRetryAfter
	if op == agora.OpAcquire || op == agora.OpStart || op == agora.OpUpdate && x.Change == ChangeHold {
		most = min(most, max(d.S.End.Sub(Later(d.S.Start, d.now))/3, 0))
	}
	return min(asked, most)
}
