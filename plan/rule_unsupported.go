package plan

import (
	"fmt"
)

// checkUnsupported gives a note: the plan is right, and the examples of the format have such keys too.
func checkUnsupported(c *checker) {
	if pos, what := c.p.unsupported(); what != "" {
		c.reportAs(SeverityInformation, pos, fmt.Sprintf("%s is checked, but nothing acts on it yet, and run and now refuse a plan with it", what), "take "+what+" out to record this plan")
	}
}
