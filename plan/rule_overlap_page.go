package plan

import "slices"

func init() {
	register(rule{
		id:        "overlap-page",
		severity:  SeverityWarning,
		statement: "No two recordings record one URL at once, padding left aside.",
		check:     checkOverlapPage,
	})
}

// checkOverlapPage sweeps over the recordings whose pages may be the same. Each class is compared with the class of
// another recording on its page that ends last, so that a thousand recordings of one page give a thousand findings
// and not half a million.
func checkOverlapPage(c *checker) {
	e := c.expansion()
	from, until := unixCeil(e.from), unixCeil(e.until)
	shared := *e
	shared.pages, shared.fixed = make(map[string]*page), make(map[*Settings]*page)
	shared.schedules = e.sharingPages()
	if len(shared.schedules) < 2 {
		return
	}
	last := make(map[string]*lastOnPage)
	var found overlaps
	shared.starts(from-e.maxLength, until, func(k *class) bool {
		if k.cancelled() {
			return true
		}
		url := shared.pageOf(k).url
		on := last[url]
		if on == nil {
			on = new(lastOnPage)
			last[url] = on
		}
		if other := on.otherThan(k.schedule); other != nil && k.start >= from && k.start < other.end {
			found.add(other, k)
		}
		on.add(k)
		return true
	})
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

// sharingPages gives the schedules that may have a page in common with another: their URLs are the same but for
// what depends on the time of a class.
func (e *expansion) sharingPages() []*schedule {
	users := make(map[string][]*schedule)
	for _, s := range e.schedules {
		var urls []string
		for i := -1; i < len(s.changed); i++ {
			if i >= 0 && s.changed[i] == &s.recording.Settings {
				continue
			}
			k := class{schedule: s, change: i}
			value := e.values(&k)
			url, _ := s.settings(i).URL.expandBy(func(name string) (string, bool) {
				if name == "date" || name == "time" {
					return "", false
				}
				return value(name)
			})
			if u := url.String(); !slices.Contains(urls, u) {
				urls = append(urls, u)
				users[u] = append(users[u], s)
			}
		}
	}
	sharing := make(map[*schedule]bool)
	for _, list := range users {
		if len(list) > 1 {
			for _, s := range list {
				sharing[s] = true
			}
		}
	}
	var list []*schedule
	for _, s := range e.schedules {
		if sharing[s] {
			list = append(list, s)
		}
	}
	return list
}
