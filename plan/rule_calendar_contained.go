package plan

import "fmt"

// checkContainedCalendars reports each list once, at the key that gives it.
func checkContainedCalendars(c *checker) {
	c.reportValues([]string{"only"}, func(s *Settings) (string, tip) {
		if s.unreadOnly {
			return "", tip{}
		}
		for i, small := range s.Only {
			for j, large := range s.Only {
				if i == j || len(small.Entries) == 0 || !within(small, large) || i < j && within(large, small) {
					continue // of two alike, the later is told
				}
				return fmt.Sprintf("only unites its calendars, and each day of %s is in %s too: %s changes nothing", small.Name, large.Name, small.Name),
					say(fmt.Sprintf("write only: %s for the days of %s alone, or only: %s for all of them", small.Name, small.Name, large.Name))
			}
		}
		return "", tip{}
	})
}

// within says that each day of a calendar is in another.
func within(small, large *Calendar) bool {
	days := unionDays([]*Calendar{large})
	for _, r := range unionDays([]*Calendar{small}) {
		if around, ok := days.from(r.First); !ok || around.First > r.First || around.Last < r.Last {
			return false
		}
	}
	return true
}
