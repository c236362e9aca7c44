package agora

import (
	"fmt"
	"strings"
	"time"
)

// Op is an endpoint of the service.
type Op string

// The endpoints.
const (
	OpAcquire Op = "acquire"
	OpStart   Op = "start"
	OpQuery   Op = "query"
	OpUpdate  Op = "update"
	OpStop    Op = "stop"

	// OpAddresses asks for the addresses of notifications. It is about no App ID and no recording.
	OpAddresses Op = "addresses"
)

// readOnly says that the endpoint only reads, so that asking again is harmless whatever became of the request before.
func (op Op) readOnly() bool { return op == OpQuery || op == OpAddresses }

// Result says how a caller goes on after a request: whether it had an effect, and whether to repeat it. [Verdict] says what happened.
type Result int

// The results of requests.
const (
	Unknown     Result = iota // no answer, or none that says whether the request had an effect
	Done                      // it had its effect
	Retry                     // it had no effect, or repeating it is harmless, as of 65, after which a start may run: send the same request after a pause
	NewResource               // send acquire and start again: the resource id is of no use
	Permanent                 // the configuration, the credentials or the program is wrong: repeating it does not help
	Ended                     // the recording has ended, or is ending
	Wait                      // too many recordings or requests: send the same request later
)

var resultNames = [...]string{"unknown", "done", "retry", "new-resource", "permanent", "ended", "wait"}

// String is the result in one word.
func (r Result) String() string {
	if r < 0 || int(r) >= len(resultNames) {
		return fmt.Sprintf("result(%d)", int(r))
	}
	return resultNames[r]
}

// Error is an answer other than a plain success, or the lack of one. Its text never contains a secret: of bodies it
// keeps only the documented fields. Callers branch on Result and [Error.Verdict], never on Status and Code.
type Error struct {
	Op         Op
	Result     Result         // how to go on
	Status     int            // HTTP status; 0: no answer
	Code       int            // the service's code; 0: none given
	Reason     string         // the service's reason, the gateway's message, or what came instead of an answer of theirs
	Foreign    bool           // the answer cannot be recognised as the service's own: it has no code and is none of the documented ones without
	RequestID  string         // X-Request-Id, "" when the service sent none
	Host       string         // the host asked last
	SID        string         // a sid in the body of a refusal, as 201/7 may carry one
	Services   ServerResponse // what a refusal to stop said of the files, where it did
	RetryAfter time.Duration  // Retry-After, 0 when absent; a call repeats a 429 itself that asks for 5 s at most
	Date       time.Time      // the service's Date header, zero when absent
	Sent       bool           // the request may have reached the service
	Local      bool           // it failed before the network: for the budget or the credentials
	Took       time.Duration  // from the sending of the last request to its answer, or to where none was awaited any more
	Err        error          // the cause in the transport, nil when the service answered
}

// Error is the answer in one line: endpoint, host, status, code, reason and request id, as far as they are known.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", e.Op)
	if e.Host != "" {
		fmt.Fprintf(&b, " at %s", e.Host)
	}
	b.WriteString(": ")
	switch {
	case e.Status != 0:
		fmt.Fprintf(&b, "HTTP %d", e.Status)
		if e.Code != 0 {
			fmt.Fprintf(&b, ", code %d", e.Code)
		}
		if e.Reason != "" {
			fmt.Fprintf(&b, " %q", e.Reason)
		}
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		b.WriteString("no answer")
	}
	if e.Result == Unknown && e.Sent && e.Status == 0 {
		b.WriteString("; the request may have had an effect")
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap gives the cause in the transport.
func (e *Error) Unwrap() error { return e.Err }
