package session

import (
	"rundown/agora"
	"rundown/runner/reason"
)

// reason is why the session failed, was lost or is an orphan, or why its request is repeated.
func (x *Session) reason() reason.Reason { return reason.Reason{Code: x.ReasonCode, Text: x.Reason} }

func (x *Session) setReason(r reason.Reason) { x.ReasonCode, x.Reason = r.Code, r.Text }

// abandonReason is why no further session is begun in the replica.
func (rep *Replica) abandonReason() reason.Reason {
	return reason.Reason{Code: rep.AbandonCode, Text: rep.AbandonReason}
}

func (rep *Replica) abandon(r reason.Reason) { rep.AbandonCode, rep.AbandonReason = r.Code, r.Text }

// verdictReasons are the codes of what an answer says.
var verdictReasons = map[agora.Verdict]reason.Code{
	agora.VerdictUnknown:         reason.NoAnswer,
	agora.VerdictRetry:           reason.ServiceError,
	agora.VerdictPending:         reason.ServiceError,
	agora.VerdictTimedOut:        reason.ServiceError,
	agora.VerdictNewResource:     reason.ResourceExpired,
	agora.VerdictRefused:         reason.ServiceRefused,
	agora.VerdictWait:            reason.NoCapacity,
	agora.VerdictRateLimited:     reason.RateLimited,
	agora.VerdictEnded:           reason.EndedByService,
	agora.VerdictUploading:       reason.EndedByService,
	agora.VerdictGone:            reason.SessionLost,
	agora.VerdictNothingRecorded: reason.NothingRecorded,
	agora.VerdictAlreadyStarted:  reason.OrphanSID,
	agora.VerdictConflict:        reason.UIDConflict,
	agora.VerdictUnauthorized:    reason.IssueAccountRefused,
	agora.VerdictAccountInactive: reason.IssueAccountRefused,
	agora.VerdictForeign:         reason.ForeignAnswer,
	agora.VerdictBlocked:         reason.ForeignAnswer,
}

// ReasonCode is the code of what an answer says; "" for a success.
func (a Answer) ReasonCode() reason.Code {
	switch {
	case a.Why != "":
		return a.Why
	case a.Interrupted:
		return reason.Interrupted
	case a.Unplanned:
		return reason.LeftPlan
	}
	return verdictReasons[a.Verdict()]
}

// reason is what an answer says, after the words before it.
func (a Answer) reason(before string) reason.Reason {
	return reason.Reason{Code: a.ReasonCode(), Text: before + a.String()}
}
