package plan

import "time"

func init() {
	register(rule{
		id:        "clock-change",
		severity:  SeverityWarning,
		statement: "No class starts at a time that a clock change skips or shows twice; one in the gap starts right after it, one that comes twice starts the first time, and the length is kept.",
		check:     checkClockChange,
	})
}

// checkClockChange lists each such class of the window.
func checkClockChange(c *checker) {
	e := c.expansion()
	from, until := unixCeil(e.from), unixCeil(e.until)
	for _, s := range e.schedules {
		if !s.clockChanges(from, until) {
			continue
		}
		classes := s.cursor(from, until)
		for {
			k, ok := classes.next()
			if !ok {
				break
			}
			if k.shift == shiftNone || k.cancelled() {
				continue
			}
			day := time.Unix(k.planned, 0).In(s.recording.Zone).Format(time.DateOnly)
			c.report(k.pos(), s.recording.ID+"@"+day+": "+k.clockChange(), "if that is not what is meant, change the class of that day")
		}
	}
}

// clockChanges says that in one of the recording's zones the clock may change about the window; where it does not,
// no class needs to be looked at.
func (s *schedule) clockChanges(from, until int64) bool {
	changes := func(loc *time.Location) bool {
		w := wallClock{loc: loc}
		w.load(from - 2*daySeconds)
		return w.until <= until+2*daySeconds
	}
	if changes(s.recording.Zone) {
		return true
	}
	for _, settings := range s.changed {
		if settings.Zone != s.recording.Zone && changes(settings.Zone) {
			return true
		}
	}
	return false
}
