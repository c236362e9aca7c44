package rules

import (
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkOverlapSelf compares each class of the window with the earlier one that ends last. Two times with the same
// start are one class; unless they are written alike, they overlap too.
func checkOverlapSelf(c *checker) {
	e, from := c.schedule, c.from
	changes := make(clockChanges)
	for _, s := range e.Timetables {
		if cannotOverlap(s, changes.of(s.Recording.Zone, from-e.MaxLength, c.until)) {
			continue
		}
		var found overlaps
		merged := make(map[[2]int]bool)
		var longest schedule.Instance
		for k := range s.Classes(from-e.MaxLength, c.until) {
			if k.Cancelled() {
				continue
			}
			if k.Start >= from && k.Start < longest.End {
				found.add(&longest, k)
			}
			if pair := [2]int{k.Entry, k.Merged - 1}; k.Start >= from && k.Merged > 0 && !merged[pair] {
				merged[pair] = true
				a, b := &s.Recording.When[min(pair[0], pair[1])], &s.Recording.When[max(pair[0], pair[1])]
				which := fmt.Sprintf("%s and %s", a, b)
				if a == b {
					which = fmt.Sprintf("two times of %s", a)
				}
				c.report(b.Pos, fmt.Sprintf("the recording overlaps with itself: %s, where %s start together", intervalOf(k), which),
					"give them different times, or recordings of their own")
			}
			if longest.Timetable == nil || k.End > longest.End {
				longest = *k
			}
		}
		for _, o := range found.order {
			hint := "give them times apart, or recordings of their own"
			for _, k := range []*schedule.Instance{&o.first, &o.second} {
				if right, ok := swappedBack(k); ok {
					written := &k.Timetable.Recording.When[k.Entry]
					hint = fmt.Sprintf("the end of %s is before its start: write %s, if the two were swapped", written, right)
				}
				if isMoved(k) && o.count == 1 {
					hint = fmt.Sprintf("the class of %s is moved there: choose another time for it", k.Day)
				}
			}
			c.report(o.pos(), "the recording overlaps with itself: "+o.String(), hint)
		}
	}
}

// swappedBack is the time of a class whose start and end were likely swapped, the right way round.
func swappedBack(k *schedule.Instance) (string, bool) {
	if isMoved(k) || k.Entry >= len(k.Timetable.Recording.When) {
		return "", false
	}
	w := &k.Timetable.Recording.When[k.Entry]
	if w.Kind == plan.WhenCron || !isLongNight(w.Start, w.Length) {
		return "", false
	}
	return swapped(w.DaysText()+" ", w.Start, w.Length)
}

// cannotOverlap says whether no two classes of a recording can overlap, without counting them: it has one weekly time
// of at most half a day, and clock changes are small.
func cannotOverlap(s *schedule.Timetable, changes *zoneChanges) bool {
	const halfDay, fewHours = plan.DaySeconds / 2, 3 * 60 * 60
	return len(s.Recording.Changes) == 0 && len(s.Recording.When) == 1 && s.Recording.When[0].Kind == plan.WhenWeekly &&
		s.Recording.When[0].Length <= halfDay*time.Second && changes.largest <= fewHours
}
