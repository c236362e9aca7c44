package rules

import (
	"fmt"
	"slices"

	"rundown/plan"
)

// checkUnbounded reports a recording once, at its first time without bounds: one key corrects all of them.
func checkUnbounded(c *checker) {
	for _, r := range c.p.Recordings {
		if w := firstUnbounded(r); w != nil {
			c.report(w.Pos, fmt.Sprintf("%s of %s has no bounds and would never end", w, r.ID),
				"name a calendar with the days of the term in only, here or in defaults")
		}
	}
}

// firstUnbounded is the first time of a recording that has no last day; nil for none.
func firstUnbounded(r *plan.Recording) *plan.When {
	if len(r.Only) > 0 || r.Unread() {
		return nil
	}
	for i := range r.When {
		if r.When[i].Kind != plan.WhenDated {
			return &r.When[i]
		}
	}
	return nil
}

// unboundedIsError says whether a recording has a time without bounds that its author must mend: one that no comment
// silences, in a plan that does not make it less than an error.
func unboundedIsError(p *plan.Plan) bool {
	rule := plan.MustRule("unbounded")
	var list []plan.Finding
	for _, r := range p.Recordings {
		if w := firstUnbounded(r); w != nil {
			list = append(list, rule.Finding(w.Pos, "", ""))
		}
	}
	list = plan.Suppress(list, p.Ignores, make([]bool, len(p.Ignores)))
	return slices.ContainsFunc(plan.ApplySeverities(list, p.Severities), func(f plan.Finding) bool { return f.Severity == plan.SeverityError })
}
