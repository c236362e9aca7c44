package runner

import "time"

const (
	// skewAllowed is how far the service's clock may be from ours without a word. Starts have 8 s in hand, so up to
	// here no class loses a second by it.
	skewAllowed = 5 * time.Second
	// skewAgain is how often a difference that stays is told.
	skewAgain = time.Hour
)

// skew is how far the service's clock is ahead of ours, negative where it is behind, as far as an answer proves it:
// the service dated it in whole seconds, at some instant between its sending and now.
func skew(date, sent, now time.Time) time.Duration {
	switch {
	case date.IsZero():
		return 0
	case date.After(now):
		return date.Sub(now)
	case date.Before(sent.Add(-time.Second)):
		return date.Sub(sent.Add(-time.Second))
	}
	return 0
}

// compareClocks warns when our clock and the service's differ: classes are recorded by ours.
func (c *conductor) compareClocks(a Answer) {
	now := c.e.cfg.Now()
	switch by := skew(a.Date, a.SentAt, now); {
	case by.Abs() > skewAllowed:
		if c.skewed.IsZero() || now.Sub(c.skewed).Abs() >= skewAgain {
			c.skewed = now
			c.log.Warn("this machine's clock and the service's differ; classes are recorded by this machine's: check its time synchronisation",
				"service_ahead", by.Round(time.Second).String(), "service_date", a.Date)
		}
	case !a.Date.IsZero() && !c.skewed.IsZero():
		c.skewed = time.Time{}
		c.log.Info("this machine's clock and the service's agree again")
	}
}
