package runner

// ForgetUnanswered takes out the recovery of starts that an earlier engine asked without storing an answer: they are
// taken for never sent. It is the negative control of the soak.
func ForgetUnanswered(e *Engine, forget bool) { e.forget = forget }
