package rules

import (
	"fmt"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkNeverHappens looks at all bounds regardless of the present time: a class that has ended has happened. A
// cancelled class counts as happening, since somebody decided that.
func checkNeverHappens(c *checker) {
	for _, s := range c.schedule.Timetables {
		if s.Recording.Unread() {
			continue
		}
		for i := range s.Recording.When {
			if reason, hint := neverHappens(s, i); reason != "" {
				w := &s.Recording.When[i]
				c.report(w.Pos, fmt.Sprintf("%s of %s never happens: %s", w, s.Recording.ID, reason), hint)
			}
		}
	}
}

// neverHappens says why the entry has no class, and a hint; "" where it has one.
func neverHappens(s *schedule.Timetable, entry int) (reason, hint string) {
	w := &s.Recording.When[entry]
	if w.Kind == plan.WhenDated {
		return "", ""
	}
	one := s.WithEntry(entry)
	if len(one.Regular) == 0 {
		return "no date fits the expression", "check the day of the month and the month"
	}
	if !s.Bounded {
		return "", "" // beyond the last day that is skipped, some day fits
	}
	if len(s.Only) == 0 {
		return "the calendars in only contain no day", "add days to the calendar"
	}
	bounds := plan.DayRange{First: s.Only[0].First, Last: s.Only[len(s.Only)-1].Last}
	if one.NextRegular(bounds, one.Regular) <= bounds.Last {
		return "", ""
	}
	hint = "extend the calendar, or choose another day"
	one.Skip = nil
	if d := one.NextRegular(bounds, one.Regular); d <= bounds.Last {
		return fmt.Sprintf("all its days in only are in skip too, from %s on", d), "set skip: none for this recording, or choose another day"
	}
	return fmt.Sprintf("only contains no such day (%s to %s)", bounds.First, bounds.Last), hint
}
