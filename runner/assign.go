package runner

import (
	"maps"
	"slices"

	"rundown/runner/store"
)

// assign says which node is to own each App ID: as the owners have them, in fair shares of those that each node could work
// on. nodes are those that are alive, by their numbers; owners has the node of each App ID that has one. Every node
// computes it from the same rows. An App ID that nobody could work on stays with its owner, or is left out. Each
// goes to one of the nodes that have the best [choice] for it.
func assign(nodes []store.Node, owners map[string]int64) map[string]int64 {
	s := shares{fit: map[int64]map[string]bool{}, load: map[int64]int{}, node: map[string]int64{}, choice: map[string]choice{}}
	apps := map[string]bool{}
	for _, n := range nodes {
		s.ids = append(s.ids, n.ID)
		s.fit[n.ID] = map[string]bool{}
		for app := range choices(n) {
			apps[app] = true
		}
	}
	for app := range owners {
		apps[app] = true
	}
	s.apps = slices.Sorted(maps.Keys(apps))
	s.keepBest(nodes)
	var free []string
	for _, app := range s.apps {
		owner := owners[app]
		_, alive := s.fit[owner]
		if alive && (s.fit[owner][app] || s.least(app) == 0) {
			s.give(app, owner)
		} else if owner == 0 || alive { // what a dead node owns is free once it is buried
			free = append(free, app)
		}
	}
	for _, app := range free {
		if id := s.least(app); id != 0 {
			s.give(app, id)
		}
	}
	for s.level() {
	}
	return s.node
}

// shares is an assignment in the making.
type shares struct {
	ids  []int64
	apps []string
	fit  map[int64]map[string]bool
	load map[int64]int
	node map[string]int64

	choice map[string]choice // that of the nodes that are fit for an App ID
}

// choice says how good a node is for an App ID. The lowest is best.
type choice int

const (
	first     choice = iota
	clockOff         // its classes begin too early or too late there
	reserve          // some of its classes may not begin there; what runs is looked after
	unreached        // the service does not answer the node
)

// choices gives how good a node is for each of the App IDs that it could work on.
func choices(n store.Node) map[string]choice {
	all := map[string]choice{}
	for _, app := range n.Reserve {
		all[app] = reserve
	}
	for _, app := range n.ClockOff {
		all[app] = clockOff
	}
	for _, app := range n.Apps {
		all[app] = first
	}
	if n.Unreached {
		for app := range all {
			all[app] = unreached
		}
	}
	return all
}

// keepBest makes those nodes fit for an App ID that have the lowest choice for it.
func (s *shares) keepBest(nodes []store.Node) {
	for _, n := range nodes {
		for app, c := range choices(n) {
			if best, known := s.choice[app]; !known || c < best {
				s.choice[app] = c
			}
		}
	}
	for _, n := range nodes {
		for app, c := range choices(n) {
			if c == s.choice[app] {
				s.fit[n.ID][app] = true
			}
		}
	}
}

func (s *shares) give(app string, id int64) {
	if before := s.node[app]; before != 0 {
		s.load[before]--
	}
	s.node[app] = id
	s.load[id]++
}

// least is the node with the fewest App IDs of those that could work on one; 0 for none.
func (s *shares) least(app string) (least int64) {
	for _, id := range s.ids {
		if s.fit[id][app] && (least == 0 || s.load[id] < s.load[least]) {
			least = id
		}
	}
	return least
}

// level moves one App ID from a node to another that has fewer by two at least; false where there is none to be moved. A node that is
// not the first choice for an App ID is not worth a hand-over.
func (s *shares) level() bool {
	for _, app := range slices.Backward(s.apps) {
		from := s.node[app]
		if from == 0 {
			continue
		}
		if to := s.least(app); to != 0 && s.choice[app] == first && s.load[from]-s.load[to] > 1 {
			s.give(app, to)
			return true
		}
	}
	return false
}
