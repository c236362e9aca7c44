package plan

import "fmt"

// checkNothingAhead leaves alone what could not be read whole, and what has never had a class.
func checkNothingAhead(c *checker) {
	if c.opts.Now.IsZero() || len(c.p.Recordings) == 0 {
		return
	}
	e := c.expansion()
	now := c.opts.Now.Unix()
	if len(e.schedules) < len(c.p.Recordings) {
		return
	}
	had := false
	for _, s := range e.schedules {
		if s.recording.unread() || classAhead(s, now, e.maxLength) {
			return
		}
		_, any := s.first(firstInstant, now)
		had = had || any
	}
	if !had {
		return
	}
	c.report(c.p.Pos, fmt.Sprintf("the plan %s has no class ahead", c.p.Name), "look at the years of calendars and dates, or withdraw the plan")
}

// classAhead says that a class ends after now.
func classAhead(s *schedule, now, maxLength int64) bool {
	for k := range s.classes(now-maxLength, lastInstant) {
		if k.end > now && !k.cancelled() {
			return true
		}
	}
	return false
}
