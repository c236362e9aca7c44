package rules

import (
	"fmt"

	"rundown/plan"
)

// checkReadyTimeout reports all recordings without a ready timeout once, at the first of them.
func checkReadyTimeout(c *checker) {
	var first plan.Pos
	var without []string
	for _, r := range c.p.Recordings {
		if r.ReadyTimeout == nil && !r.UnreadReady {
			if without == nil {
				first = r.Pos
			}
			without = append(without, r.ID)
		}
	}
	if without != nil {
		c.report(first, fmt.Sprintf("without ready_timeout, which is for pages that call navigator.notifyReady(), a half-loaded page may be recorded, in %s", plan.SomeOf(without)),
			"let the page call navigator.notifyReady(), and write ready_timeout: 30s, here or in defaults")
	}
}
