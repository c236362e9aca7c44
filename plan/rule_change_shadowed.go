package plan

import "fmt"

// checkChangeShadowed leaves a change without any class to change-matches-nothing.
func checkChangeShadowed(c *checker) {
	for _, s := range c.expansion().schedules {
		if s.recording.unread() || len(s.recording.Changes) < 2 {
			continue
		}
		for i := range s.recording.Changes {
			change := &s.recording.Changes[i]
			if by := shadowOf(s, i); by >= 0 {
				c.report(change.Pos, fmt.Sprintf("the change %s of %s has no effect: a more specific one is for each of its classes, as %s on line %d", change.Key,
					s.recording.ID, s.recording.Changes[by].Key, s.recording.Changes[by].Pos.Line),
					"write what the class needs into the more specific change, which alone counts, and remove this one")
			}
		}
	}
}

// shadowOf gives a change that takes a class from another, where others take all of them; -1 where one is left, or
// where there is none.
func shadowOf(s *schedule, change int) int {
	by := -1
	var on []planned
	for days := s.recording.Changes[change].Key.Days; ; {
		d, ok := s.nextDay(days)
		if !ok {
			return by
		}
		days.First = d + 1
		on = s.plannedOn(s.wall, d, on)
		for i := range on {
			key := &s.recording.Changes[change].Key
			if key.HasTime && key.Time != on[i].clock {
				continue
			}
			if by = s.changes.find(d, on[i].clock); by == change {
				return -1
			}
		}
	}
}
