package plan

import (
	"fmt"
	"strings"
)

func checkChangeMatchesNothing(c *checker) {
	for _, s := range c.expansion().schedules {
		if s.recording.unread() {
			continue
		}
		for i := range s.recording.Changes {
			change := &s.recording.Changes[i]
			d, ok := s.nextDay(change.Key.Days)
			if !ok {
				c.report(change.Pos, fmt.Sprintf("%s has no class planned on %s", s.recording.ID, change.Key.Days), nearDays(s, change.Key.Days))
				continue
			}
			if !change.Key.HasTime {
				continue
			}
			var times []string
			found := false
			for _, p := range s.plannedOn(s.wall, d, nil) {
				found = found || p.clock == change.Key.Time
				times = append(times, p.clock.String())
			}
			if !found {
				c.report(change.Pos, fmt.Sprintf("%s has no class planned on %s at %s", s.recording.ID, d, change.Key.Time),
					"planned on that day: "+strings.Join(times, ", "))
			}
		}
	}
}

// nearDays names the planned days around a range that has none.
func nearDays(s *schedule, r DayRange) string {
	const reach = 14
	var days []string
	for around := (DayRange{r.First - reach, r.Last + reach}); len(days) < 6; {
		d, ok := s.nextDay(around)
		if !ok {
			break
		}
		around.First = d + 1
		days = append(days, d.String())
	}
	if len(days) == 0 {
		return "changes are found by the day on which a class was planned first"
	}
	return "planned around it: " + strings.Join(days, ", ")
}
