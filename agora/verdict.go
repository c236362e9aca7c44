package agora

import "net/http"

// Verdict names what an answer means in one word, so that no caller needs a code of the service or an HTTP status. A
// [Result] says how to go on; a verdict says what happened. Answers that callers treat alike have the name of their
// result.
type Verdict string

// The verdicts.
const (
	VerdictDone            Verdict = "done"
	VerdictUnknown         Verdict = "unknown"          // no answer, or none that says whether the request had an effect
	VerdictRetry           Verdict = "retry"            // it did not happen, or asking again is harmless
	VerdictNewResource     Verdict = "new-resource"     // this resource id is of no use: acquire another
	VerdictRefused         Verdict = "refused"          // asking again does not help
	VerdictWait            Verdict = "wait"             // no place is free (406): the same request later
	VerdictEnded           Verdict = "ended"            // the recording is over
	VerdictUnauthorized    Verdict = "unauthorized"     // the service does not take the credentials (401)
	VerdictAccountInactive Verdict = "account-inactive" // the account is suspended or overdue (405)
	VerdictRateLimited     Verdict = "rate-limited"     // more requests in a second than the App ID may send (429)
	VerdictAlreadyStarted  Verdict = "already-started"  // the resource id has started (201, 7): a recording is live
	VerdictConflict        Verdict = "conflict"         // a recording with this cname and uid is live (53)
	VerdictPending         Verdict = "pending"          // the service is still at the request (65)
	VerdictTimedOut        Verdict = "timed-out"        // the service ran out of time (62), which says nothing about the recording
	VerdictGone            Verdict = "gone"             // the service does not know the recording (404): it is over, or fails over
	VerdictUploading       Verdict = "uploading"        // the recording is stopped and its upload goes on (50)
	VerdictNothingRecorded Verdict = "nothing-recorded" // the recording has no files (435)
	VerdictForeign         Verdict = "foreign"          // something else than the service answered, and may have passed the request on
	VerdictBlocked         Verdict = "blocked"          // something before the service refused the request and did not pass it on
)

// codeVerdicts are the codes of the service that callers distinguish.
var codeVerdicts = map[int]Verdict{
	codeTaskConflict:   VerdictConflict,
	codePending:        VerdictPending,
	codeRequestTimeout: VerdictTimedOut,
	codeUploadTimeout:  VerdictUploading,
	codeNoRecordedData: VerdictNothingRecorded,
}

// resultVerdicts are the verdicts on all other answers.
var resultVerdicts = map[Result]Verdict{
	Unknown: VerdictUnknown, Done: VerdictDone, Retry: VerdictRetry, NewResource: VerdictNewResource, Permanent: VerdictRefused,
	Ended: VerdictEnded, Wait: VerdictWait,
}

// Judge gives the verdict on an answer with an HTTP status and a code of the service, 0 for none. foreign says that
// the answer cannot be recognised as the service's own.
func Judge(result Result, status, code int, foreign bool) Verdict {
	switch {
	case result == Done:
		return VerdictDone
	case code == codeNoActiveStatus: // with it the account is the matter, also where the status is 401
		return VerdictAccountInactive
	case status == http.StatusUnauthorized:
		return VerdictUnauthorized
	case foreign && refusedBefore(status):
		return VerdictBlocked
	case foreign:
		return VerdictForeign
	case status == http.StatusCreated && code == codeAlreadyStarted:
		return VerdictAlreadyStarted
	}
	if verdict, ok := codeVerdicts[code]; ok {
		return verdict
	}
	switch {
	case status == http.StatusNotFound && result != Permanent:
		return VerdictGone
	case status == http.StatusTooManyRequests:
		return VerdictRateLimited
	}
	return resultVerdicts[result]
}

// refusedBefore says whether a status in an answer that is not the service's means that the request was not passed on
// to the service: a redirect, a refusal (4xx) or 503. A success or another failure may have come after it was.
func refusedBefore(status int) bool {
	return status >= http.StatusMultipleChoices && status < http.StatusInternalServerError || status == http.StatusServiceUnavailable
}

// Verdict gives the verdict on the error.
func (e *Error) Verdict() Verdict { return Judge(e.Result, e.Status, e.Code, e.Foreign) }

// Answered says whether there was an answer, from the service or from something in front of it.
func (e *Error) Answered() bool { return e.Status != 0 }

// CredentialsRefused says whether the service or its gateway refuses the credentials. 403 is not documented and read
// in the same way.
func (e *Error) CredentialsRefused() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// Failed says whether the service, or something in front of it, failed (5xx).
func (e *Error) Failed() bool { return e.Status >= http.StatusInternalServerError }

// IsAccountRefused says whether the account is refused: none of its requests succeeds until somebody fixes that.
func (v Verdict) IsAccountRefused() bool {
	return v == VerdictUnauthorized || v == VerdictAccountInactive
}

// IsForeign says whether the answer was not the service's own.
func (v Verdict) IsForeign() bool { return v == VerdictForeign || v == VerdictBlocked }
