package rules

import (
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/forecast"
)

// Options are what the rules need in addition to the plan.
type Options struct {
	Now    time.Time    // for in-the-past and for the window
	Lookup plan.Lookup  // nil: references are not resolved and what depends on them is not checked
	Beside []*plan.Plan // plans that run beside it: where they use an App ID of this plan, its limits are judged together
}

// Check applies every rule to the plan and returns the findings in document order, with the severities of the plan's
// rules: key and without those that a comment suppresses. A nil plan has no findings.
func Check(p *plan.Plan, opts Options) []plan.Finding {
	return Review(p, opts).Findings
}

// Reviewed is the findings, and the forecast that the rules used.
type Reviewed struct {
	Findings []plan.Finding
	Forecast *forecast.Forecast // of the plan alone, over validate's window
}

// Review is [Check] and also returns the forecast, so that callers need not make it again.
func Review(p *plan.Plan, opts Options) Reviewed {
	if p == nil {
		return Reviewed{}
	}
	c := newChecker(p, opts)
	for _, one := range checks {
		c.rule = plan.MustRule(one.rule)
		one.find(c)
	}
	used := make([]bool, len(p.Ignores))
	findings := plan.Suppress(c.findings, p.Ignores, used)
	findings = append(findings, c.unusedIgnores(used)...)
	return Reviewed{plan.Sort(p, plan.ApplySeverities(findings, p.Severities)), c.alone()}
}

// unusedIgnores reports the ignore comments that suppress nothing. It says nothing about rules that depend on values
// which were not resolved.
func (c *checker) unusedIgnores(used []bool) []plan.Finding {
	ignores, opts := c.p.Ignores, c.opts
	var findings []plan.Finding
	r := plan.MustRule("unused-ignore")
	for i, ig := range ignores {
		switch {
		case ig.Problem != "":
			findings = append(findings, c.advised(r, ig.Pos, ig.Problem, ig.Hint))
		case used[i] || ig.Used || opts.Lookup == nil && needsValues[ig.Rule]:
		default:
			findings = append(findings, r.Finding(ig.Pos, fmt.Sprintf("nothing on line %d breaks %s", ig.Line, ig.Rule),
				"remove the comment, or move it to the end of the line that is reported, or above it"))
		}
	}
	return findings
}

// needsValues are the rules that find more where references are resolved.
var needsValues = map[string]bool{"secret-unresolved": true, "rtmp-url-scheme": true}
