package rules

import (
	"fmt"

	"rundown/plan"
)

// checkUnbounded reports a recording once, at its first time without bounds: one key corrects all of them.
func checkUnbounded(c *checker) {
	for _, r := range c.p.Recordings {
		if len(r.Only) > 0 || r.Unread() {
			continue
		}
		for i := range r.When {
			if w := &r.When[i]; w.Kind != plan.WhenDated {
				c.report(w.Pos, fmt.Sprintf("%s of %s has no bounds and would never end", w, r.ID),
					"name a calendar with the days of the term in only, here or in defaults")
				break
			}
		}
	}
}
