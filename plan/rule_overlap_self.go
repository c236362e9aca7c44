package plan

import (
	"fmt"
	"time"
)

// checkOverlapSelf compares each class of the window with the one before it that ends last. Two times that give the
// same start are one class; unless they are written alike, they overlap too.
func checkOverlapSelf(c *checker) {
	e := c.expansion()
	from, until := unixCeil(e.from), unixCeil(e.until)
	changes := make(clockChanges)
	for _, s := range e.schedules {
		if apart(s, changes.of(s.recording.Zone, from-e.maxLength, until)) {
			continue
		}
		var found overlaps
		merged := make(map[[2]int]bool)
		var longest class
		for k := range s.classes(from-e.maxLength, until) {
			if k.cancelled() {
				continue
			}
			if k.start >= from && k.start < longest.end {
				found.add(&longest, k)
			}
			if pair := [2]int{k.entry, k.merged - 1}; k.start >= from && k.merged > 0 && !merged[pair] {
				merged[pair] = true
				a, b := &s.recording.When[min(pair[0], pair[1])], &s.recording.When[max(pair[0], pair[1])]
				which := fmt.Sprintf("%s and %s", a, b)
				if a == b {
					which = fmt.Sprintf("two times of %s", a)
				}
				c.report(b.Pos, fmt.Sprintf("the recording overlaps with itself: %s, where %s start together", intervalOf(k), which),
					"give them different times, or recordings of their own")
			}
			if longest.schedule == nil || k.end > longest.end {
				longest = *k
			}
		}
		for _, o := range found.order {
			c.report(o.pos(), "the recording overlaps with itself: "+o.String(), "give them times apart, or recordings of their own")
		}
	}
}

// apart says that no two classes can overlap, without counting them: there is one weekly time only, of half a day at
// most, and the clock moves by a few hours at most.
func apart(s *schedule, changes *zoneChanges) bool {
	const halfDay, fewHours = daySeconds / 2, 3 * 60 * 60
	return len(s.recording.Changes) == 0 && len(s.recording.When) == 1 && s.recording.When[0].kind == whenWeekly &&
		s.recording.When[0].length <= halfDay*time.Second && changes.largest <= fewHours
}
