package runner

import "rundown/plan"

// ActivePlan is a plan that the engine works on, with its revision.
type ActivePlan struct {
	Plan     *plan.Plan
	Revision int64
}

// ActivePlans are the plans that the engine works on, in the order in which they were first applied.
func (e *Engine) ActivePlans() (plans []ActivePlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range e.order {
		plans = append(plans, ActivePlan{e.plans[name].plan, e.plans[name].revision})
	}
	return plans
}

// UnfitPlans are the active plans that this node cannot work on, as far as it could read them, by name.
func (e *Engine) UnfitPlans() (plans []ActivePlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range sortedKeys(e.unfit) {
		if u := e.unfit[name]; u.plan != nil && e.plans[name] == nil {
			plans = append(plans, ActivePlan{u.plan, u.revision})
		}
	}
	return plans
}

// Redacted takes the secrets of the plans out of a text.
func (e *Engine) Redacted(text string) string { return e.secrets.Redact(text) }
