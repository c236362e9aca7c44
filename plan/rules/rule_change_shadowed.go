package rules

import (
	"fmt"

	"rundown/plan/schedule"
)

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
