package plan

import "time"

// windowDays is as far as validate looks ahead.
const windowDays = 366

// window is validate's: from now, or from the first class if that is later, to the last bound, 366 days at most.
// Without a present time it begins with the first class. It is empty when nothing is left.
func (e *expansion) window(now time.Time) (from, until time.Time) {
	from = now
	e.starts(firstInstant, lastInstant, func(c *class) bool {
		if first := time.Unix(c.start, 0).In(c.settings().Zone); first.After(now) {
			from = first
		}
		return false
	})
	until = from.AddDate(0, 0, windowDays)
	if last, ok := e.plan.LastBound(); ok && last.Before(until) {
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
		shared := c.shared
		if shared == nil {
			shared = new(sharedExpansion)
		}
		shared.once.Do(func() {
			shared.times = newExpansion(c.p)
			shared.times.from, shared.times.until = shared.times.window(c.opts.Now)
		})
		c.times = shared.times
	}
	return c.times
}
