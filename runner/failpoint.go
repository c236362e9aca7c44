package runner

import "rundown/runner/session"

// failpoint names a step by what it writes down: the class for the first time, its outcome, the request that is to be
// sent, or else the answer that came. A step that holds an answer and the next request is named by the request.
func failpoint(t *task, next session.State, observed []session.Observation, calls []session.Action) string {
	switch {
	case t.version == 0 && len(calls) == 0 && next.Phase == session.Planned:
		return "the plan"
	case next.Phase == session.Over:
		return "the outcome"
	case len(calls) > 0:
		return "the intent to " + string(calls[0].Op)
	}
	for _, o := range observed {
		if o.Op != "" {
			return "the answer to " + string(o.Op)
		}
	}
	return "a change of plan"
}
