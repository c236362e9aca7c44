package rules

import (
	"fmt"
	"strings"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkChangeMatchesNothing looks for planned classes, before any change. It says nothing about recordings whose
// times could not be read.
func checkChangeMatchesNothing(c *checker) {
	for _, s := range c.schedule.Timetables {
		if s.Recording.Unread() {
			continue
		}
		for i := range s.Recording.Changes {
			change := &s.Recording.Changes[i]
			d, ok := s.NextDay(change.Key.Days)
			if !ok {
				c.report(change.Pos, fmt.Sprintf("%s has no class planned on %s", s.Recording.ID, change.Key.Days), nearDays(s, change.Key.Days))
				continue
			}
			if !change.Key.HasTime {
				continue
			}
			var times []string
			found := false
			for _, p := range s.PlannedOn(d, nil) {
				found = found || p.Clock == change.Key.Time
				times = append(times, p.Clock.String())
			}
			if !found {
				c.report(change.Pos, fmt.Sprintf("%s has no class planned on %s at %s", s.Recording.ID, d, change.Key.Time),
					"planned on that day: "+strings.Join(times, ", "))
			}
		}
	}
}

// nearDays lists the planned days around a range that has none.
func nearDays(s *schedule.Timetable, r plan.DayRange) string {
	const reach, most = 14, 6
	var days []string
	for d := range s.PlannedIn(plan.DayRange{First: r.First - reach, Last: r.Last + reach}) {
		if days = append(days, d.String()); len(days) == most {
			break
		}
	}
	if len(days) == 0 {
		return "changes are found by the day on which a class was planned first"
	}
	return "planned around it: " + strings.Join(days, ", ")
}
