package rules

import (
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// checkInThePast needs the present time, and reports each time of a recording whose classes have all ended.
func checkInThePast(c *checker) {
	if c.opts.Now.IsZero() {
		return
	}
	e := c.schedule
	now := c.opts.Now.Unix()
	for _, s := range e.Timetables {
		for i := range s.Recording.When {
			if last, over := endedBefore(s, i, now, e.MaxLength); over {
				w := &s.Recording.When[i]
				c.report(w.Pos, fmt.Sprintf("every class of %s of %s has ended, the last one on %s", w, s.Recording.ID, time.Unix(last, 0).In(s.Recording.Zone).Format("2006-01-02 15:04 MST")),
					"past classes are not recorded; remove the time if it is no longer needed")
			}
		}
	}
}

// endedBefore says whether the entry has had classes and has none left that ends after now, cancelled ones included,
// and when the last one ended. It looks ahead first: most entries have a class there, and then the past need not be walked through.
func endedBefore(s *schedule.Timetable, entry int, now, maxLength int64) (last int64, over bool) {
	if s.Recording.When[entry].Kind != plan.WhenDated && !s.Bounded {
		return 0, false
	}
	one := s.WithEntry(entry)
	for k := range one.Classes(now-maxLength, schedule.LastInstant) {
		if k.End > now {
			return 0, false
		}
	}
	for k := range one.Classes(schedule.FirstInstant, now) {
		last, over = max(last, k.End), true
	}
	return last, over
}
