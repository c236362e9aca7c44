package plan

import (
	"fmt"
	"time"
)

func init() {
	register(rule{
		id:        "in-the-past",
		severity:  SeverityInformation,
		statement: "A time of a recording has a class that is not over yet.",
		check:     checkInThePast,
	})
}

func checkInThePast(c *checker) {
	if c.opts.Now.IsZero() {
		return
	}
	e := c.expansion()
	now := c.opts.Now.Unix()
	for _, s := range e.schedules {
		for i := range s.recording.When {
			if s.overAt(i, now, e.maxLength) {
				w := &s.recording.When[i]
				c.report(w.Pos, fmt.Sprintf("every class of %s of %s is over at %s", w, s.recording.ID, c.opts.Now.In(s.recording.Zone).Format(time.RFC3339)),
					"nothing in the past is recorded; remove the time when it is no longer of use")
			}
		}
	}
}

// overAt says that the entry has had classes and has none, a cancelled one included, that ends after now.
func (s *schedule) overAt(entry int, now, maxLength int64) bool {
	if s.recording.When[entry].kind != whenDated && !s.bounded {
		return false
	}
	one := s.alone(entry)
	for k := range one.classes(now-maxLength, lastInstant) {
		if k.end > now {
			return false
		}
	}
	_, had := one.first(firstInstant, now)
	return had
}
