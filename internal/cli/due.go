package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// longAgo is how long before the present a class is looked for that may be on now, as the daemon looks for it.
const longAgo = 49 * time.Hour

// due adds to rows the classes of the active plans that the store does not have: those that are on or begin within the
// span of status. Where no daemon works on the store, what a row says of a class that has not begun is also replaced by
// what its active plan says.
func (f *finder) due(ctx context.Context, rows []store.Occurrence, attended bool) ([]store.Occurrence, error) {
	plans, err := f.active(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		planned := map[string]plan.Occurrence{}
		for o := range schedule.All(p, f.now.Add(-longAgo), f.now.Add(statusSpan)) {
			planned[o.ID] = o
		}
		if !attended {
			rows = slices.DeleteFunc(rows, func(row store.Occurrence) bool {
				o, held := planned[row.ID]
				stale := row.Plan == p.Name && row.State == string(session.Planned) && row.Start.After(f.now.Add(-longAgo))
				return stale && (!held || !o.Start.Equal(row.Start) || !o.End.Equal(planEndOf(row)))
			})
		}
		known, err := f.known(ctx, rows, planned)
		if err != nil {
			return nil, err
		}
		for id, o := range planned {
			if !known[id] && !o.Cancelled() && o.End.After(f.now) {
				rows = append(rows, asRow(&o))
			}
		}
	}
	slices.SortStableFunc(rows, func(x, y store.Occurrence) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.ID, y.ID))
	})
	return rows, nil
}

// known says which of the planned classes the rows or the store have.
func (f *finder) known(ctx context.Context, rows []store.Occurrence, planned map[string]plan.Occurrence) (map[string]bool, error) {
	known := map[string]bool{}
	for _, row := range rows {
		known[row.ID] = true
	}
	var ids []string
	for id := range planned {
		if !known[id] {
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(ids, 400) {
		found, err := f.s.Occurrences(ctx, store.Filter{IDs: some})
		if err != nil {
			return nil, fmt.Errorf("read occurrences: %w", err)
		}
		for _, row := range found {
			// A row of a class that has not begun was left out above: its plan says other times now.
			known[row.ID] = row.State != string(session.Planned)
		}
	}
	return known, nil
}

// callings gives each row the shortest form that names its class alone among those of the store and of the active plans.
func (f *finder) callings(ctx context.Context, rows []store.Occurrence) (map[string]string, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	from, until := rows[0].Start, rows[0].Start
	for _, row := range rows {
		if row.Start.Before(from) {
			from = row.Start
		}
		if row.Start.After(until) {
			until = row.Start
		}
	}
	all := map[string]classNames{}
	err := f.s.EachPage(ctx, store.Filter{EndAfter: from.Add(-around), StartBefore: until.Add(around)}, func(page []store.Occurrence) error {
		for _, row := range page {
			all[row.ID] = namesOfRow(&row)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	for _, row := range rows {
		all[row.ID] = namesOfRow(&row)
	}
	plans, err := f.active(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		for _, r := range p.Recordings {
			for _, o := range nearby(p, r, later(from, f.now.Add(-longAgo)), until) {
				n := namesOfClass(&o)
				if row, stored := all[o.ID]; stored {
					n.at = append(n.at, row.at...)
				}
				all[o.ID] = n
			}
		}
	}
	return shortNames(all), nil
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// shortNames gives each class the shortest form that names it alone among them, by identity.
func shortNames(all map[string]classNames) map[string]string {
	of, clashing := map[string]string{}, map[string]bool{}
	for _, n := range all {
		for _, name := range n.recordings {
			clashing[name] = clashing[name] || of[name] != "" && of[name] != n.plan
			of[name] = n.plan
		}
	}
	list := make([]classNames, 0, len(all))
	for _, n := range all {
		n.clashing = clashing[n.recordings[0]]
		list = append(list, n)
	}
	names := make(map[string]string, len(all))
	for i, name := range callings(list) {
		names[list[i].id] = name
	}
	return names
}
