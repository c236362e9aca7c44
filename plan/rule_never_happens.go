package plan

import "fmt"

// checkNeverHappens looks at all bounds, whatever the present time: a class that is over has happened. A class that a
// change cancels is none that never happens: somebody said so, and must be able to.
func checkNeverHappens(c *checker) {
	for _, s := range c.expansion().schedules {
		if s.recording.unread() {
			continue
		}
		for i := range s.recording.When {
			if reason, hint := neverHappens(s, i); reason != "" {
				w := &s.recording.When[i]
				c.report(w.Pos, fmt.Sprintf("%s of %s never happens: %s", w, s.recording.ID, reason), hint)
			}
		}
	}
}

// neverHappens says why the entry has no class; "" when it has one.
func neverHappens(s *schedule, entry int) (reason, hint string) {
	w := &s.recording.When[entry]
	if w.kind == whenDated {
		return "", ""
	}
	one := s.alone(entry)
	if len(one.regular) == 0 {
		return "no date fits the expression", "look at day of the month and month"
	}
	if !s.bounded {
		return "", "" // beyond the last day that is skipped, some day fits
	}
	if len(s.only) == 0 {
		return "the calendars of only hold no day", "add days to the calendar"
	}
	bounds := DayRange{s.only[0].First, s.only[len(s.only)-1].Last}
	if one.nextRegular(bounds, one.regular) <= bounds.Last {
		return "", ""
	}
	hint = "extend the calendar, or choose another day"
	one.skip = nil
	if d := one.nextRegular(bounds, one.regular); d <= bounds.Last {
		return fmt.Sprintf("all its days in only are in skip too, from %s on", d), "set skip: none for this recording, or choose another day"
	}
	return fmt.Sprintf("no such day is in only (%s to %s)", bounds.First, bounds.Last), hint
}
