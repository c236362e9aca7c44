package session

import (
	"fmt"
	"sync"

	"rundown/runner/reason"
)

// known are the reason codes that there are.
var known = sync.OnceValue(func() map[reason.Code]bool {
	codes := map[reason.Code]bool{}
	for _, g := range reason.Groups {
		for _, info := range g.Codes {
			codes[info.Code] = true
		}
	}
	return codes
})

// Uncoded lists what breaks the rule of reasons: each outcome but recorded has a reason and a code, and so has each session
// that did not end by our stop. It is empty for every state that Decide makes; the tests of several packages check that.
func Uncoded(s State) (bad []string) {
	check := func(what string, wanted bool, code reason.Code) {
		switch {
		case wanted && code == "":
			bad = append(bad, what+" has no reason code")
		case !wanted && code != "":
			bad = append(bad, fmt.Sprintf("%s has the reason code %s", what, code))
		case code != "" && !known()[code]:
			bad = append(bad, fmt.Sprintf("%s has the unknown reason code %s", what, code))
		}
	}
	check(fmt.Sprintf("outcome %q (%s)", s.Outcome, s.Reason), s.Outcome != "" && s.Outcome != Recorded, s.ReasonCode)
	for _, rep := range s.Replicas {
		check(fmt.Sprintf("a replica that was given up (%s)", rep.AbandonReason), rep.AbandonReason != "", rep.AbandonCode)
	}
	for _, x := range s.Sessions {
		what := fmt.Sprintf("session %d, %s (%s)", x.Attempt, x.State, x.Reason)
		check(what, x.Reason != "" || x.State.Final() && x.State != SessionEnded, x.ReasonCode)
		if x.State == SessionOrphan && !x.ReasonCode.Orphan() {
			bad = append(bad, what+" is an orphan by its state and not by its code")
		}
	}
	return bad
}
