package plan

import (
	"time"
)

// CheckOptions are what the rules depend on beside the plan.
type CheckOptions struct {
	Now    time.Time // for in-the-past and for the window
	Lookup Lookup    // nil: references are not resolved and what depends on them is not checked
	Beside []*Plan   // plans that run beside it: where they use an App ID of this plan, its limits are judged together
}

// Check applies every rule to the plan and returns the findings in document order, tuned by the plan's rules: key and
// without those that a comment in the plan silences.
// A nil plan has no findings.
func Check(p *Plan, opts CheckOptions) []Finding {
	return Review(p, opts).Findings
}

// Reviewed is what the rules find, and the forecast that they judge by.
type Reviewed struct {
	Findings []Finding
	Forecast *Forecast // of the plan alone, over validate's window
}

// Review is [Check], and gives the forecast too, so that nobody need make it again.
func Review(p *Plan, opts CheckOptions) Reviewed {
	if p == nil {
		return Reviewed{}
	}
	c := &checker{p: p, opts: opts}
	c.apply(checks)
	used := make([]bool, len(p.ignores))
	findings := silence(c.findings, p.ignores, used)
	findings = append(findings, c.unusedIgnores(used)...)
	return Reviewed{Sort(p, tune(findings, p.Severities)), c.alone()}
}

// apply runs checks, one after the other.
func (c *checker) apply(list []check) {
	for _, one := range list {
		c.rule = ruleOf(one.rule)
		one.find(c)
	}
}
