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

// checkChangeShadowed leaves a change without any class to change-matches-nothing.
func checkChangeShadowed(c *checker) {
	for _, s := range c.schedule.Timetables {
		if s.Recording.Unread() || len(s.Recording.Changes) < 2 {
			continue
		}
		for i := range s.Recording.Changes {
			change := &s.Recording.Changes[i]
			if by := shadowOf(s, i); by >= 0 {
				c.report(change.Pos, fmt.Sprintf("the change %s of %s has no effect: more specific changes apply to all of its classes, such as %s on line %d", change.Key,
					s.Recording.ID, s.Recording.Changes[by].Key, s.Recording.Changes[by].Pos.Line),
					"write what the class needs into the more specific change, which alone counts, and remove this one")
			}
		}
	}
}

// shadowOf gives a change that applies to a class instead of another change, where others apply to all of its
// classes; -1 where one class is left, or where there is none.
func shadowOf(s *schedule.Timetable, change int) int {
	by := -1
	key := &s.Recording.Changes[change].Key
	for d, on := range s.PlannedIn(key.Days) {
		for i := range on {
			if key.HasTime && key.Time != on[i].Clock {
				continue
			}
			if by = s.Changes.Find(d, on[i].Clock); by == change {
				return -1
			}
		}
	}
	return by
}

// farMove is how many days a change may move a class without a finding. A class is moved by days or weeks, over a term at most; a
// wrong year moves it by about 365 days, and one that is moved into the past is not recorded.
const farMove = 180

// checkMovedFar leaves a change without any class to change-matches-nothing.
func checkMovedFar(c *checker) {
	for _, s := range c.schedule.Timetables {
		if s.Recording.Unread() {
			continue
		}
		for i := range s.Recording.Changes {
			change := &s.Recording.Changes[i]
			to := change.To
			if to == nil || !to.HasDay || change.Cancelled {
				continue
			}
			far := movedBy(change.Key.Days, to.Day)
			if max(far, -far) <= farMove {
				continue
			}
			if _, planned := s.NextDay(change.Key.Days); !planned {
				continue
			}
			direction := "later"
			if far < 0 {
				direction = "earlier"
			}
			const tune = "for such a move on purpose, set rules: {moved-far: off}"
			hint := plan.NewHint(tune)
			if day, ok := otherYear(change.Key.Days, to.Day); ok {
				hint = plan.WriteHint(day.String() + " " + plan.Clocks(to.Start, to.Length)).Append(", if the year is wrong; " + tune)
			}
			c.advise(change.ToPos, fmt.Sprintf("the change %s of %s moves to %s, %d days %s", change.Key, s.Recording.ID, to.Day, max(far, -far), direction), hint)
		}
	}
}

// movedBy is how many days a day is after a range, or with a minus before it; 0 within it.
func movedBy(from plan.DayRange, to plan.Day) int {
	switch {
	case to < from.First:
		return int(to) - int(from.First)
	case to > from.Last:
		return int(to) - int(from.Last)
	}
	return 0
}

// otherYear is the day of the same date in another year that is near a range; false where none is.
func otherYear(from plan.DayRange, to plan.Day) (plan.Day, bool) {
	first, _, _ := from.First.Date()
	_, month, date := to.Date()
	for year := first - 1; year <= first+1; year++ {
		day := plan.DayOf(year, month, date)
		_, _, same := day.Date() // February 29 is not in each year
		if far := movedBy(from, day); same == date && max(far, -far) <= farMove/2 {
			return day, true
		}
	}
	return 0, false
}
