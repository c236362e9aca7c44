package plan

// checkOverlapPage sweeps over the recordings whose pages may be the same. Each class is compared with the class of
// another recording on its page that ends last, so that a thousand recordings of one page give a thousand findings
// and not half a million.
func checkOverlapPage(c *checker) {
	e := c.expansion()
	from, until := unixCeil(e.from), unixCeil(e.until)
	var shared []*schedule
	for _, group := range e.pageGroups() {
		if len(group) > 1 {
			shared = append(shared, group...)
		}
	}
	last := make(map[string]*lastOnPage)
	var found overlaps
	for _, k := range starts(shared, from-e.maxLength, until) {
		if k.cancelled() {
			continue
		}
		url := e.url(&k).String()
		on := last[url]
		if on == nil {
			on = new(lastOnPage)
			last[url] = on
		}
		if other := on.otherThan(k.schedule); other != nil && k.start >= from && k.start < other.end {
			found.add(other, &k)
		}
		on.add(&k)
	}
	for _, o := range found.order {
		c.report(o.pos(), "one page is recorded twice at once: "+o.String(),
			"one recording is enough for one page; for two on purpose, set rules: {overlap-page: off}")
	}
}

// lastOnPage are the classes on a page that end last: of any recording, and of any other than that one's.
type lastOnPage struct{ longest, other *class }

func (l *lastOnPage) otherThan(s *schedule) *class {
	if l.longest != nil && l.longest.schedule == s {
		return l.other
	}
	return l.longest
}

func (l *lastOnPage) add(c *class) {
	k := *c
	switch {
	case l.longest == nil:
		l.longest = &k
	case l.longest.schedule == k.schedule:
		if k.end > l.longest.end {
			l.longest = &k
		}
	case k.end > l.longest.end:
		l.longest, l.other = &k, l.longest
	case l.other == nil || k.end > l.other.end:
		l.other = &k
	}
}
