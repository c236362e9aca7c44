package schedule

import "rundown/plan"

// changeIndex finds the change for a planned class. Where several fit, the most specific one alone applies: one for
// a day and time before one for a day, that before one for a range, the shorter range before the longer, and of
// equals the later in the document.
type changeIndex struct {
	changes []plan.Change
	byDay   map[plan.Day][]int
	ranges  []int
}

// newChangeIndex indexes changes by day; ranges are searched one by one.
func newChangeIndex(changes []plan.Change) changeIndex {
	x := changeIndex{changes: changes}
	for i := range changes {
		days := changes[i].Key.Days
		if days.First != days.Last {
			x.ranges = append(x.ranges, i)
			continue
		}
		if x.byDay == nil {
			x.byDay = make(map[plan.Day][]int)
		}
		x.byDay[days.First] = append(x.byDay[days.First], i)
	}
	return x
}

// Find gives the index of the change for the class planned on the day at the time; -1 for none.
func (x *changeIndex) Find(d plan.Day, c plan.Clock) int {
	best := -1
	for _, i := range x.byDay[d] {
		key := &x.changes[i].Key
		if key.HasTime && key.Time == c {
			return i
		}
		if !key.HasTime {
			best = i
		}
	}
	if best >= 0 {
		return best
	}
	var shortest plan.Day
	for _, i := range x.ranges {
		days := x.changes[i].Key.Days
		if length := days.Last - days.First; days.Contains(d) && (best < 0 || length <= shortest) {
			best, shortest = i, length
		}
	}
	return best
}
