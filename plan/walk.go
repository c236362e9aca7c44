package plan

import (
	"slices"
	"sort"
	"time"
)

// walkDays is how many days are counted at a time where classes are wanted in order.
const walkDays = 28

// walk gives the classes that start in [from, until) in order of start and then of the document, with the padding
// that neighbours leave, until yield is content. A class is valid during its call only.
func (e *expansion) walk(from, until time.Time, yield func(*class) bool) {
	last := unixCeil(until)
	var list []class
	for at, step := unixCeil(from), int64(walkDays*daySeconds); at < last; {
		list = list[:0]
		for _, group := range e.pageGroups() {
			list = e.group(group, at, min(at+step, last), list)
		}
		slices.SortFunc(list, func(a, b class) int { return compareClasses(&a, &b) })
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
		at += step
		if step *= 2; len(list) > 0 { // years without classes are passed over in great steps
			step = walkDays * daySeconds
		}
	}
}

// starts lists the classes of some schedules that start in [from, until) in order of start and then of the document, with
// the padding that was asked for.
func starts(schedules []*schedule, from, until int64) []class {
	var list []class
	for _, s := range schedules {
		for k := range s.classes(from, until) {
			list = append(list, *k)
		}
	}
	slices.SortFunc(list, func(a, b class) int { return compareClasses(&a, &b) })
	return list
}

// group appends the classes of schedules that may share a page, and share none with others, to a list, with the padding
// that neighbours leave. Neighbours outside of the window count too.
func (e *expansion) group(group []*schedule, from, until int64, into []class) []class {
	around := e.maxLength + e.maxBefore + e.maxAfter
	list := e.buffer[:0]
	for _, s := range group {
		for k := range s.classes(from-around, until+around) {
			list = append(list, *k)
		}
	}
	e.buffer = list
	if len(group) > 1 {
		slices.SortFunc(list, func(a, b class) int { return compareClasses(&a, &b) })
	}
	pages := make(map[string][]*class)
	var one []*class
	alone := len(group) == 1 && group[0].onePage()
	for i := range list {
		switch k := &list[i]; {
		case k.cancelled():
		case alone:
			one = append(one, k)
		default:
			url := e.url(k).String()
			pages[url] = append(pages[url], k)
		}
	}
	giveWay(one)
	for _, classes := range pages {
		giveWay(classes)
	}
	for i := range list {
		if k := &list[i]; from <= k.start && k.start < until {
			into = append(into, *k)
		}
	}
	return into
}

// giveWay takes the paddings of the classes of one page, by start, back to where they meet. What starts at the same time
// is no neighbour.
func giveWay(list []*class) {
	endBefore, end := firstInstant, firstInstant // the latest of those that start earlier, and of all so far
	for i, k := range list {
		if i > 0 && k.start > list[i-1].start {
			endBefore = end
		}
		k.recordFrom = max(k.recordFrom, min(k.start, endBefore))
		end = max(end, k.end)
	}
	for i, k := range list {
		later := list[i+1:]
		next := sort.Search(len(later), func(j int) bool { return later[j].start >= k.end })
		for j := next; j < len(later) && later[j].start == later[next].start; j++ {
			k.recordUntil = max(k.end, min(k.recordUntil, later[j].recordFrom))
		}
	}
}
