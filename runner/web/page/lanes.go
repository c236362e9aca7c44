package page

import (
	"cmp"
	"slices"
)

// extent is what [lanes] puts side by side: where something begins and how far it reaches, its label included.
type extent struct{ from, until percent }

// lanes puts extents into as few lanes as there can be, so that no two in a lane overlap. They are given in any order, and
// the answer is in the same; of those that begin at once the first given is in the upper lane.
func lanes(extents []extent) (lane []int, count int) {
	order := make([]int, len(extents))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(extents[a].from, extents[b].from) })
	lane = make([]int, len(extents))
	var ends []percent // of each lane
	for _, i := range order {
		free := slices.IndexFunc(ends, func(end percent) bool { return end <= extents[i].from })
		if free < 0 {
			free = len(ends)
			ends = append(ends, 0)
		}
		ends[free], lane[i] = extents[i].until, free
	}
	return lane, len(ends)
}
