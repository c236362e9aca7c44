package runner

import (
	"context"
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
