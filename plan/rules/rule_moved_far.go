package rules

import (
	"fmt"

	"rundown/plan"
)

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
