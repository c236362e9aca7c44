package schedule

import "slices"

// PageGroups partitions the timetables so that no page belongs to two groups: URLs of one group are the same except
// for what depends on the time of a class. Groups are in the order of their first timetable. Padding gives way only within
// a group, so that each can be expanded by itself.
func (e *Schedule) PageGroups() [][]*Timetable {
	if e.groups != nil {
		return e.groups
	}
	root := make([]int, len(e.Timetables))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	users := make(map[string]int, len(e.Timetables))
	for i, s := range e.Timetables {
		e.EachPage(s, func(url string) {
			first, known := users[url]
			if !known {
				users[url] = i
				return
			}
			a, b := find(first), find(i)
			root[max(a, b)] = min(a, b)
		})
	}
	groups := make([][]*Timetable, len(e.Timetables))
	for i, s := range e.Timetables {
		groups[find(i)] = append(groups[find(i)], s)
	}
	e.groups = slices.DeleteFunc(groups, func(g []*Timetable) bool { return len(g) == 0 })
	return e.groups
}

// EachPage visits the pages on which classes of a recording and of its changes may be, with {date} and {time} left in place.
func (e *Schedule) EachPage(s *Timetable, visit func(url string)) {
	for i := -1; i < len(s.Changed); i++ {
		if i >= 0 && s.Changed[i].URL == s.Recording.URL && !s.changesLabels(i) {
			continue
		}
		visit(e.ExpandUntimed(s.Settings(i).URL, s, i))
	}
}

// changesLabels says whether a change sets labels, which a URL may contain.
func (s *Timetable) changesLabels(change int) bool {
	return slices.Contains(s.Recording.Changes[change].Keys, "labels")
}

// OnePage says whether all classes of a recording open the same page.
func (s *Timetable) OnePage() bool {
	for i := range s.Changed {
		if s.Changed[i] != &s.Recording.Settings && (s.Changed[i].URL != s.Recording.URL || s.changesLabels(i)) {
			return false
		}
	}
	return !slices.ContainsFunc(s.Recording.URL.Placeholders(), func(name string) bool { return name == "date" || name == "time" })
}
