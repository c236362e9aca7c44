package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// ForgetUnanswered takes out the recovery of starts that an earlier engine asked without storing an answer: they are
// taken for never sent. It is the negative control of the soak.
func ForgetUnanswered(e *Engine, forget bool) { e.forget = forget }

// KeySources is how many sources of temporary credentials the engine remembers.
func KeySources(e *Engine) int {
	e.keys.mu.Lock()
	defer e.keys.mu.Unlock()
	return len(e.keys.sources)
}

// Held is how many occurrences that have begun or are over the engine holds in full, and of how many that are over it
// knows no more than that.
func Held(e *Engine) (full, over int) {
	e.mu.Lock()
	conductors := slices.Collect(maps.Values(e.conductors))
	e.mu.Unlock()
	for _, c := range conductors {
		counted := make(chan struct{})
		c.post(func() {
			full, over = full+len(c.tasks), over+len(c.filed)
			close(counted)
		})
		<-counted
	}
	return full, over
}

// ReadCommands has the engine look for commands now.
func ReadCommands(e *Engine) error { return e.readCommands(context.Background()) }

// Blocked says that a health issue of the engine keeps classes from beginning.
func (e *Engine) Blocked() bool {
	return slices.ContainsFunc(e.Issues(), func(i Issue) bool { return i.Blocking })
}

// Troubles are the engine's health issues, each as one line.
func (e *Engine) Troubles() []string {
	var lines []string
	for _, issue := range e.Issues() {
		lines = append(lines, issue.String())
	}
	return lines
}

// Uncoded lists what an occurrence has a reason for and no code, or a code and no reason: each outcome but recorded has
// both, and so has each session that did not end by our stop.
func Uncoded(s State) (bad []string) {
	known := map[ReasonCode]bool{}
	for _, g := range reasonGroups {
		for _, info := range g.codes {
			known[info.code] = true
		}
	}
	check := func(what string, wanted bool, code ReasonCode) {
		switch {
		case wanted && code == "":
			bad = append(bad, what+" has no reason code")
		case !wanted && code != "":
			bad = append(bad, fmt.Sprintf("%s has the reason code %s", what, code))
		case code != "" && !known[code]:
			bad = append(bad, fmt.Sprintf("%s has the unknown reason code %s", what, code))
		}
	}
	check(fmt.Sprintf("outcome %q (%s)", s.Outcome, s.Reason), s.Outcome != "" && s.Outcome != Recorded, s.ReasonCode)
	for _, l := range s.Lanes {
		check(fmt.Sprintf("a lane that was given up (%s)", l.GaveUp), l.GaveUp != "", l.GaveUpCode)
	}
	for _, x := range s.Sessions {
		what := fmt.Sprintf("session %d, %s (%s)", x.Attempt, x.State, x.Reason)
		check(what, x.Reason != "" || x.State.Final() && x.State != SessionEnded, x.ReasonCode)
		if x.State == SessionOrphan && !x.ReasonCode.orphan() {
			bad = append(bad, what+" is an orphan by its state and not by its code")
		}
	}
	return bad
}
