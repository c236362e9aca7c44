package rules

import (
	"fmt"

	"rundown/plan"
)

// checkUnsupported gives a note: the plan is right, and the examples of the format have such keys too.
func checkUnsupported(c *checker) {
	if pos, what := c.p.UnsupportedKey(); what != "" {
		c.reportAs(plan.SeverityInformation, pos, fmt.Sprintf("%s is checked, but nothing acts on it yet, and run and now refuse a plan with it", what), "take "+what+" out to record this plan")
	}
}
