package rules

import (
	"fmt"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkContainedCalendars reports each list once, at the key that gives it.
func checkContainedCalendars(c *checker) {
	c.reportValues([]string{"only"}, func(s *plan.Settings) (string, plan.Tip) {
		if s.UnreadOnly {
			return "", plan.Tip{}
		}
		for i, small := range s.Only {
			for j, large := range s.Only {
				if i == j || len(small.Entries) == 0 || !within(small, large) || i < j && within(large, small) {
					continue // of two alike, the later is told
				}
				return fmt.Sprintf("each day of %s is in %s too, so %s adds nothing to only", small.Name, large.Name, small.Name),
					plan.Say(fmt.Sprintf("write only: %s for the days of %s alone, or only: %s for all of them", small.Name, small.Name, large.Name))
			}
		}
		return "", plan.Tip{}
	})
}

// within says that each day of a calendar is in another.
func within(small, large *plan.Calendar) bool {
	days := schedule.UnionDays([]*plan.Calendar{large})
	for _, r := range schedule.UnionDays([]*plan.Calendar{small}) {
		if around, ok := days.From(r.First); !ok || around.First > r.First || around.Last < r.Last {
			return false
		}
	}
	return true
}
