package plan

import "time"

// windowDays is as far as validate looks ahead.
const windowDays = 366

// window is validate's: from now, or from the first class if that is later, to the last bound, 366 days at most.
// Without a present time it begins with the first class. It is empty when nothing is left.
func (e *expansion) window(now time.Time) (from, until time.Time) {
	from = now
	// Each recording need only be searched up to the first class of those before it.
	var first int64 = lastInstant
	for _, s := range e.schedules {
		if c, ok := s.first(firstInstant, first); ok {
			if first, from = c.start, time.Unix(c.start, 0).In(c.settings().Zone); !from.After(now) {
				from = now
				break
			}
		}
	}
	until = from.AddDate(0, 0, windowDays)
	if last, ok := e.lastBound(); ok && last.Before(until) {
		until = last
	}
	if until.Before(from) {
		until = from
	}
	return from, until
}

// expansion is the plan's, made once for all rules, which must not change it.
func (c *checker) expansion() *expansion {
	if c.times == nil {
		c.times = newExpansion(c.p)
		c.times.from, c.times.until = c.times.window(c.opts.Now)
	}
	return c.times
}
