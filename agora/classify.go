package agora

import "strings"

// rule is a row of the documented tables of answers. An empty member matches everything.
type rule struct {
	ops    []Op
	status int
	code   int
	reason string // a part of the reason or message, in lower case
	result Result
}

// answerRules are the documented answers that the status alone does not classify. The first match counts. Sources:
// Response status codes; Common errors 2022 for the old codes at the end.
var answerRules = []rule{
	// The gateway, before the service: its bodies have a message and no code.
	{status: 401, result: Permanent},
	{status: 429, result: Wait},
	{status: 400, reason: reasonAppInvalid, result: Permanent},

	// Any endpoint: a parameter is wrong.
	{code: codeParameter, result: Permanent},

	// The upload of a synchronous stop takes longer than the answer may; the status is not documented.
	{ops: []Op{OpStop}, code: codeUploadTimeout, result: Ended},

	// acquire
	{ops: []Op{OpAcquire}, status: 400, code: 400, result: Permanent}, // invalid_appid
	{ops: []Op{OpAcquire}, status: 400, code: 401, result: Permanent}, // invalid_channel_name
	{ops: []Op{OpAcquire}, code: codeNoActiveStatus, result: Permanent},
	{ops: []Op{OpAcquire}, code: codeOverload, result: Wait},
	{ops: []Op{OpAcquire}, code: 500, result: Retry}, // internal_error
	{ops: []Op{OpAcquire}, code: 501, result: Retry}, // no_worker_manager_available
	{ops: []Op{OpAcquire}, code: 504, result: Retry}, // allocate_timeout

	// start. 201/7 and 400/53 both say that some recording is live, which may be ours.
	{ops: []Op{OpStart}, status: 201, result: Unknown},
	{ops: []Op{OpStart}, code: codeAlreadyStarted, result: Unknown},
	{ops: []Op{OpStart}, code: codeTaskConflict, result: NewResource},
	{ops: []Op{OpStart}, code: codeAllocate, result: NewResource},

	// Any endpoint that the tables name with these, and acquire with 62 by an older page that is in doubt.
	{code: codePending, result: Retry}, // of a start its verdict decides, since it may have had its effect
	{code: codeRequestTimeout, result: Retry},

	// query, update and stop: the recording is gone, or changing its server. Only the caller knows when it last
	// answered, hence query and update go on asking; a stop of what is gone has what it wanted.
	{ops: []Op{OpQuery, OpUpdate}, code: codeNotFound, result: Retry},
	{ops: []Op{OpStop}, code: codeNotFound, result: Ended},
	{ops: []Op{OpQuery, OpUpdate}, reason: reasonNotFound, result: Retry},
	{ops: []Op{OpStop}, reason: reasonNotFound, result: Ended},
	{ops: []Op{OpStop}, code: codeNoRecordedData, result: Ended},
	{ops: []Op{OpQuery, OpUpdate, OpStop}, code: codeInvalidOperation, result: Ended},

	// Codes of older editions, on the endpoints that they were written for and any other.
	{ops: []Op{OpQuery, OpUpdate, OpStop}, code: 501, result: Ended}, // is exiting
	{code: 8, result: Permanent},                                     // method, Content-Type, path or JSON
	{code: 109, result: Permanent},                                   // RTC token expired, of other modes
	{code: 110, result: Permanent},                                   // RTC token wrong, of other modes
	{code: 432, result: Permanent},                                   // parameter, or ids that do not belong together
	{code: 433, result: NewResource},                                 // resource id older than five minutes
	{code: 1001, result: NewResource},                                // resource id cannot be parsed
	{code: 1003, result: Permanent},                                  // App ID or sid of another resource id
	{code: 1013, result: Permanent},                                  // channel name
}

// The documented texts that tell an answer without a code.
const (
	reasonNotFound    = "failed to find worker"
	reasonAppInvalid  = "appid is invalid"
	reasonNoHeader    = "unauthorized"
	reasonCredentials = "invalid authentication credentials"
)

// Classify says what an answer means. The code is 0 and the reason is the gateway's message where the body had none
// of the service's. Answers that no table names are classified by status: 5xx Retry; 4xx with a code of the service
// Permanent; 4xx and redirects without one Wait, since they come from something in front of the service, or mean too
// many requests (the quota page documents an HTTP 400 without a body for that); of 2xx only a 200 without a code is
// Done, and the effect of any other is Unknown where it matters.
func Classify(op Op, status, code int, reason string) Result {
	text := strings.ToLower(reason)
	for _, r := range answerRules {
		if r.matches(op, status, code, text) {
			return r.result
		}
	}
	switch {
	case status == 200 && code == 0:
		return Done
	case status >= 200 && status < 300:
		return unknownEffect(op)
	case status >= 500:
		return Retry
	case code == 0:
		return Wait
	default:
		return Permanent
	}
}

// ClassifyFailure classifies a request without an answer. sent says whether it may have reached the service.
func ClassifyFailure(op Op, sent bool) Result {
	if !sent {
		return Retry
	}
	return unknownEffect(op)
}

// classifyUnreadable classifies an answer whose body is not what its status promises.
func classifyUnreadable(op Op, status int) Result {
	if result := Classify(op, status, 0, ""); result != Done {
		return result
	}
	return unknownEffect(op)
}

// unknownEffect is the result of a request that may have had an effect. acquire and query have none that matters: a
// resource id that nobody knows expires by itself.
func unknownEffect(op Op) Result {
	if op == OpAcquire || op.readOnly() {
		return Retry
	}
	return Unknown
}

// matches says whether the row is about an answer. The reason is in lower case.
func (r rule) matches(op Op, status, code int, reason string) bool {
	if r.status != 0 && r.status != status || r.code != 0 && r.code != code {
		return false
	}
	if r.reason != "" && !strings.Contains(reason, r.reason) {
		return false
	}
	for _, o := range r.ops {
		if o == op {
			return true
		}
	}
	return len(r.ops) == 0
}

// isGone says whether the service itself says that it knows no such recording, by its code or its reason. A 404
// without either is a wrong path, or comes from something in front of the service.
func isGone(op Op, code int, reason string) bool {
	if op != OpQuery && op != OpUpdate && op != OpStop {
		return false
	}
	return code == codeNotFound || strings.Contains(strings.ToLower(reason), reasonNotFound)
}

// isForeign says whether an answer cannot be recognised as the service's own: it has no code and is none of the
// documented answers without one. Proxies, firewalls, login pages and load balancers give such answers.
func isForeign(op Op, status, code int, reason string) bool {
	text := strings.ToLower(reason)
	switch {
	case code != 0 || isGone(op, code, reason):
		return false
	case status == 200 || status == 429:
		return false
	case status == 400:
		return !strings.Contains(text, reasonAppInvalid)
	case status == 401:
		return !strings.Contains(text, reasonNoHeader) && !strings.Contains(text, reasonCredentials)
	default:
		return true
	}
}
