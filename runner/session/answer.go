package session

import (
	"cmp"
	"fmt"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
)

// Answer is what came of a request. Result Unknown stands for no answer at all, also for one that a crash took.
type Answer struct {
	Result           agora.Result
	Status           int                  // HTTP, 0: none; which one it is, is for the log and for Verdict alone, as of Code
	Code             int                  // the service's, 0: none. That there is one tells an answer of the service from one of a proxy
	Reason           string               // the service's, for people
	Foreign          bool                 // it cannot be recognised as the service's own: never final, and no word about the recording
	RequestID        string               // of the service, "" for none
	RetryAfter       time.Duration        // how long the service asks to wait; 0: it does not
	ResourceID       string               // of acquire
	SID              string               // of start, or in the body of a refusal
	Server           agora.ServerResponse // of query and stop
	CredentialsUntil time.Time            // of start and of an update of credentials: when those that were sent run out
	SentAt           time.Time            // when the request was sent, which is after it was asked for; zero: not known
	Rotated          bool                 // of query: the storage credentials are others than those that were sent
	Unplanned        bool                 // it was not sent, since the plan did not hold the class when it was to be
	Interrupted      bool                 // whoever asked is not there to hear it: its process ended, lost the App ID, or does not know that the step was stored. No fault of the service or the page
	Why              reason.Code          // of what was not sent; "": as its verdict says
}

// Verdict names what the answer means.
func (a Answer) Verdict() agora.Verdict { return agora.Judge(a.Result, a.Status, a.Code, a.Foreign) }

func (a Answer) taskGone() bool { return a.Verdict() == agora.VerdictGone }

// NotAuthorized reports whether the service refused the account: a human has to mend that, and the class waits for it.
func (a Answer) NotAuthorized() bool { return a.Verdict().IsAccountRefused() }

// answered says that something answered, be it the service or what stands before it.
func (a Answer) answered() bool { return a.Status != 0 || a.Result == agora.Done }

// String is the answer in a few words, for reasons and notes.
func (a Answer) String() string {
	switch {
	case a.Result == agora.Done:
		return "done"
	case !a.answered():
		return cmp.Or(a.Reason, "no answer")
	}
	text := fmt.Sprintf("HTTP %d", a.Status)
	if a.Code != 0 {
		text += fmt.Sprintf(", code %d", a.Code)
	}
	if a.Reason != "" {
		text += fmt.Sprintf(" %q", a.Reason)
	}
	return text
}
