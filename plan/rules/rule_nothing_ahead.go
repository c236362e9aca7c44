package rules

import (
	"fmt"

	"rundown/plan/schedule"
)

// checkNothingAhead says nothing about plans that could not be read completely, or that never had a class.
func checkNothingAhead(c *checker) {
	if c.opts.Now.IsZero() || len(c.p.Recordings) == 0 || c.p.UnreadRecordings {
		return
	}
	e := c.schedule
	now := c.opts.Now.Unix()
	if len(e.Timetables) < len(c.p.Recordings) {
		return
	}
	had := false
	for _, s := range e.Timetables {
		if s.Recording.Unread() || classAhead(s, now, e.MaxLength) {
			return
		}
		_, any := s.First(schedule.FirstInstant, now)
		had = had || any
	}
	if !had {
		return
	}
	c.report(c.p.Pos, fmt.Sprintf("the plan %s has no upcoming class", c.p.Name), "check the years of calendars and dates, or withdraw the plan")
}

// classAhead says whether a class that is not cancelled ends after now.
func classAhead(s *schedule.Timetable, now, maxLength int64) bool {
	for k := range s.Classes(now-maxLength, schedule.LastInstant) {
		if k.End > now && !k.Cancelled() {
			return true
		}
	}
	return false
}
