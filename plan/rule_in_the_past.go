package plan

import (
	"fmt"
	"time"
)

func checkInThePast(c *checker) {
	if c.opts.Now.IsZero() {
		return
	}
	e := c.expansion()
	now := c.opts.Now.Unix()
	for _, s := range e.schedules {
		for i := range s.recording.When {
			if last, over := overAt(s, i, now, e.maxLength); over {
				w := &s.recording.When[i]
				c.report(w.Pos, fmt.Sprintf("every class of %s of %s is over; the last one ended on %s", w, s.recording.ID, time.Unix(last, 0).In(s.recording.Zone).Format("2006-01-02 15:04 MST")),
					"nothing in the past is recorded; remove the time when it is no longer of use")
			}
		}
	}
}

// overAt says that the entry has had classes and has none, a cancelled one included, that ends after now, and when the
// last one ended.
func overAt(s *schedule, entry int, now, maxLength int64) (last int64, over bool) {
	if s.recording.When[entry].kind != whenDated && !s.bounded {
		return 0, false
	}
	one := s.alone(entry)
	for k := range one.classes(now-maxLength, lastInstant) {
		if k.end > now {
			return 0, false
		}
	}
	for k := range one.classes(firstInstant, now) {
		last, over = max(last, k.end), true
	}
	return last, over
}
