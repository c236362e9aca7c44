package runner

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"rundown/runner/store"
)

// TestShares assigns App IDs to nodes.
func TestShares(t *testing.T) {
	t.Parallel()
	node := func(id int64, apps ...string) store.Node { return store.Node{ID: id, Apps: apps} }
	unreached := func(id int64, apps ...string) store.Node { return store.Node{ID: id, Apps: apps, Unreached: true} }
	second := func(id int64, reserve ...string) store.Node { return store.Node{ID: id, Reserve: reserve} }
	late := func(id int64, clockOff ...string) store.Node { return store.Node{ID: id, ClockOff: clockOff} }
	for name, c := range map[string]struct {
		nodes  []store.Node
		owners map[string]int64
		want   map[string]int64
	}{
		"one node has all":                     {[]store.Node{node(1, "a", "b", "c")}, nil, map[string]int64{"a": 1, "b": 1, "c": 1}},
		"two nodes share":                      {[]store.Node{node(1, "a", "b", "c"), node(2, "a", "b", "c")}, nil, map[string]int64{"a": 1, "b": 2, "c": 1}},
		"owners stay":                          {[]store.Node{node(1, "a", "b"), node(2, "a", "b")}, map[string]int64{"a": 2, "b": 1}, map[string]int64{"a": 2, "b": 1}},
		"one of two stays where it is":         {[]store.Node{node(1, "a"), node(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 1}},
		"a new node gets its share":            {[]store.Node{node(1, "a", "b"), node(2, "a", "b")}, map[string]int64{"a": 1, "b": 1}, map[string]int64{"a": 1, "b": 2}},
		"an unfit node gets nothing":           {[]store.Node{node(1, "a", "b"), node(2)}, map[string]int64{"a": 1}, map[string]int64{"a": 1, "b": 1}},
		"an owner that is unfit gives way":     {[]store.Node{node(1), node(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 2}},
		"an unfit owner stays without another": {[]store.Node{node(1), node(2)}, map[string]int64{"a": 1}, map[string]int64{"a": 1}},
		"an owner that gets no answers":        {[]store.Node{unreached(1, "a"), node(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 2}},
		"an owner that alone could":            {[]store.Node{unreached(1, "a"), node(2, "b")}, map[string]int64{"a": 1}, map[string]int64{"a": 1, "b": 2}},
		"no node gets answers":                 {[]store.Node{unreached(1, "a"), unreached(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 1}},
		"one node, without answers":            {[]store.Node{unreached(1, "a")}, nil, map[string]int64{"a": 1}},
		"one node, with all in reserve":        {[]store.Node{second(1, "a", "b")}, nil, map[string]int64{"a": 1, "b": 1}},
		"two nodes, with all in reserve":       {[]store.Node{second(1, "a", "b"), second(2, "a", "b")}, nil, map[string]int64{"a": 1, "b": 2}},
		"reserve is not levelled":              {[]store.Node{second(1, "a", "b"), second(2, "a", "b")}, map[string]int64{"a": 1, "b": 1}, map[string]int64{"a": 1, "b": 1}},
		"reserve gives way":                    {[]store.Node{second(1, "a", "b"), node(2, "a")}, map[string]int64{"a": 1, "b": 1}, map[string]int64{"a": 2, "b": 1}},
		"reserve before no answers":            {[]store.Node{second(1, "a"), unreached(2, "a")}, map[string]int64{"a": 2}, map[string]int64{"a": 1}},
		"reserve without answers":              {[]store.Node{{ID: 1, Reserve: []string{"a"}, Unreached: true}}, nil, map[string]int64{"a": 1}},
		"in reserve by one plan, not another":  {[]store.Node{{ID: 1, Apps: []string{"a"}, Reserve: []string{"a"}}, second(2, "a")}, nil, map[string]int64{"a": 1}},
		"a wrong clock gives way":              {[]store.Node{late(1, "a"), node(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 2}},
		"a wrong clock before reserve":         {[]store.Node{second(1, "a"), late(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 2}},
		"a wrong clock is not levelled":        {[]store.Node{late(1, "a", "b"), late(2, "a", "b")}, map[string]int64{"a": 1, "b": 1}, map[string]int64{"a": 1, "b": 1}},
		"a wrong clock before no answers":      {[]store.Node{unreached(1, "a"), late(2, "a")}, map[string]int64{"a": 1}, map[string]int64{"a": 2}},
		"what nobody can work on is left out":  {[]store.Node{node(1, "a")}, map[string]int64{"b": 0}, map[string]int64{"a": 1}},
		"what a dead node owns waits":          {[]store.Node{node(1, "a", "b")}, map[string]int64{"a": 7}, map[string]int64{"b": 1}},
	} {
		if got := assign(c.nodes, c.owners); !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestSharesAreFairAndSettle holds any assignment to what the nodes rely on.
func TestSharesAreFairAndSettle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var nodes []store.Node
		owners := map[string]int64{}
		var all []string
		for i := range rapid.IntRange(0, 9).Draw(t, "apps") {
			app := fmt.Sprint("app", i)
			all = append(all, app)
			if o := rapid.Int64Range(0, 5).Draw(t, "owner"); o < 5 {
				owners[app] = o
			}
		}
		for id := range rapid.Int64Range(1, 4).Draw(t, "nodes") {
			n := store.Node{ID: id + 1}
			for _, app := range all {
				if rapid.IntRange(0, 3).Draw(t, "fit") > 0 {
					n.Apps = append(n.Apps, app)
				}
			}
			nodes = append(nodes, n)
		}
		got := assign(nodes, owners)
		settled := maps.Clone(owners)
		maps.Copy(settled, got)
		if again := assign(nodes, settled); !maps.Equal(again, got) {
			t.Fatalf("assigned again it is %v, not %v", again, got)
		}
		load := map[int64]int{}
		fit := func(id int64, app string) bool {
			for _, n := range nodes {
				for _, a := range n.Apps {
					if n.ID == id && a == app {
						return true
					}
				}
			}
			return false
		}
		for app, id := range got {
			load[id]++
			if !fit(id, app) && owners[app] != id {
				t.Errorf("%s is for node %d, which cannot work on it", app, id)
			}
		}
		for _, app := range all {
			id := got[app]
			for _, n := range nodes {
				dead := owners[app] > int64(len(nodes))
				if id == 0 && fit(n.ID, app) && !dead {
					t.Errorf("%s is for nobody, and node %d could work on it", app, n.ID)
				}
				if id != 0 && fit(n.ID, app) && load[id]-load[n.ID] > 1 {
					t.Errorf("%s is for node %d, which has %d, and not for node %d, which has %d", app, id, load[id], n.ID, load[n.ID])
				}
			}
		}
	})
}
