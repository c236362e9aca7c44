package schedule

import (
	"iter"
	"sort"
	"time"

	"rundown/plan"
)

// walkDays is how many days are expanded at a time where classes are needed in order. It bounds memory: a window of years is
// never in it as a whole.
const walkDays = 28

// Each gives the classes that start in [from, until), by start and then in document order, with padding shortened for
// neighbours. An instance is valid only until the next one.
func (e *Schedule) Each(from, until time.Time) iter.Seq[*Instance] {
	return func(yield func(*Instance) bool) {
		last := UnixCeil(until)
		var list []Instance
		for at, step := UnixCeil(from), int64(walkDays*plan.DaySeconds); at < last; {
			list = list[:0]
			for _, group := range e.PageGroups() {
				list = e.Group(group, at, min(at+step, last), list)
			}
			sortInstances(list)
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
			at += step
			if step *= 2; len(list) > 0 { // years without classes are passed over in great steps
				step = walkDays * plan.DaySeconds
			}
		}
	}
}

// InstancesOf lists the classes of some timetables that start in [from, until), by start and then in document order,
// with the padding that the plan asks for.
func InstancesOf(schedules []*Timetable, from, until int64) []Instance {
	var list []Instance
	for _, s := range schedules {
		for k := range s.Classes(from, until) {
			list = append(list, *k)
		}
	}
	sortInstances(list)
	return list
}

// Group appends to a list the classes of timetables that may share a page, with padding shortened for neighbours.
// Neighbours outside of the window count too. The group must be one of [Schedule.PageGroups].
func (e *Schedule) Group(group []*Timetable, from, until int64, into []Instance) []Instance {
	around := e.MaxLength + e.MaxBefore + e.MaxAfter
	list := e.buffer[:0]
	for _, s := range group {
		for k := range s.Classes(from-around, until+around) {
			list = append(list, *k)
		}
	}
	e.buffer = list
	if len(group) > 1 {
		sortInstances(list)
	}
	pages := make(map[string][]*Instance)
	alone := len(group) == 1 && group[0].OnePage() // its address need not be made for each class
	for i := range list {
		if k := &list[i]; !k.Cancelled() {
			url := ""
			if !alone {
				url = e.URL(k).String()
			}
			pages[url] = append(pages[url], k)
		}
	}
	for _, classes := range pages {
		shortenPadding(classes)
	}
	for i := range list {
		if k := &list[i]; from <= k.Start && k.Start < until {
			into = append(into, *k)
		}
	}
	return into
}

// shortenPadding shortens the padding of the classes of one page, which are in order of start, to where they meet.
// Classes that start at the same time are not neighbours.
func shortenPadding(list []*Instance) {
	endBefore, end := FirstInstant, FirstInstant // the latest of those that start earlier, and of all so far
	for i, k := range list {
		if i > 0 && k.Start > list[i-1].Start {
			endBefore = end
		}
		k.RecordFrom = max(k.RecordFrom, min(k.Start, endBefore))
		end = max(end, k.End)
	}
	for i, k := range list {
		later := list[i+1:]
		next := sort.Search(len(later), func(j int) bool { return later[j].Start >= k.End })
		for j := next; j < len(later) && later[j].Start == later[next].Start; j++ {
			k.RecordUntil = max(k.End, min(k.RecordUntil, later[j].RecordFrom))
		}
	}
}
