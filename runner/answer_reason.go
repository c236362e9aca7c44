package runner

import "rundown/agora"

// reason is why the session failed, was lost or is an orphan, or why its request is repeated.
func (x *Session) reason() reason { return reason{x.ReasonCode, x.Reason} }

func (x *Session) setReason(r reason) { x.ReasonCode, x.Reason = r.code, r.text }

// gaveUp is why no further session is begun in the lane.
func (l *Lane) gaveUp() reason { return reason{l.GaveUpCode, l.GaveUp} }

func (l *Lane) giveUp(r reason) { l.GaveUpCode, l.GaveUp = r.code, r.text }

// verdictReasons are the codes of what an answer says.
var verdictReasons = map[agora.Verdict]ReasonCode{
	agora.VerdictUnknown:         ReasonNoAnswer,
	agora.VerdictRetry:           ReasonServiceError,
	agora.VerdictPending:         ReasonServiceError,
	agora.VerdictTimedOut:        ReasonServiceError,
	agora.VerdictNewResource:     ReasonResourceExpired,
	agora.VerdictRefused:         ReasonServiceRefused,
	agora.VerdictWait:            ReasonNoCapacity,
	agora.VerdictRateLimited:     ReasonRateLimited,
	agora.VerdictEnded:           ReasonEndedByService,
	agora.VerdictUploading:       ReasonEndedByService,
	agora.VerdictGone:            ReasonSessionLost,
	agora.VerdictNothingRecorded: ReasonNothingRecorded,
	agora.VerdictAlreadyStarted:  ReasonOrphanSID,
	agora.VerdictConflict:        ReasonUIDConflict,
	agora.VerdictUnauthorized:    IssueAccountRefused,
	agora.VerdictAccountInactive: IssueAccountRefused,
	agora.VerdictForeign:         ReasonForeignAnswer,
	agora.VerdictBlocked:         ReasonForeignAnswer,
}

// reasonCode is the code of what an answer says; "" for a success.
func (a Answer) reasonCode() ReasonCode {
	switch {
	case a.Why != "":
		return a.Why
	case a.Cut:
		return ReasonInterrupted
	case a.Unplanned:
		return ReasonLeftPlan
	}
	return verdictReasons[a.verdict()]
}

// reason is what an answer says, after the words before it.
func (a Answer) reason(before string) reason { return reason{a.reasonCode(), before + a.String()} }
