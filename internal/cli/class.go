package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// plannedAhead is how far ahead the daemon writes classes into the store. Those further ahead are known by their plan.
const plannedAhead = 8 * 24 * time.Hour

// class is what the store and the active plans know of a class.
type class struct {
	row     store.Occurrence // with Version 0 where the store has none: as the plan has it
	planned *plan.Occurrence // nil: no active plan that can be read has it
	plan    *plan.Plan       // of planned
	bare    bool             // it was named by its recording alone
}

// stored says that the store has a row for the class.
func (c class) stored() bool { return c.row.Version > 0 }

func (c class) names() classNames {
	if c.planned == nil {
		return namesOfRow(&c.row)
	}
	n := namesOfClass(c.planned)
	if c.stored() {
		n.at = append(n.at, namesOfRow(&c.row).at...)
	}
	return n
}

// begun says that the class is being recorded, or about to be.
func (c class) begun() bool {
	return slices.Contains([]string{string(session.Starting), string(session.Recording), string(session.Stopping)}, c.row.State)
}

// finder looks for classes in a store and in the plans that are active in it.
type finder struct {
	s      *store.Store
	now    time.Time
	plans  map[string]*plan.Plan // active and read, by name
	unread []string              // why others could not be read
	loaded bool                  // the active plans have been read
	last   bool                  // a recording alone means its last class where none runs or is ahead
}

// active gives the active plan of that name, or all of them.
func (f *finder) active(ctx context.Context, name string) ([]*plan.Plan, error) {
	if !f.loaded {
		f.plans, f.loaded = map[string]*plan.Plan{}, true
		rows, err := f.s.AtWork(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.Withdrawn() {
				continue
			}
			r, err := f.s.Revision(ctx, row.ID)
			if err != nil {
				return nil, err
			}
			p, _, err := runner.Recall(r)
			if err != nil {
				f.unread = append(f.unread, err.Error())
				continue
			}
			f.plans[p.Name] = p
		}
	}
	var plans []*plan.Plan
	for _, p := range f.plans {
		if name == "" || p.Name == name {
			plans = append(plans, p)
		}
	}
	slices.SortFunc(plans, func(x, y *plan.Plan) int { return cmp.Compare(x.Name, y.Name) })
	return plans, nil
}

// class gives the one class that the ID names. A recording alone names the class that runs, else the next.
func (f *finder) class(ctx context.Context, id parsedID) (class, error) {
	all, err := f.all(ctx, id)
	if err != nil {
		return class{}, err
	}
	found := all
	if id.dated { // one that the plan cancels is meant where there is no other
		found = slices.DeleteFunc(slices.Clone(all), func(c class) bool { return c.planned != nil && c.planned.Cancelled() && !c.stored() })
		if len(found) == 0 {
			found = all
		}
	} else if !id.whole {
		if found = f.current(all); len(found) == 0 && f.last {
			if found, err = f.lastOf(ctx, id); err != nil {
				return class{}, err
			}
		}
	}
	switch len(found) {
	case 0:
		return class{}, f.none(ctx, id)
	case 1:
	default:
		var list []classNames
		for _, c := range found {
			list = append(list, c.names())
		}
		return class{}, id.ambiguous(list)
	}
	c := found[0]
	c.bare = !id.dated && !id.whole
	c.row, err = ordered(ctx, f.s, c.row)
	return c, err
}

// current gives for each plan the class of a recording that runs, or those that do, else the one that ends next.
func (f *finder) current(all []class) []class {
	byPlan := map[string][]class{}
	for _, c := range all {
		byPlan[c.row.Plan] = append(byPlan[c.row.Plan], c)
	}
	var found []class
	for _, name := range slices.Sorted(maps.Keys(byPlan)) {
		of := byPlan[name]
		running := slices.DeleteFunc(slices.Clone(of), func(c class) bool { return !c.begun() })
		ahead := slices.DeleteFunc(of, func(c class) bool { return !c.row.End.After(f.now) })
		switch {
		case len(running) > 0:
			found = append(found, running...)
		case len(ahead) > 0:
			found = append(found, slices.MinFunc(ahead, func(x, y class) int { return x.row.Start.Compare(y.row.Start) }))
		}
	}
	return found
}

// lastOf gives the last class of a recording that the store has, for each plan.
func (f *finder) lastOf(ctx context.Context, id parsedID) ([]class, error) {
	rows, err := f.s.Occurrences(ctx, store.Filter{Plan: id.plan, Recording: id.recording})
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", id.text, err)
	}
	byPlan := map[string]class{}
	for _, row := range rows {
		byPlan[row.Plan] = class{row: row}
	}
	return slices.Collect(maps.Values(byPlan)), nil
}

// all gives every class that the ID names: of a recording alone those that have not ended, of those that the store has no
// row for the next of each plan.
func (f *finder) all(ctx context.Context, id parsedID) ([]class, error) {
	rows, err := f.rows(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", id.text, err)
	}
	var found []class
	for _, row := range rows {
		found = append(found, class{row: row})
	}
	plans, err := f.active(ctx, id.plan)
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		of := id.classesOf(p, f.now)
		for i := range of {
			o := &of[i]
			if k := slices.IndexFunc(found, func(c class) bool { return c.row.ID == o.ID }); k >= 0 {
				found[k].planned, found[k].plan = o, p
				continue
			}
			row, err := f.rowOf(ctx, o)
			if err != nil {
				return nil, err
			}
			found = append(found, class{row: row, planned: o, plan: p})
			if !id.dated && !id.whole && row.End.After(f.now) {
				break // those after it are not the next
			}
		}
	}
	return found, nil
}

// rows gives the rows of the store that the ID names; of a recording alone those that have not ended.
func (f *finder) rows(ctx context.Context, id parsedID) ([]store.Occurrence, error) {
	open := store.Filter{Plan: id.plan, Recording: id.recording, Open: true}
	filters := []store.Filter{open, {Plan: id.plan, Recording: id.recording, EndAfter: f.now}}
	switch {
	case id.whole:
		return f.s.Occurrences(ctx, store.Filter{IDs: []string{id.text}})
	case id.dated:
		// Those that are planned on the day, and those that happen on it. No zone is further off than a day.
		around := store.Filter{Plan: id.plan, Recording: id.recording}
		around.EndAfter, around.StartBefore = id.planned.AddDate(0, 0, -1), id.planned.AddDate(0, 0, 2)
		filters = []store.Filter{{ID: id.text}, around}
	}
	var rows []store.Occurrence
	for _, filter := range filters {
		of, err := f.s.Occurrences(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, o := range of {
			known := slices.ContainsFunc(rows, func(r store.Occurrence) bool { return r.ID == o.ID })
			if !known && (!id.dated || filter.ID != "" || id.names(namesOfRow(&o))) {
				rows = append(rows, o)
			}
		}
	}
	return rows, nil
}

// rowOf gives the row of a plan's class, or what stands in for one that the store does not have.
func (f *finder) rowOf(ctx context.Context, o *plan.Occurrence) (store.Occurrence, error) {
	rows, err := f.s.Occurrences(ctx, store.Filter{IDs: []string{o.ID}})
	if err != nil || len(rows) > 0 {
		return append(rows, store.Occurrence{})[0], err
	}
	return asRow(o), nil
}

// asRow is a class of a plan in the form of a row, with Version 0.
func asRow(o *plan.Occurrence) store.Occurrence {
	at := namesOfClass(o).at[0]
	day, clock, _ := strings.Cut(at, "T")
	doc := occurrenceDoc{Timezone: o.Settings.Zone.String()}
	if o.Cancelled() {
		doc.Cancel = &orderDoc{Who: runner.PlanWho, Reason: o.Settings.Note, ReasonCode: reason.CancelledByPlan}
	}
	text, _ := json.Marshal(doc)
	return store.Occurrence{
		ID: o.ID, Plan: o.Plan, Recording: o.Recording.ID, Day: day, Clock: strings.TrimSuffix(clock, ":00"),
		URL: o.URL.String(), Start: o.Start, End: o.End, State: string(session.Planned), Doc: text,
	}
}

// history lists the rows of a recording, and the classes without one for which orders wait.
func (f *finder) history(ctx context.Context, id parsedID, orders []store.Command) ([]store.Occurrence, error) {
	names := []string{id.recording}
	plans, err := f.active(ctx, id.plan)
	if err != nil {
		return nil, err
	}
	planned := false
	known := map[string]*plan.Occurrence{} // of those that orders wait for, by identity
	for _, p := range plans {
		for _, r := range p.Recordings {
			if r.ID == id.recording || slices.Contains(r.Was, id.recording) {
				names, planned = append(append(names, r.ID), r.Was...), true
			}
		}
		for _, order := range orders {
			whole, err := parseID(order.Occurrence)
			if err != nil || !whole.whole || whole.plan != p.Name || !slices.Contains(names, whole.recording) {
				continue
			}
			for _, o := range whole.classesOf(p, f.now) {
				known[o.ID] = &o
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var rows []store.Occurrence
	for _, name := range names {
		of, err := f.s.Occurrences(ctx, store.Filter{Plan: id.plan, Recording: name})
		if err != nil {
			return nil, fmt.Errorf("read occurrences: %w", err)
		}
		rows = append(rows, of...)
	}
	for _, row := range rows {
		delete(known, row.ID)
	}
	for _, o := range known {
		rows = append(rows, asRow(o))
	}
	if len(rows) == 0 && !planned {
		return nil, f.none(ctx, id)
	}
	slices.SortStableFunc(rows, func(x, y store.Occurrence) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.ID, y.ID))
	})
	return rows, nil
}

// none says that the ID names no class, and what may be meant.
func (f *finder) none(ctx context.Context, id parsedID) error {
	text := fmt.Sprintf("no class %s in the store and in the active plans", render.Line(id.text))
	names, err := f.recordings(ctx, id.plan)
	switch known := slices.Contains(names, id.recording); {
	case err != nil:
		return err
	case known && !id.dated && !id.whole:
		text = fmt.Sprintf("no class of %s runs or is ahead", render.Line(id.text))
	case known:
		text += "; rundown list PLAN names the classes of a plan"
	default:
		if best := nearest(id.recording, names); best != "" {
			text += fmt.Sprintf("; did you mean the recording %s?", best)
		} else {
			text += "; no recording goes by that name"
		}
	}
	if len(f.unread) > 0 {
		text += "; not all active plans can be read: " + f.unread[0]
	}
	return errors.New(text)
}

// recordings are the names of all recordings of a plan, or of all, that are in the active plans and in the store.
func (f *finder) recordings(ctx context.Context, name string) ([]string, error) {
	plans, err := f.active(ctx, name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range plans {
		for _, r := range p.Recordings {
			names = append(append(names, r.ID), r.Was...)
		}
	}
	err = f.s.EachPage(ctx, store.Filter{Plan: name}, func(rows []store.Occurrence) error {
		for _, o := range rows {
			names = append(names, o.Recording)
		}
		slices.Sort(names)
		names = slices.Compact(names)
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), err
}
