package rules

import (
	"fmt"

	"rundown/plan"
)

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
