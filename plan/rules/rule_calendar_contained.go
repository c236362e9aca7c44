package rules

import (
	"fmt"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkContainedCalendars reports each list once, at the key that sets it.
func checkContainedCalendars(c *checker) {
	c.reportValues([]string{"only"}, func(s *plan.Settings) (string, plan.Hint) {
		if s.UnreadOnly {
			return "", plan.Hint{}
		}
		for i, small := range s.Only {
			for j, large := range s.Only {
				if i == j || len(small.Entries) == 0 || !isWithin(small, large) || i < j && isWithin(large, small) {
					continue // of two alike, the later is told
				}
				return fmt.Sprintf("each day of %s is in %s too, so %s adds nothing to only", small.Name, large.Name, small.Name),
					plan.NewHint(fmt.Sprintf("write only: %s for the days of %s alone, or only: %s for all of them", small.Name, small.Name, large.Name))
			}
		}
		return "", plan.Hint{}
	})
}

// isWithin says whether each day of a calendar is in another.
func isWithin(small, large *plan.Calendar) bool {
	days := schedule.UnionDays([]*plan.Calendar{large})
	for _, r := range schedule.UnionDays([]*plan.Calendar{small}) {
		if around, ok := days.From(r.First); !ok || around.First > r.First || around.Last < r.Last {
			return false
		}
	}
	return true
}
