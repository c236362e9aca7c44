package session

import (
	"cmp"
	"fmt"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// Change is what an update changes. There is one in flight for a session, and each changes one thing, so that the
// refusal of one says nothing of another.
type Change string

// The changes, the most urgent first.
const (
	ChangeHold        Change = "onhold"  // end the hold
	ChangePush        Change = "push"    // move the push to another address
	ChangeCredentials Change = "storage" // renew the storage credentials
)

// changes are the instants at which a session's updates are due; zero for those that nobody wants. A session is
// resumed also while it is not known to run, since nothing is written before.
func (d *Decision) changes(x *Session) (hold, push, keys time.Time) {
	if d.S.Phase == Ended || !d.mayRecord() || d.S.IsEarlier(x) || x.SID == "" || !x.State.Carries() {
		return
	}
	notBefore := func(c Change, at time.Time) time.Time {
		if x.Change == c {
			return Later(at, x.UpdateAt)
		}
		return at
	}
	if x.Held && x.ResumedAt.IsZero() {
		hold = notBefore(ChangeHold, Later(d.S.Start, x.StartedAt))
	}
	if x.State != SessionRunning {
		return hold, push, keys
	}
	if want := d.S.Push(x.Replica); x.CDN != "" && want != "" && x.CDN != want && x.RejectedTarget != want {
		push = notBefore(ChangePush, x.StartedAt)
	}
	return hold, push, x.RenewAt
}

// updateDue is when the next update of a session is due; zero: none is. The answer to a query need not be awaited to
// end a hold.
func (d *Decision) updateDue(x *Session) time.Time {
	hold, push, keys := d.changes(x)
	if x.Asked != "" {
		push, keys = time.Time{}, time.Time{}
		if x.Asked != agora.OpQuery {
			hold = time.Time{}
		}
	}
	return EarlierWake(hold, EarlierWake(push, keys))
}

// wanted is the most urgent change that is due now.
func (d *Decision) wanted(x *Session) Change {
	hold, push, _ := d.changes(x)
	switch due := func(at time.Time) bool { return !at.IsZero() && !at.After(d.now) }; {
	case due(hold):
		return ChangeHold
	case due(push) && x.Asked == "":
		return ChangePush
	default:
		return ChangeCredentials
	}
}

// onUpdate takes in the answer to an update. A refusal is final for the change that was asked for, and says nothing of the
// others.
func (d *Decision) onUpdate(x *Session, a Answer) {
	if a.Result == agora.Done {
		x.UpdateTries, x.UpdateAt = 0, time.Time{}
		switch x.Change {
		case ChangeHold:
			x.ResumedAt, x.Next = d.now, d.now.Add(resumeSeen)
		case ChangePush:
			x.CDN, x.Push, x.Connecting, x.Next = x.AskedCDN, "", 0, d.now // a query tells whether the push came up
		case ChangeCredentials:
			d.credentialsSent(x, a.CredentialsUntil)
		}
		return
	}
	switch { // what it says of the recording itself a query finds out at once, instead of more updates
	case a.taskGone() && x.State == SessionRunning:
		d.enter(x, SessionSuspect)
		x.SuspectAt, x.Tries, x.Next = d.now, 0, d.now
	case a.Result == agora.Ended:
		x.Next = d.now
	}
	waits, final := catalog.MonitorBackoff(), a.Result == agora.Permanent && !a.NotAuthorized()
	switch x.Change {
	case ChangeHold:
		if final {
			d.holdNotEnded(x, a)
			return
		}
		waits = resumeWaits
	case ChangePush:
		if final {
			x.RejectedTarget, x.UpdateTries = x.AskedCDN, 0
			x.Remark(fmt.Sprintf("the push could not be moved to %s: %s", x.RejectedTarget, a))
			return
		}
	case ChangeCredentials:
		waits = renewWaits
		if a.Result != agora.Ended && !a.taskGone() && !a.Interrupted { // else it says nothing of the credentials
			d.renewalFailed(x, a, final)
		}
	}
	wait, _ := waits.Next(x.UpdateTries, 0)
	x.UpdateTries++
	x.UpdateAt = d.now.Add(max(wait, a.RetryAfter))
	if x.Change == ChangeCredentials {
		if x.CredentialsUntil.After(d.now) { // so that it is told then that they ran out
			x.UpdateAt = Earlier(x.UpdateAt, Later(x.CredentialsUntil, d.now.Add(a.RetryAfter)))
		}
		x.RenewAt = x.UpdateAt
	}
}

// renewalFailed takes in that storage credentials could not be renewed. That is told while those that were sent are still
// valid, with how long there is to mend it, and again once they ran out.
func (d *Decision) renewalFailed(x *Session, a Answer, final bool) {
	tell := func(text string) {
		x.RenewalError = text
		d.note("session %d: %s", x.Attempt, text)
	}
	if ranOut := !x.CredentialsUntil.IsZero() && !d.now.Before(x.CredentialsUntil); ranOut {
		if !x.CredentialsExpired {
			x.CredentialsExpired = true
			tell(fmt.Sprintf("the storage credentials ran out at %s and could not be renewed: %s", d.Clock(x.CredentialsUntil), a))
			x.Remark(x.RenewalError)
		}
		return
	}
	if final {
		x.Remark("new storage credentials were refused: " + a.String())
	}
	switch {
	case x.RenewalError != "":
	case x.CredentialsUntil.IsZero():
		tell("the storage credentials could not be renewed: " + a.String())
	default:
		tell(fmt.Sprintf("the storage credentials run out at %s and could not be renewed: %s", d.Clock(x.CredentialsUntil), a))
	}
}

// CredentialsID names a session's credentials among the health issues, also where another class takes the session over.
func CredentialsID(id string, x Session) string {
	return cmp.Or(x.ResourceID, fmt.Sprintf("%s session %d", id, x.Attempt))
}

// holdNotEnded gives up a session whose hold cannot be ended: another, without a hold, records the class.
func (d *Decision) holdNotEnded(x *Session, a Answer) {
	x.setReason(reason.Because(reason.HoldNotEnded, "it could not be resumed: %s", a))
	d.enter(x, SessionStopping)
	x.FinalState, x.Tries, x.Next = SessionFailed, 0, d.now
	d.note("session %d: %s", x.Attempt, x.Reason)
	d.countFailure(x)
}

// onHoldState takes in whether a session was seen on hold; nil: nothing was said. A pause that nobody of ours wants is ended.
func (d *Decision) onHoldState(x *Session, seen *bool) {
	switch {
	case seen == nil && (!x.Held || x.ResumedAt.IsZero()):
	case seen == nil || !*seen:
		if !x.Held {
			return
		}
		x.Held = false
		if x.ResumedAt.IsZero() {
			x.ResumedAt = d.now
		}
		if n := len(x.Paused); n > 0 && x.Paused[n-1].Until.IsZero() {
			x.Paused[n-1].Until = x.ResumedAt
		}
		d.note("session %d: resumed", x.Attempt)
	case !x.Held:
		x.Held, x.ResumedAt = true, time.Time{}
		if !x.RecordingAt.IsZero() {
			x.Paused = append(x.Paused, Gap{From: Later(x.LastGood, x.RecordingAt)})
		}
		x.Remark(fmt.Sprintf("session %d was found on hold at %s", x.Attempt, d.Clock(d.now)))
		d.note("session %d: found on hold", x.Attempt)
	case !x.ResumedAt.IsZero() && x.AskedAt.After(x.ResumedAt):
		x.ResumedAt, x.UpdateAt = time.Time{}, d.now
		d.note("session %d: still on hold after an update that ends it", x.Attempt)
	}
}

// credentialsSent takes in that storage credentials went out that run out at an instant; zero: never. They are renewed as
// often as documented, and well before.
func (d *Decision) credentialsSent(x *Session, until time.Time) {
	x.CredentialsUntil, x.RenewAt, x.RenewalError, x.CredentialsExpired = until, time.Time{}, "", false
	if !until.IsZero() {
		x.RenewAt = d.now.Add(min(catalog.Seconds("sts-refresh-hourly")[0], max(until.Sub(d.now)/2, renewWaits.Steps[0])))
	}
}

// Push is the masked address that a replica is to push to. A CDN takes one publisher a stream, so only the first pushes.
func (s *State) Push(replica int) string {
	switch {
	case replica > 0:
		return ""
	case s.Fallback != "" && s.FailedOverFrom == s.CDN:
		return s.Fallback
	default:
		return s.CDN
	}
}

// onPushStatus takes in what a query says of the push.
func (d *Decision) onPushStatus(x *Session, r agora.ServerResponse) {
	publisher, ok := r.Service(agora.ServiceRTMPPublish)
	if !ok || len(publisher.Outputs) == 0 {
		return
	}
	before := x.Push
	x.Push = publisher.Outputs[0].Status
	if x.Push != agora.PushConnecting {
		x.Connecting = 0
	}
	switch x.Push {
	case agora.PushConnecting:
		if x.Connecting++; x.Connecting == connectingPolls {
			x.Remark(fmt.Sprintf("the push to %s was still connecting at %s", x.CDN, d.Clock(d.now)))
			d.note("session %d: the push to %s does not come up", x.Attempt, x.CDN)
		}
		if x.Connecting < connectingPolls {
			x.Next = Earlier(x.Next, d.now.Add(connectingEvery))
		}
	case agora.PushDisconnected:
		if s := &d.S; s.Fallback != "" && x.CDN == s.CDN {
			s.FailedOverFrom = s.CDN
			x.Remark(fmt.Sprintf("the push to %s broke at %s and moved to its fallback, where it stays", x.CDN, d.Clock(d.now)))
			d.note("session %d: the push to %s broke: it moves to the fallback and does not come back by itself", x.Attempt, x.CDN)
		} else if before != x.Push {
			x.Remark(fmt.Sprintf("the push to %s broke at %s", x.CDN, d.Clock(d.now)))
			d.note("session %d: the push to %s broke, and there is no fallback for it", x.Attempt, x.CDN)
		}
	}
}
