package view

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// LongAgo is how long before the present a class is looked for that may be on now, as the daemon looks for it.
const LongAgo = 49 * time.Hour

// ErrTooMany says that a period has more classes than the finder may find.
var ErrTooMany = errors.New("the period has too many classes")

// Between gives the classes that are on between two instants: those of the store, and those of the active plans that it
// does not have, in order of their starts. The orders that operators gave are part of them.
func (f *Finder) Between(ctx context.Context, from, until time.Time) (Views, error) {
	filter := store.Filter{Plan: f.Only.Plan, Recording: f.Only.Recording, StartBefore: until, EndAfter: from}
	if f.Most > 0 {
		filter.Limit = f.Most + 1
	}
	rows, err := f.Store.Occurrences(ctx, filter)
	switch {
	case err != nil:
		return Views{}, fmt.Errorf("read occurrences: %w", err)
	case f.Most > 0 && len(rows) > f.Most:
		return Views{}, ErrTooMany
	}
	return f.views(ctx, rows, from, until, Attended(ctx, f.Store, f.Now))
}

// views adds to rows the classes of the active plans that are on between two instants and ahead, and to all of them their
// sessions, orders, names and captions.
func (f *Finder) views(ctx context.Context, rows []store.Occurrence, from, until time.Time, attended bool) (l Views, err error) {
	orders, err := currentOrders(ctx, f.Store, from)
	if err != nil {
		return l, err
	}
	rows, captions, err := f.due(ctx, rows, from, until, attended)
	if err != nil {
		return l, err
	}
	if l, err = ReadViews(ctx, f.Store, rows); err != nil {
		return l, err
	}
	l.AddOrders(orders)
	if !attended {
		overdue(l.Rows, f.Now)
	}
	if l.Captions, err = f.captions(ctx, l.Rows, captions); err != nil {
		return l, err
	}
	if f.Bare {
		return l, nil
	}
	l.Names, err = f.ShortNames(ctx, l.Rows)
	return l, err
}

// due adds to rows the classes of the active plans that the store does not have: those that are on or begin in the
// period and have not ended. Where no daemon is using the store, what a row says of a class that has not begun is also
// replaced by what its active plan says.
func (f *Finder) due(ctx context.Context, rows []store.Occurrence, from, until time.Time, attended bool) ([]store.Occurrence, map[string]Caption, error) {
	plans, err := f.Active(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	captions := map[string]Caption{}
	ahead := session.Later(from, f.Now)
	for _, p := range plans {
		planned := map[string]plan.Occurrence{}
		for o := range f.planned(p, from.Add(-LongAgo), until) {
			planned[o.ID] = o
			captions[o.ID] = captionOf(o.Recording, &o.Settings)
			if f.Most > 0 && len(captions) > f.Most {
				return nil, nil, ErrTooMany
			}
		}
		if !attended {
			rows = slices.DeleteFunc(rows, func(row store.Occurrence) bool {
				o, held := planned[row.ID]
				stale := row.Plan == p.Name && row.State == string(session.Planned) && row.Start.After(ahead.Add(-LongAgo))
				return stale && (!held || !o.Start.Equal(row.Start) || !o.End.Equal(PlanEnd(row)))
			})
		}
		maps.DeleteFunc(planned, func(_ string, o plan.Occurrence) bool { return o.Cancelled() || !o.End.After(ahead) })
		known, err := f.known(ctx, rows, planned)
		if err != nil {
			return nil, nil, err
		}
		for id, o := range planned {
			if !known[id] {
				rows = append(rows, AsRow(&o))
			}
		}
	}
	sortByStart(rows)
	return rows, captions, nil
}

// sortByStart orders rows as every list shows them: the same rows always come in the same order.
func sortByStart(rows []store.Occurrence) {
	slices.SortStableFunc(rows, func(x, y store.Occurrence) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.ID, y.ID))
	})
}

// planned lists the classes of a plan that are looked for and start in a period.
func (f *Finder) planned(p *plan.Plan, from, until time.Time) iter.Seq[plan.Occurrence] {
	switch {
	case f.Only.Plan != "" && f.Only.Plan != p.Name:
		return slices.Values([]plan.Occurrence(nil))
	case f.Only.Recording == "" && f.Expand != nil:
		return slices.Values(f.Expand(p, from, until))
	case f.Only.Recording == "":
		return schedule.All(p, from, until)
	}
	var list []plan.Occurrence
	for _, r := range p.Recordings {
		if r.ID == f.Only.Recording {
			list = append(list, schedule.OccurrencesOf(r, p, from, until)...)
		}
	}
	return slices.Values(list)
}

// captions adds to those of the classes that the active plans have in a period those of other rows, by their recordings.
func (f *Finder) captions(ctx context.Context, rows []store.Occurrence, known map[string]Caption) (map[string]Caption, error) {
	plans, err := f.Active(ctx, "")
	if err != nil {
		return nil, err
	}
	byRecording := map[string]Caption{}
	for _, p := range plans {
		for _, r := range p.Recordings {
			for _, name := range append(slices.Clone(r.Was), r.ID) {
				byRecording[p.Name+"/"+name] = captionOf(r, &r.Settings)
			}
		}
	}
	for _, row := range rows {
		if _, ok := known[row.ID]; !ok {
			if c, ok := byRecording[row.Plan+"/"+row.Recording]; ok {
				known[row.ID] = c
			}
		}
	}
	return known, nil
}

// known says which of the planned classes the rows or the store have.
func (f *Finder) known(ctx context.Context, rows []store.Occurrence, planned map[string]plan.Occurrence) (map[string]bool, error) {
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
		found, err := f.Store.Occurrences(ctx, store.Filter{IDs: some})
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

// ShortNames gives each row the shortest form that names its class alone among those of the store and of the active plans.
func (f *Finder) ShortNames(ctx context.Context, rows []store.Occurrence) (map[string]string, error) {
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
	all := map[string]Names{}
	err := f.Store.EachPage(ctx, store.Filter{EndAfter: from.Add(-around), StartBefore: until.Add(around)}, func(page []store.Occurrence) error {
		for _, row := range page {
			all[row.ID] = NamesOfRow(&row)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	for _, row := range rows {
		all[row.ID] = NamesOfRow(&row)
	}
	plans, err := f.Active(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		for _, r := range p.Recordings {
			for _, o := range Nearby(p, r, session.Later(from, f.Now.Add(-LongAgo)), until) {
				n := NamesOfPlanned(&o)
				if row, stored := all[o.ID]; stored {
					n.at = append(n.at, row.at...)
				}
				all[o.ID] = n
			}
		}
	}
	return shortNames(all), nil
}

// shortNames gives each class the shortest form that names it alone among them, by identity.
func shortNames(all map[string]Names) map[string]string {
	of, clashing := map[string]string{}, map[string]bool{}
	for _, n := range all {
		for _, name := range n.recordings {
			clashing[name] = clashing[name] || of[name] != "" && of[name] != n.plan
			of[name] = n.plan
		}
	}
	list := make([]Names, 0, len(all))
	for _, n := range all {
		n.Clashing = clashing[n.recordings[0]]
		list = append(list, n)
	}
	names := make(map[string]string, len(all))
	for i, name := range ShortestNames(list) {
		names[list[i].ID] = name
	}
	return names
}
