package runner

import "rundown/runner/session"

// failpoint names a step by what it stores: its outcome, the request that is to be sent, or else the answer that came.
// A step that holds an answer and the next request is named by the request.
func failpoint(next session.State, events []session.Event, calls []session.Action) string {
	switch {
	case next.Phase == session.Ended:
		return "the outcome"
	case len(calls) > 0:
		return "the intent to " + string(calls[0].Op)
	}
	for _, e := range events {
		if a, ok := e.(session.Answered); ok {
			return "the answer to " + string(a.Op)
		}
	}
	return "a change of plan"
}
