package rules

import (
	"fmt"
	"slices"
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
				c.report(change.Pos, fmt.Sprintf("%s has no class planned on %s", s.Recording.ID, change.Key.Days), whyNone(s, change.Key.Days)+nearDays(s, change.Key.Days))
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

// whyNone says why a recording has no class on a day; "" for several days, and where a date or a cron expression would
// have to say it.
func whyNone(s *schedule.Timetable, days plan.DayRange) string {
	if days.First != days.Last {
		return ""
	}
	var weekly plan.Weekdays
	for i := range s.Recording.When {
		if s.Recording.When[i].Kind == plan.WhenCron {
			return ""
		}
		weekly |= s.Recording.When[i].Days
	}
	weekday := days.First.Weekday()
	switch {
	case weekly == 0:
		return ""
	case weekly&(1<<weekday) == 0:
		return fmt.Sprintf("it is a %s; ", weekday)
	}
	for _, calendar := range s.Recording.Skip {
		if holds(calendar, days.First) {
			return fmt.Sprintf("%s skips it, since it is in %s: remove this change, or correct its day; ", s.Recording.ID, calendar.Name)
		}
	}
	if len(s.Recording.Only) > 0 && !slices.ContainsFunc(s.Recording.Only, func(c *plan.Calendar) bool { return holds(c, days.First) }) {
		return "it is in no calendar of only; "
	}
	return ""
}

// holds says whether a day is in a calendar.
func holds(c *plan.Calendar, day plan.Day) bool {
	return slices.ContainsFunc(c.Entries, func(e plan.CalendarEntry) bool { return e.Days.First <= day && day <= e.Days.Last })
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
