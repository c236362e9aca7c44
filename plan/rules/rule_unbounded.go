package rules

import (
	"fmt"

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

func unbounded(r *plan.Recording) bool { return firstUnbounded(r) != nil }
