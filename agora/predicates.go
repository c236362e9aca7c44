package agora

import "errors"

// The service's codes that a caller tells apart.
const (
	codeParameter        = 2
	codeAlreadyStarted   = 7
	codeInvalidOperation = 49
	codeUploadTimeout    = 50
	codeTaskConflict     = 53
	codeRequestTimeout   = 62
	codeNotCompleted     = 65
	codeNotFound         = 404
	codeNoActiveStatus   = 405
	codeOverload         = 406
	codeNoRecordedData   = 435
	codeAllocate         = 502
)

// IsAlreadyStarted says that a start met a resource id that has started (201, code 7): a recording is live. Its sid
// is in [Error].SID where the service gave it.
func IsAlreadyStarted(err error) bool {
	return is(err, func(e *Error) bool {
		return e.Op == OpStart && (e.Code == codeAlreadyStarted || e.Status == 201 && e.Code == 0)
	})
}

// IsTaskConflict says that a start met a live task with the same cname and uid (400, code 53).
func IsTaskConflict(err error) bool {
	return is(err, func(e *Error) bool { return e.Op == OpStart && e.Code == codeTaskConflict })
}

// IsNotFound says that the service knows no such recording at the moment: it is over, it never began, or it is
// changing its server, for up to [catalog.FailoverWindow]. A wrong path, which is a 404 too, is not meant.
func IsNotFound(err error) bool {
	return is(err, func(e *Error) bool { return isGone(e.Op, e.Code, e.Reason) })
}

// IsUnauthorized says that the credentials were refused (HTTP 401): hold back the starts of the account.
func IsUnauthorized(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == 401 })
}

// IsNoActiveStatus says that the account is suspended or overdue (acquire, code 405): hold back its starts.
func IsNoActiveStatus(err error) bool {
	return is(err, func(e *Error) bool { return e.Op == OpAcquire && e.Code == codeNoActiveStatus })
}

// IsOverloaded says that as many recordings run as the account may have (acquire, code 406).
func IsOverloaded(err error) bool {
	return is(err, func(e *Error) bool { return e.Op == OpAcquire && e.Code == codeOverload })
}

// IsRateLimited says that there were more requests in a second than the App ID may send (HTTP 429).
func IsRateLimited(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == 429 })
}

// IsNoRecordedData says that the stopped recording has no files (206, code 435).
func IsNoRecordedData(err error) bool {
	return is(err, func(e *Error) bool { return e.Op == OpStop && e.Code == codeNoRecordedData })
}

// IsUploadTimeout says that the recording is stopped and its upload goes on (stop, code 50).
func IsUploadTimeout(err error) bool {
	return is(err, func(e *Error) bool { return e.Op == OpStop && e.Code == codeUploadTimeout })
}

// IsRequestTimeout says that the service ran out of time (code 62), which says nothing about the recording. On
// acquire an older page reads it as: the service is not enabled for the App ID. Suspect that when it repeats.
func IsRequestTimeout(err error) bool {
	return is(err, func(e *Error) bool { return e.Code == codeRequestTimeout })
}

// IsNotCompleted says that the service is still at the request (206, code 65).
func IsNotCompleted(err error) bool {
	return is(err, func(e *Error) bool { return e.Code == codeNotCompleted })
}

// IsAllocateFailed says that there was no worker for the start (500, code 502): pair anew, at once.
func IsAllocateFailed(err error) bool {
	return is(err, func(e *Error) bool { return e.Op == OpStart && e.Code == codeAllocate })
}

func is(err error, match func(*Error) bool) bool {
	var e *Error
	return errors.As(err, &e) && match(e)
}
