package plan

import (
	"cmp"
	"slices"
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

// indispensable are the rules, beside those of structure, that no plan can do without: they tell of what is missing, or
// could not be read, and without it there is nothing to ask the service for.
var indispensable = map[string]bool{
	"timezone-missing": true, "timezone-unknown": true, "url-required": true, "when-syntax": true, "cron-syntax": true,
	"storage-config-required": true, "storage-bucket-required": true, "storage-keys-required": true,
	"storage-vendor-values": true, "video-size-required": true,
}

// tune applies a plan's rules: key: severities are replaced and what is off disappears. Rules of structure stay.
func tune(findings []Finding, severities map[string]Severity) []Finding {
	if len(severities) == 0 {
		return findings
	}
	kept := make([]Finding, 0, len(findings))
	for _, f := range findings {
		if severity, tuned := severities[f.Rule]; tuned && !structural[f.Rule] && !indispensable[f.Rule] {
			if severity == "" {
				continue
			}
			f.Severity = severity
		}
		kept = append(kept, f)
	}
	return kept
}

// Sort puts findings into document order and removes repetitions.
// Findings of a file that the plan does not know come last, in the order of the files' names. The argument is not
// changed. A nil plan is one without files.
func Sort(p *Plan, findings []Finding) []Finding {
	order := map[string]int{}
	if p != nil {
		for i, f := range p.Files {
			order[f.Path] = i - len(p.Files)
		}
	}
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(order[a.Pos.File], order[b.Pos.File]),
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Message, b.Message),
			cmp.Compare(a.Hint, b.Hint),
		)
	})
	return slices.Compact(sorted)
}
