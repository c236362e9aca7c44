package runner

// ForgetUnanswered takes out the recovery of starts that an earlier engine asked without storing an answer: they are
// taken for never sent. It is the negative control of the soak.
func ForgetUnanswered(e *Engine, forget bool) { e.forget = forget }

// KeySources is how many sources of temporary credentials the engine remembers.
func KeySources(e *Engine) int {
	e.keys.mu.Lock()
	defer e.keys.mu.Unlock()
	return len(e.keys.sources)
}
