package schedule

import (
	"cmp"
	"slices"
	"sort"

	"rundown/plan"
)

// daySet is a set of days, as sorted ranges that neither touch nor overlap.
type daySet []plan.DayRange

// UnionDays is the set of the days of all calendars.
func UnionDays(calendars []*plan.Calendar) daySet {
	var ranges []plan.DayRange
	for _, c := range calendars {
		for _, e := range c.Entries {
			ranges = append(ranges, e.Days)
		}
	}
	slices.SortFunc(ranges, func(a, b plan.DayRange) int { return cmp.Compare(a.First, b.First) })
	var set daySet
	for _, r := range ranges {
		if n := len(set); n > 0 && r.First <= set[n-1].Last+1 {
			set[n-1].Last = max(set[n-1].Last, r.Last)
			continue
		}
		set = append(set, r)
	}
	return set
}

// From gives the first range that ends on the day or later.
func (s daySet) From(d plan.Day) (plan.DayRange, bool) {
	i := sort.Search(len(s), func(i int) bool { return s[i].Last >= d })
	if i == len(s) {
		return plan.DayRange{}, false
	}
	return s[i], true
}

// contains says whether the day is in the set.
func (s daySet) contains(d plan.Day) bool {
	r, ok := s.From(d)
	return ok && r.First <= d
}
