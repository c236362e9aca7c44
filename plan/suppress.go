package plan

import (
	"cmp"
	"slices"
)

// Ignore is a comment that suppresses the findings of one rule at one line: # rundown:ignore RULE reason.
type Ignore struct {
	Pos     Pos
	Rule    string
	Line    int    // whose findings it silences
	Problem string // why it can silence nothing, "" where it can
	Hint    Hint
	Used    bool // it silenced a finding of Load
}

// Suppress drops the findings that an ignore comment is for, and sets used[i] for each comment that dropped one.
func Suppress(findings []Finding, ignores []Ignore, used []bool) []Finding {
	if len(ignores) == 0 {
		return findings
	}
	type target struct {
		file, rule string
		line       int
	}
	silencers := map[target][]int{}
	for i, ig := range ignores {
		if ig.Problem == "" {
			at := target{ig.Pos.File, ig.Rule, ig.Line}
			silencers[at] = append(silencers[at], i)
		}
	}
	kept := make([]Finding, 0, len(findings))
	for _, f := range findings {
		by := silencers[target{f.Pos.File, f.Rule, f.Pos.Line}]
		for _, i := range by {
			used[i] = true
		}
		if len(by) == 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

// ApplySeverities applies the rules: key of a plan: it replaces severities and drops the findings that are off.
// Rules that are [Fixed] are not affected.
func ApplySeverities(findings []Finding, severities map[string]Severity) []Finding {
	if len(severities) == 0 {
		return findings
	}
	kept := make([]Finding, 0, len(findings))
	for _, f := range findings {
		if severity, tuned := severities[f.Rule]; tuned && !Fixed(f.Rule) {
			if severity == "" {
				continue
			}
			f.Severity = severity
		}
		kept = append(kept, f)
	}
	return kept
}

// Sort puts findings into document order and removes duplicates. Findings in files that the plan does not know come
// last, by file name. It returns a new list. A nil plan has no files.
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
