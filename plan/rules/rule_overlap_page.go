package rules

import (
	"fmt"
	"path"

	"rundown/plan/schedule"
)

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
		c.report(o.pos(), "one page is recorded twice at the same time: "+o.String(), oneIsEnough)
	}
	for _, p := range c.opts.Beside {
		if p != nil && p != c.p && p.Name != c.p.Name { // two of one name are judged by instance-unique
			c.checkPageBeside(schedule.New(p))
		}
	}
}

const oneIsEnough = "one recording is enough for one page; for two on purpose, set rules: {overlap-page: off}"

// checkPageBeside compares the classes of the plan with those of a plan beside it that are on one of its pages.
func (c *checker) checkPageBeside(other *schedule.Schedule) {
	list := append(timetablesOnPagesOf(c.schedule, other), timetablesOnPagesOf(other, c.schedule)...)
	isOwn := make(map[*schedule.Timetable]bool, len(c.schedule.Timetables))
	for _, s := range c.schedule.Timetables {
		isOwn[s] = true
	}
	type lastOfEach struct{ own, other *schedule.Instance } // those that end last
	last := make(map[string]*lastOfEach)
	var found overlaps
	for _, k := range schedule.InstancesOf(list, c.from-max(c.schedule.MaxLength, other.MaxLength), c.until) {
		if k.Cancelled() {
			continue
		}
		e, own := other, isOwn[k.Timetable]
		if own {
			e = c.schedule
		}
		url := e.URL(&k).String()
		on := last[url]
		if on == nil {
			on = new(lastOfEach)
			last[url] = on
		}
		mine, theirs := &on.own, &on.other
		if !own {
			mine, theirs = theirs, mine
		}
		if *theirs != nil && k.Start >= c.from && k.Start < (*theirs).End {
			found.add(*theirs, &k)
		}
		if *mine == nil || k.End > (*mine).End {
			*mine = &k
		}
	}
	for _, o := range found.order {
		own, beside := o.first.Pos(), o.second.Pos()
		if isOwn[o.second.Timetable] {
			own, beside = beside, own
		}
		c.report(own, fmt.Sprintf("one page is recorded twice at the same time, here and in plan %s (%s, line %d): %s", other.Plan.Name, path.Clean(beside.File), beside.Line, o), oneIsEnough)
	}
}

// timetablesOnPagesOf are the timetables of a plan that may be on a page of another plan.
func timetablesOnPagesOf(e, other *schedule.Schedule) (list []*schedule.Timetable) {
	pages := make(map[string]bool)
	for _, s := range other.Timetables {
		other.EachPage(s, func(url string) { pages[url] = true })
	}
	for _, s := range e.Timetables {
		shared := false
		e.EachPage(s, func(url string) { shared = shared || pages[url] })
		if shared {
			list = append(list, s)
		}
	}
	return list
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
