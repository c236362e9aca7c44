package rules

import "rundown/plan/schedule"

// checkOverlapPage goes through the recordings that may share pages. It compares each class with the class of another
// recording on its page that ends last, so that a thousand recordings of one page give a thousand findings, not half
// a million.
func checkOverlapPage(c *checker) {
	e := c.schedule
	var shared []*schedule.Timetable
	for _, group := range e.PageGroups() {
		if len(group) > 1 {
			shared = append(shared, group...)
		}
	}
	last := make(map[string]*lastOnPage)
	var found overlaps
	for _, k := range schedule.InstancesOf(shared, c.from-e.MaxLength, c.until) {
		if k.Cancelled() {
			continue
		}
		url := e.URL(&k).String()
		on := last[url]
		if on == nil {
			on = new(lastOnPage)
			last[url] = on
		}
		if other := on.otherThan(k.Timetable); other != nil && k.Start >= c.from && k.Start < other.End {
			found.add(other, &k)
		}
		on.add(&k)
	}
	for _, o := range found.order {
		c.report(o.pos(), "one page is recorded twice at the same time: "+o.String(),
			"one recording is enough for one page; for two on purpose, set rules: {overlap-page: off}")
	}
}

// lastOnPage is the class on a page that ends last, and the one of any other recording that ends last.
type lastOnPage struct{ longest, other *schedule.Instance }

// otherThan is the class of another recording that ends last; nil for none.
func (l *lastOnPage) otherThan(s *schedule.Timetable) *schedule.Instance {
	if l.longest != nil && l.longest.Timetable == s {
		return l.other
	}
	return l.longest
}

// add notes a class.
func (l *lastOnPage) add(c *schedule.Instance) {
	k := *c
	switch {
	case l.longest == nil:
		l.longest = &k
	case l.longest.Timetable == k.Timetable:
		if k.End > l.longest.End {
			l.longest = &k
		}
	case k.End > l.longest.End:
		l.longest, l.other = &k, l.longest
	case l.other == nil || k.End > l.other.End:
		l.other = &k
	}
}
