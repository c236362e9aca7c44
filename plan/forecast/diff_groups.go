package forecast

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rundown/plan"
)

// DifferenceKind says what happens to classes.
type DifferenceKind string

// The kinds of differences.
const (
	DifferenceRemoved DifferenceKind = "removed"
	DifferenceMoved   DifferenceKind = "moved"
	DifferenceAdded   DifferenceKind = "added"
	DifferenceChanged DifferenceKind = "changed"
)

// Rename is a recording that the new plan has under another id, by its key was.
type Rename struct {
	From, To string
	Classes  int // of the new plan, in the window
}

// DifferenceGroup is classes of one recording with the same difference: the same time of day before and after, the
// same number of days between them, and the same keys.
type DifferenceGroup struct {
	Kind      DifferenceKind
	Recording string
	Classes   []ClassDifference // by start
}

// Groups combines what people read as one change. A recording whose time is edited has other planned starts, and so
// other classes: in [Difference] some are removed and as many are added. Where these can be paired, by day or by
// week, they are a group of moved classes here.
func (d *Difference) Groups() []DifferenceGroup {
	removed, paired, added := d.pairs()
	var groups []DifferenceGroup
	for _, kind := range []struct {
		kind DifferenceKind
		list []ClassDifference
	}{
		{DifferenceRemoved, removed},
		{DifferenceMoved, sortedDifferences(slices.Concat(d.Moved, paired))},
		{DifferenceAdded, added},
		{DifferenceChanged, d.Changed},
	} {
		index := map[groupKey]int{} // in groups
		for _, c := range kind.list {
			key := groupKeyOf(&c)
			i, known := index[key]
			if !known {
				i = len(groups)
				index[key] = i
				groups = append(groups, DifferenceGroup{Kind: kind.kind, Recording: c.Recording})
			}
			groups[i].Classes = append(groups[i].Classes, c)
		}
	}
	return groups
}

// groupKey is what the classes of a group have in common.
type groupKey struct {
	recording     string
	before, after string // time of the day and zone; "" where there is none
	days          int    // from the old start to the new one
	cancelled     bool
	keys          string
}

// groupKeyOf gives the group of a class.
func groupKeyOf(c *ClassDifference) groupKey {
	k := groupKey{recording: c.Recording, cancelled: c.Cancelled, keys: strings.Join(c.Keys, " ")}
	clocks := func(start, end time.Time) string {
		return start.Format(time.TimeOnly) + end.Format(time.TimeOnly) + start.Location().String()
	}
	if !c.OldStart.IsZero() {
		k.before = clocks(c.OldStart, c.OldEnd)
	}
	if !c.Start.IsZero() {
		k.after = clocks(c.Start, c.End)
	}
	if k.before != "" && k.after != "" {
		k.days = int(plan.LocalDay(c.Start) - plan.LocalDay(c.OldStart))
	}
	return k
}

// pairs finds classes that are removed and added because the time of their recording is edited: on a day, or else in
// a week, with as many added classes as removed ones. Cancelled classes are not paired.
func (d *Difference) pairs() (removed, paired, added []ClassDifference) {
	removed, added = slices.Clone(d.Removed), slices.Clone(d.Added)
	renamed := map[string]string{}
	for _, r := range d.Renamed {
		renamed[r.From] = r.To
	}
	day := func(start time.Time) int { return int(plan.LocalDay(start)) }
	week := func(start time.Time) int { year, week := start.ISOWeek(); return year*100 + week }
	for _, period := range []func(time.Time) int{day, week} {
		type place struct {
			plan, recording string
			period          int
		}
		leaving, coming := map[place][]int{}, map[place][]int{}
		for i := range removed {
			if c := &removed[i]; !c.Cancelled {
				at := place{planOf(c.ID), cmp.Or(renamed[c.Recording], c.Recording), period(c.OldStart)}
				leaving[at] = append(leaving[at], i)
			}
		}
		for i := range added {
			c := &added[i]
			at := place{planOf(c.ID), c.Recording, period(c.Start)}
			coming[at] = append(coming[at], i)
		}
		gone, come := map[int]bool{}, map[int]bool{}
		for at, old := range leaving {
			if len(old) != len(coming[at]) {
				continue
			}
			for i, from := range old {
				to := coming[at][i]
				if removed[from].OldStart.Equal(added[to].Start) {
					continue
				}
				gone[from], come[to] = true, true
				paired = append(paired, removed[from].movedTo(&added[to]))
			}
		}
		removed, added = without(removed, gone), without(added, come)
	}
	return removed, paired, added
}

// planOf is the name of the plan in an identity.
func planOf(id string) string {
	name, _, _ := strings.Cut(id, "/")
	return name
}

// movedTo combines a removed class and the added one in its place.
func (c *ClassDifference) movedTo(new *ClassDifference) ClassDifference {
	pair := *new
	pair.OldStart, pair.OldEnd = c.OldStart, c.OldEnd
	if c.settings != nil && new.settings != nil {
		pair.Keys = differing(c.settings, new.settings)
	}
	return pair
}

// without gives the list without the indexes in leave.
func without(list []ClassDifference, leave map[int]bool) []ClassDifference {
	var rest []ClassDifference
	for i, c := range list {
		if !leave[i] {
			rest = append(rest, c)
		}
	}
	return rest
}

// sortedDifferences sorts classes by start and then by id, in place.
func sortedDifferences(list []ClassDifference) []ClassDifference {
	slices.SortFunc(list, func(a, b ClassDifference) int { return cmp.Or(a.first().Compare(b.first()), cmp.Compare(a.ID, b.ID)) })
	return list
}
