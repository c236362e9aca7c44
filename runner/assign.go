package runner

import (
	"maps"
	"slices"

	"rundown/runner/store"
)

// assign says which node is to own each App ID: as the owners have them, in fair shares of those that each node could work
// on. nodes are those that are alive, by their numbers; owners has the node of each App ID that has one. Every node
// computes it from the same rows. An App ID that nobody could work on stays with its owner, or is left out. A node that the
// service does not answer could work on what no other could.
func assign(nodes []store.Node, owners map[string]int64) map[string]int64 {
	s := shares{fit: map[int64]map[string]bool{}, load: map[int64]int{}, node: map[string]int64{}, unreached: map[int64]bool{}}
	apps := map[string]bool{}
	for _, n := range nodes {
		s.ids = append(s.ids, n.ID)
		s.fit[n.ID] = map[string]bool{}
		for _, app := range n.Apps {
			s.fit[n.ID][app], apps[app] = true, true
		}
	}
	for app := range owners {
		apps[app] = true
	}
	s.apps = sortedKeys(apps)
	s.preferAnswered(nodes)
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

	unreached map[int64]bool // the service does not answer the node
}

func (s *shares) give(app string, id int64) {
	if before := s.node[app]; before != 0 {
		s.load[before]--
	}
	s.node[app] = id
	s.load[id]++
}

// preferAnswered takes each App ID that a node could work on which the service answers from the nodes that it does not answer.
func (s *shares) preferAnswered(nodes []store.Node) {
	answered := map[string]bool{}
	for _, n := range nodes {
		for _, app := range n.Apps {
			answered[app] = answered[app] || !n.Unreached
		}
	}
	for _, n := range nodes {
		if s.unreached[n.ID] = n.Unreached; n.Unreached {
			maps.DeleteFunc(s.fit[n.ID], func(app string, _ bool) bool { return answered[app] })
		}
	}
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

// level moves one App ID from a node to another that has fewer by two at least; false where there is none to be moved. Nodes that
// the service does not answer are not worth a hand-over.
func (s *shares) level() bool {
	for _, app := range slices.Backward(s.apps) {
		from := s.node[app]
		if from == 0 {
			continue
		}
		if to := s.least(app); to != 0 && !s.unreached[to] && s.load[from]-s.load[to] > 1 {
			s.give(app, to)
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
