package closure

import (
	"context"
	"maps"
	"path"
	"slices"
	"time"

	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// rowsAtOnce is how many rows are looked up by their identities in one query.
const rowsAtOnce = 400

// longOver are those of the classes that were over long ago. No order changes anything about them.
func longOver(ctx context.Context, f *view.Finder, noted map[string]bool) (map[string]bool, error) {
	return overBefore(ctx, f, noted, f.Now.Add(-view.LongAgo))
}

// overBefore are those of the classes that were over before an instant by the store, or where that does not have them by the active plans.
// It is for many: to find each class costs a hundred times as much.
func overBefore(ctx context.Context, f *view.Finder, noted map[string]bool, before time.Time) (map[string]bool, error) {
	over, recordings := map[string]bool{}, map[string]bool{}
	for id := range noted {
		if planned, err := time.Parse(view.IdentityForm, path.Base(id)); err == nil && planned.Before(before) {
			over[id], recordings[path.Dir(id)] = true, true
		}
	}
	if len(over) == 0 {
		return nil, nil
	}
	stored := map[string]bool{}
	for some := range slices.Chunk(slices.Collect(maps.Keys(over)), rowsAtOnce) {
		rows, err := f.Store.Occurrences(ctx, store.Filter{IDs: some})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			stored[row.ID] = true
			over[row.ID] = row.State == string(session.Ended) && row.End.Before(before)
		}
	}
	plans, err := f.Active(ctx, "")
	if err != nil {
		return nil, err
	}
	if len(f.Unread) > 0 { // what such a plan has is not known
		maps.DeleteFunc(over, func(id string, _ bool) bool { return !stored[id] })
	}
	for _, p := range plans {
		for _, r := range p.Recordings {
			if !slices.ContainsFunc(append([]string{r.ID}, r.Was...), func(name string) bool { return recordings[p.Name+"/"+name] }) {
				continue
			}
			for _, o := range schedule.OccurrencesOf(r, p, before, f.Now.Add(view.MoveSpan)) {
				over[o.ID] = over[o.ID] && stored[o.ID] // else the plan has moved it ahead
			}
		}
	}
	return over, nil
}
