package rules

import (
	"fmt"
	"path"

	"rundown/plan/schedule"
)

// checkOverlapPage goes through the recordings that may share pages. Each class is compared with one other only, so that a
// thousand recordings of one page give a thousand findings, not half a million.
func checkOverlapPage(c *checker) {
	e := c.schedule
	var shared []*schedule.Timetable
	for _, group := range e.PageGroups() {
		if len(group) > 1 {
			shared = append(shared, group...)
		}
	}
	found := c.overlapsOnPages(schedule.InstancesOf(shared, c.from-e.MaxLength, c.until), func(*schedule.Instance) *schedule.Schedule { return e },
		func(k *schedule.Instance) any { return k.Timetable })
	for _, o := range found.order {
		c.report(o.pos(), "one page is recorded twice at the same time: "+o.String(), oneIsEnough)
	}
	for _, p := range c.opts.Beside {
		if p != nil && p != c.p && p.Name != c.p.Name { // two of one name are judged by instance-unique
			c.checkPageBeside(schedule.New(p))
		}
	}
}

// oneIsEnough is the hint for those who did not mean it, and for those who did.
const oneIsEnough = "one recording is enough for one page; for two on purpose, set rules: {overlap-page: off}"

// checkPageBeside compares the classes of the plan with those of a plan beside it that are on one of its pages.
func (c *checker) checkPageBeside(other *schedule.Schedule) {
	list := append(timetablesOnPagesOf(c.schedule, other), timetablesOnPagesOf(other, c.schedule)...)
	isOwn := make(map[*schedule.Timetable]bool, len(c.schedule.Timetables))
	for _, s := range c.schedule.Timetables {
		isOwn[s] = true
	}
	planOf := func(k *schedule.Instance) *schedule.Schedule {
		if isOwn[k.Timetable] {
			return c.schedule
		}
		return other
	}
	found := c.overlapsOnPages(schedule.InstancesOf(list, c.from-max(c.schedule.MaxLength, other.MaxLength), c.until), planOf,
		func(k *schedule.Instance) any { return planOf(k) })
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

// overlapsOnPages compares each class of a list, which is by start, with the class of another owner on its page that ends last. An
// owner is a recording of one plan, or one of two plans; planOf gives the plan of a class.
func (c *checker) overlapsOnPages(list []schedule.Instance, planOf func(*schedule.Instance) *schedule.Schedule, ownerOf func(*schedule.Instance) any) (found overlaps) {
	last := make(map[string]*lastOnPage)
	for i := range list {
		k := &list[i]
		if k.Cancelled() {
			continue
		}
		url, owner := planOf(k).URL(k).String(), ownerOf(k)
		on := last[url]
		if on == nil {
			on = new(lastOnPage)
			last[url] = on
		}
		if other := on.otherThan(owner); other != nil && k.Start >= c.from && k.Start < other.End {
			found.add(other, k)
		}
		on.add(k, owner)
	}
	return found
}

// lastOnPage is the class on a page that ends last, and the one of any other owner that ends last.
type lastOnPage struct {
	longest, other *schedule.Instance
	owner          any // of longest
}

// otherThan is the class of another owner that ends last; nil for none.
func (l *lastOnPage) otherThan(owner any) *schedule.Instance {
	if l.owner == owner {
		return l.other
	}
	return l.longest
}

// add notes a class.
func (l *lastOnPage) add(k *schedule.Instance, owner any) {
	switch {
	case l.longest == nil:
		l.longest, l.owner = k, owner
	case l.owner == owner:
		if k.End > l.longest.End {
			l.longest = k
		}
	case k.End > l.longest.End:
		l.longest, l.other, l.owner = k, l.longest, owner
	case l.other == nil || k.End > l.other.End:
		l.other = k
	}
}
