package rules

import (
	"fmt"
	"slices"
	"strings"

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

// checkCalendarMatchesNothing checks for an entry of only whether a class is on it, and for an entry of skip whether
// there would be one without skip. Unused calendars are another rule's. While a recording could not be read, its classes
// may be those that an entry is for.
func checkCalendarMatchesNothing(c *checker) {
	if c.p.UnreadRecordings {
		return
	}
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
				hint := c.replacedSkip(calendar, entry.Days)
				if hint == "" {
					hint = "check the year and the days of the week, or remove the entry"
				}
				c.report(entry.Pos, fmt.Sprintf("no recording that uses %s would have a class on %s", calendar.Name, entry.Days), hint)
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

// replacedSkip is the hint for a day that a calendar in the skip of defaults names, where recordings have a class
// because a skip of their own replaces that of defaults; "" where there is none.
func (c *checker) replacedSkip(calendar *plan.Calendar, days plan.DayRange) string {
	inherited := false
	var own []*plan.Recording
	for i, s := range c.schedule.Timetables {
		switch r := s.Recording; {
		case slices.Contains(r.Skip, calendar):
			inherited = inherited || !r.OwnSkip
		case len(r.Skip) > 0 && !r.Unread() && r.OwnSkip && anyClassOn(c.schedule.Timetables[i:i+1], days):
			own = append(own, r)
		}
	}
	switch {
	case !inherited || len(own) == 0:
		return ""
	case len(own) > 1:
		ids := make([]string, len(own))
		for i, r := range own {
			ids[i] = r.ID
		}
		return fmt.Sprintf("%s have a class then, since their own skip replaces that of defaults; to skip %s there too, add it to their skip", plan.SomeOf(ids), calendar.Name)
	}
	names := []string{calendar.Name}
	for _, other := range own[0].Skip {
		names = append(names, other.Name)
	}
	return fmt.Sprintf("%s has a class then, since its own skip replaces that of defaults; to skip %s there too, write skip: [%s]", own[0].ID, calendar.Name, strings.Join(names, ", "))
}
