package rules

import (
	"fmt"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkCalendarMatchesNothing checks for an entry of only whether a class is on it, and for an entry of skip whether
// there would be one without skip. Unused calendars are another rule's.
func checkCalendarMatchesNothing(c *checker) {
	users := make(map[*plan.Calendar][]*schedule.Timetable)
	for _, s := range c.schedule.Timetables {
		for _, calendar := range s.Recording.Only {
			users[calendar] = append(users[calendar], s)
		}
		if len(s.Recording.Skip) == 0 {
			continue
		}
		unskipped := *s
		unskipped.Skip = nil
		for _, calendar := range s.Recording.Skip {
			users[calendar] = append(users[calendar], &unskipped)
		}
	}
	for _, calendar := range c.p.Calendars {
		if len(users[calendar]) == 0 {
			continue
		}
		for _, entry := range calendar.Entries {
			if !anyClassOn(users[calendar], entry.Days) {
				c.report(entry.Pos, fmt.Sprintf("no recording that uses %s would have a class on %s", calendar.Name, entry.Days),
					"check the year and the days of the week, or remove the entry")
			}
		}
	}
}

// anyClassOn says whether a recording has, or may have, a class on one of the days.
func anyClassOn(schedules []*schedule.Timetable, days plan.DayRange) bool {
	for _, s := range schedules {
		if s.Recording.Unread() || s.NextRegular(days, s.Regular) <= days.Last {
			return true
		}
	}
	return false
}
