package runner

import (
	"cmp"
	"slices"

	"rundown/plan/schedule"
)

// place computes when the first request of each occurrence in memory is due, so that the starts of a bell fit into the request
// budget. The result depends on the other classes, so it is not stored. A start is moved only by starts that follow it closely,
// and reload reads that many.
func (w *worker) place() {
	var list []*occurrence
	for _, o := range w.near {
		if o.placeable() && o.spec.App == w.app {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *occurrence) int {
		return cmp.Or(a.spec.From.Compare(b.spec.From), cmp.Compare(preference(a.spec.Priority), preference(b.spec.Priority)), cmp.Compare(a.spec.ID, b.spec.ID))
	})
	// Of the classes of one bell the last in the list begins first. So priority has the most time to spare.
	starts := make([]schedule.Start, len(list))
	for i, o := range list {
		starts[i] = schedule.Start{Writing: o.spec.From, Sessions: o.spec.ReplicaCount()}
	}
	for i, at := range schedule.Place(starts, schedule.Spacing(w.qps)) {
		o := list[i]
		if o.begin.Equal(at) && o.placedFrom.Equal(o.spec.From) {
			continue
		}
		o.begin, o.placedFrom = at, o.spec.From
		if o.index >= 0 {
			o.wake = at
			w.schedule(o)
		}
	}
}
