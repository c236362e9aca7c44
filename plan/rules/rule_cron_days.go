package rules

import (
	"fmt"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkCronDays explains an expression that programs read in two ways: for some a field that begins with a star, as
// */2, restricts nothing, and then a day must match both fields.
func checkCronDays(c *checker) {
	for _, r := range c.p.Recordings {
		for i := range r.When {
			w := &r.When[i]
			if w.Kind != plan.WhenCron || w.Spec.Dom&schedule.CronStar != 0 || w.Spec.Dow&schedule.CronStar != 0 {
				continue
			}
			c.report(w.Pos, fmt.Sprintf("%s of %s restricts both the day of the month and the day of the week: a class is held on each day that fits one of the two", w, r.ID),
				"write * for one of the two; for days that must fit both, use weekdays and a calendar in only")
		}
	}
}
