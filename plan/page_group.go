package plan

import "slices"

// pageGroups parts the schedules so that no two groups can have a page in common: the URLs within a group are the
// same but for what depends on the time of a class. Groups are in the order of their first schedule.
func (e *expansion) pageGroups() [][]*schedule {
	if e.groups != nil {
		return e.groups
	}
	root := make([]int, len(e.schedules))
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
	users := make(map[string]int, len(e.schedules))
	for i, s := range e.schedules {
		s.eachURL(e, func(url string) {
			first, known := users[url]
			if !known {
				users[url] = i
				return
			}
			a, b := find(first), find(i)
			root[max(a, b)] = min(a, b)
		})
	}
	groups := make([][]*schedule, len(e.schedules))
	for i, s := range e.schedules {
		groups[find(i)] = append(groups[find(i)], s)
	}
	e.groups = slices.DeleteFunc(groups, func(g []*schedule) bool { return len(g) == 0 })
	return e.groups
}

// eachURL visits the pages of a recording and of its changes, without what depends on the time of a class.
func (s *schedule) eachURL(e *expansion, visit func(url string)) {
	for i := -1; i < len(s.changed); i++ {
		if i >= 0 && s.changed[i].URL == s.recording.URL && !s.relabelled(i) {
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
		visit(url.String())
	}
}

// relabelled says that a change gives other labels, which a URL may name.
func (s *schedule) relabelled(change int) bool {
	return slices.Contains(s.recording.Changes[change].Keys, "labels")
}

// onePage says that all classes of a recording open the same page.
func (s *schedule) onePage() bool {
	for i := range s.changed {
		if s.changed[i] != &s.recording.Settings && (s.changed[i].URL != s.recording.URL || s.relabelled(i)) {
			return false
		}
	}
	return !slices.ContainsFunc(s.recording.URL.placeholders(), func(name string) bool { return name == "date" || name == "time" })
}
