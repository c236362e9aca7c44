package rules

import (
	"time"

	"rundown/plan"
	"rundown/plan/forecast"
)

// Options are what the rules depend on beside the plan.
type Options struct {
	Now    time.Time    // for in-the-past and for the window
	Lookup plan.Lookup  // nil: references are not resolved and what depends on them is not checked
	Beside []*plan.Plan // plans that run beside it: where they use an App ID of this plan, its limits are judged together
}

// Check applies every rule to the plan and returns the findings in document order, tuned by the plan's rules: key and
// without those that a comment in the plan silences.
// A nil plan has no findings.
func Check(p *plan.Plan, opts Options) []plan.Finding {
	return Review(p, opts).Findings
}

// Reviewed is what the rules find, and the forecast that they judge by.
type Reviewed struct {
	Findings []plan.Finding
	Forecast *forecast.Forecast // of the plan alone, over validate's window
}

// Review is [Check], and gives the forecast too, so that nobody need make it again.
func Review(p *plan.Plan, opts Options) Reviewed {
	if p == nil {
		return Reviewed{}
	}
	c := &checker{p: p, opts: opts}
	c.apply(checks)
	used := make([]bool, len(p.Ignores))
	findings := plan.Suppress(c.findings, p.Ignores, used)
	findings = append(findings, c.unusedIgnores(used)...)
	return Reviewed{plan.Sort(p, plan.ApplySeverities(findings, p.Severities)), c.alone()}
}

// apply runs checks, one after the other.
func (c *checker) apply(list []check) {
	for _, one := range list {
		c.rule = plan.MustRule(one.rule)
		one.find(c)
	}
}
