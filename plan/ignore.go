package plan

import (
	"fmt"
)

// unusedIgnores reports the ignores that silence nothing. What depends on values that were not asked for may yet be.
func (c *checker) unusedIgnores(used []bool) []Finding {
	ignores, opts := c.p.ignores, c.opts
	var findings []Finding
	r := ruleOf("unused-ignore")
	for i, ig := range ignores {
		switch {
		case ig.problem != "":
			findings = append(findings, c.advised(r, ig.pos, ig.problem, ig.hint))
		case used[i] || ig.used || opts.Lookup == nil && needsValues[ig.rule]:
		default:
			findings = append(findings, r.Finding(ig.pos, fmt.Sprintf("nothing on line %d breaks %s", ig.line, ig.rule),
				"remove the comment, or move it to the end of the line that is reported, or above it"))
		}
	}
	return findings
}

// needsValues are the rules that find more where references are resolved.
var needsValues = map[string]bool{"secret-unresolved": true, "rtmp-url-scheme": true}
