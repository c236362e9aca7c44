package rules

import (
	"fmt"
	"time"

	"rundown/plan/schedule"
)

// checkNothingAhead finds a plan that would record nothing more, as one of last year whose days were not moved on. It says
// nothing about plans that could not be read completely, or that never had a class, which other rules report.
func checkNothingAhead(c *checker) {
	if c.opts.Now.IsZero() || len(c.p.Recordings) == 0 || c.p.UnreadRecordings {
		return
	}
	e := c.schedule
	now := c.opts.Now.Unix()
	if len(e.Timetables) < len(c.p.Recordings) {
		return
	}
	had, cancelled := false, false
	for _, s := range e.Timetables {
		if s.Recording.Unread() {
			return
		}
		ahead, off := classAhead(s, now, e.MaxLength)
		if ahead {
			return
		}
		_, any := s.First(schedule.FirstInstant, now)
		had, cancelled = had || any, cancelled || off
	}
	if !had {
		return
	}
	message := fmt.Sprintf("the plan %s has no upcoming class that is not cancelled", c.p.Name)
	if last := lastDay(e, now); !cancelled && last != "" {
		message = fmt.Sprintf("all classes of the plan %s have ended, the last one on %s", c.p.Name, last)
	}
	c.report(c.p.Pos, message+": nothing will be recorded", "check the years of calendars and dates, or withdraw the plan")
}

// classAhead says whether a class that is not cancelled ends after now, and whether one that is cancelled would.
func classAhead(s *schedule.Timetable, now, maxLength int64) (ahead, cancelled bool) {
	for k := range s.Classes(now-maxLength, schedule.LastInstant) {
		if k.End > now && !k.Cancelled() {
			return true, cancelled
		}
		cancelled = cancelled || k.End > now
	}
	return false, cancelled
}

// lastDay is the day on which the last class that was not cancelled ended, in its zone; "" for none.
func lastDay(e *schedule.Schedule, now int64) string {
	var end int64
	day := ""
	for _, s := range e.Timetables {
		for k := range s.Classes(schedule.FirstInstant, now) {
			if !k.Cancelled() && (day == "" || k.End > end) {
				end, day = k.End, time.Unix(k.End, 0).In(s.Recording.Zone).Format(time.DateOnly)
			}
		}
	}
	return day
}
