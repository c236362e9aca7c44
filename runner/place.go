package runner

import (
	"cmp"
	"slices"

	"rundown/plan/schedule"
	"rundown/runner/session"
)

// place works out when each occurrence that is near begins. That follows from the others, so it is not stored. A start
// gives way only to those that follow it closely, and that many are read.
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
	// Of those that begin at one bell the first in the list is begun last, so what has priority has the most in hand.
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

// A class that is being recorded and that no plan holds any more is relieved by another class of its recording that the
// plan holds in its time, such as itself with another start: it ends when that one writes.

// relief finds the occurrence that relieves another one; nil while there is none that writes.
func (w *worker) relief(o *occurrence) *occurrence {
	if !o.spec.Absent || o.now || o.state.Phase == session.Over || !o.live() || !o.state.Relieved.IsZero() {
		return nil
	}
	for _, u := range w.near {
		if u.spec.Plan == o.spec.Plan && u.spec.Recording == o.spec.Recording && !u.spec.Absent && u.state.Writes() &&
			u.state.From.Before(o.state.Until) && o.state.From.Before(u.state.Until) {
			return u
		}
	}
	return nil
}

// relieve sees to the occurrences that one relieves which has begun to write.
func (w *worker) relieve(before, after *session.State) {
	if before.Writes() || !after.Writes() {
		return
	}
	for _, o := range w.near {
		if o.spec.Plan == after.Plan && o.spec.Recording == after.Recording && w.relief(o) != nil {
			w.step(o)
		}
	}
}
