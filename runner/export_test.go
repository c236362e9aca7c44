package runner

import (
	"context"
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

// Held is how many occurrences the engine has in memory.
func Held(e *Engine) (n int) {
	for _, w := range e.allWorkers() {
		counted := make(chan struct{})
		w.post(func() {
			n += len(w.near)
			close(counted)
		})
		<-counted
	}
	return n
}

// Look has the engine look for orders now.
func Look(e *Engine) error { return e.reloadWorkers(context.Background()) }

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
