package view

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

	"rundown/plan"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// PlannedAhead is how far ahead the daemon writes classes into the store. Those further ahead are known by their plan.
const PlannedAhead = 8 * 24 * time.Hour

// Class is what the store and the active plans know of a class.
type Class struct {
	Row     store.Occurrence // with Version 0 where the store has none: as the plan has it
	Planned *plan.Occurrence // nil: no active plan that can be read has it
	Plan    *plan.Plan       // of Planned
	bare    bool             // it was named by its recording alone
}

// Stored says that the store has a row for the class.
func (c Class) Stored() bool { return stored(c.Row) }

// Names is what the class is called by.
func (c Class) Names() Names {
	if c.Planned == nil {
		return NamesOfRow(&c.Row)
	}
	n := NamesOfPlanned(c.Planned)
	if c.Stored() {
		n.at = append(n.at, NamesOfRow(&c.Row).at...)
	}
	return n
}

// Begun says that the class is being recorded, or about to be.
func (c Class) Begun() bool {
	return slices.Contains([]string{string(session.Starting), string(session.Recording), string(session.Stopping)}, c.Row.State)
}

// Meant says of a class that was named by its recording alone which one it is; "" for one that was named by its day.
func (c Class) Meant() string {
	if !c.bare {
		return ""
	}
	text := "the next class"
	if c.Begun() {
		text = "the class that is running"
	}
	return " (" + text + ", " + c.Local() + ")"
}

// Local is when the class is in its zone, for people: its id has the start in UTC.
func (c Class) Local() string {
	zone := ZoneOf(c.Row)
	start, end := c.Row.Start.In(zone), c.End().In(zone)
	return start.Format("Mon 2006-01-02 ") + ClockText(start, end) + end.Format(" MST")
}

// Finder looks for classes in a store and in the plans that are active in it.
//
// It reads the active plans once, so it is for one answer. It is not safe for concurrent use.
type Finder struct {
	Store  *store.Store
	Now    time.Time
	Last   bool     // a recording alone means its last class where none runs or is ahead
	Unread []string // why active plans could not be read, once they were needed
	Bare   bool     // no short names are needed, which are half of the work where there are many classes
	// Only is the plan and the recording whose classes Between gives; zero: all. Most is how many there may be, so that a
	// long period is refused before it fills the memory; 0: any number.
	Only Selection
	Most int
	// Recall reads the plan of a revision. Who answers often keeps what it has read.
	Recall func(store.Revision) (*plan.Plan, bool, error)
	// Expand lists the classes of a plan that start in a period; nil: [schedule.Occurrences]. Who answers often keeps them.
	Expand func(p *plan.Plan, from, until time.Time) []plan.Occurrence

	plans   map[string]*plan.Plan // active and read, by name
	applied map[string]time.Time  // when
	loaded  bool                  // the active plans have been read
}

// NewFinder looks at a store as it is at an instant.
func NewFinder(s *store.Store, now time.Time) *Finder {
	return &Finder{Store: s, Now: now, Recall: runner.Recall}
}

// Active gives the active plan of that name, or all of them.
func (f *Finder) Active(ctx context.Context, name string) ([]*plan.Plan, error) {
	if !f.loaded {
		f.plans, f.applied, f.loaded = map[string]*plan.Plan{}, map[string]time.Time{}, true
		rows, err := f.Store.ActiveRevisions(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.Withdrawn() {
				continue
			}
			r, err := f.Store.Revision(ctx, row.ID)
			if err != nil {
				return nil, err
			}
			p, _, err := f.Recall(r)
			if err != nil {
				f.Unread = append(f.Unread, err.Error())
				continue
			}
			f.plans[p.Name], f.applied[p.Name] = p, row.At
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

// Class gives the one class that the ID names. A recording alone names the class that runs, else the next.
func (f *Finder) Class(ctx context.Context, id ID) (Class, error) {
	all, err := f.all(ctx, id)
	if err != nil {
		return Class{}, err
	}
	found := all
	if id.Dated { // one that the plan cancels is meant where there is no other
		found = slices.DeleteFunc(slices.Clone(all), func(c Class) bool { return c.Planned != nil && c.Planned.Cancelled() && !c.Stored() })
		if len(found) == 0 {
			found = all
		}
	} else if !id.Whole {
		if found = f.current(all); len(found) == 0 && f.Last {
			if found, err = f.lastOf(ctx, id); err != nil {
				return Class{}, err
			}
		}
	}
	switch len(found) {
	case 0:
		return Class{}, f.none(ctx, id)
	case 1:
	default:
		var list []Names
		for _, c := range found {
			list = append(list, c.Names())
		}
		return Class{}, id.ambiguous(list)
	}
	c := found[0]
	c.bare = !id.Dated && !id.Whole
	c.Row, err = Ordered(ctx, f.Store, c.Row)
	return c, err
}

// current gives for each plan the class of a recording that runs, or those that do, else the one that ends next.
func (f *Finder) current(all []Class) []Class {
	byPlan := map[string][]Class{}
	for _, c := range all {
		byPlan[c.Row.Plan] = append(byPlan[c.Row.Plan], c)
	}
	var found []Class
	for _, name := range slices.Sorted(maps.Keys(byPlan)) {
		of := byPlan[name]
		running := slices.DeleteFunc(slices.Clone(of), func(c Class) bool { return !c.Begun() })
		ahead := slices.DeleteFunc(of, func(c Class) bool { return !c.Row.End.After(f.Now) })
		switch {
		case len(running) > 0:
			found = append(found, running...)
		case len(ahead) > 0:
			found = append(found, slices.MinFunc(ahead, func(x, y Class) int { return x.Row.Start.Compare(y.Row.Start) }))
		}
	}
	return found
}

// lastOf gives the last class of a recording that the store has, for each plan.
func (f *Finder) lastOf(ctx context.Context, id ID) ([]Class, error) {
	rows, err := f.Store.Occurrences(ctx, store.Filter{Plan: id.Plan, Recording: id.Recording})
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", id.Text, err)
	}
	byPlan := map[string]Class{}
	for _, row := range rows {
		byPlan[row.Plan] = Class{Row: row}
	}
	return slices.Collect(maps.Values(byPlan)), nil
}

// all gives every class that the ID names: of a recording alone those that have not ended, of those that the store has no
// row for the next of each plan.
func (f *Finder) all(ctx context.Context, id ID) ([]Class, error) {
	rows, err := f.rows(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", id.Text, err)
	}
	var found []Class
	for _, row := range rows {
		found = append(found, Class{Row: row})
	}
	plans, err := f.Active(ctx, id.Plan)
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		of := id.ClassesOf(p, f.Now)
		for i := range of {
			o := &of[i]
			if k := slices.IndexFunc(found, func(c Class) bool { return c.Row.ID == o.ID }); k >= 0 {
				found[k].Planned, found[k].Plan = o, p
				continue
			}
			row, err := f.rowOf(ctx, o)
			if err != nil {
				return nil, err
			}
			found = append(found, Class{Row: row, Planned: o, Plan: p})
			if !id.Dated && !id.Whole && row.End.After(f.Now) {
				break // those after it are not the next
			}
		}
	}
	return found, nil
}

// rows gives the rows of the store that the ID names; of a recording alone those that have not ended.
func (f *Finder) rows(ctx context.Context, id ID) ([]store.Occurrence, error) {
	open := store.Filter{Plan: id.Plan, Recording: id.Recording, Open: true}
	filters := []store.Filter{open, {Plan: id.Plan, Recording: id.Recording, EndAfter: f.Now}}
	switch {
	case id.Whole:
		return f.Store.Occurrences(ctx, store.Filter{IDs: []string{id.Text}})
	case id.Dated:
		// Those that are planned on the day, and those that happen on it. No zone is further off than a day.
		around := store.Filter{Plan: id.Plan, Recording: id.Recording}
		around.EndAfter, around.StartBefore = id.planned.AddDate(0, 0, -1), id.planned.AddDate(0, 0, 2)
		filters = []store.Filter{{ID: id.Text}, around}
	}
	var rows []store.Occurrence
	for _, filter := range filters {
		of, err := f.Store.Occurrences(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, o := range of {
			known := slices.ContainsFunc(rows, func(r store.Occurrence) bool { return r.ID == o.ID })
			if !known && (!id.Dated || filter.ID != "" || id.names(NamesOfRow(&o))) {
				rows = append(rows, o)
			}
		}
	}
	return rows, nil
}

// rowOf gives the row of a plan's class, or what stands in for one that the store does not have.
func (f *Finder) rowOf(ctx context.Context, o *plan.Occurrence) (store.Occurrence, error) {
	rows, err := f.Store.Occurrences(ctx, store.Filter{IDs: []string{o.ID}})
	if err != nil || len(rows) > 0 {
		return append(rows, store.Occurrence{})[0], err
	}
	return AsRow(o), nil
}

// AsRow is a class of a plan in the form of a row, with Version 0.
func AsRow(o *plan.Occurrence) store.Occurrence {
	at := NamesOfPlanned(o).at[0]
	day, clock, _ := strings.Cut(at, "T")
	doc := struct {
		Timezone string    `json:"timezone"`
		Cancel   *OrderDoc `json:"cancel,omitempty"`
	}{Timezone: o.Settings.Zone.String()}
	if o.Cancelled() {
		doc.Cancel = &OrderDoc{Who: runner.PlanWho, Reason: o.Settings.Note, ReasonCode: reason.CancelledByPlan}
	}
	text, _ := json.Marshal(doc)
	return store.Occurrence{
		ID: o.ID, Plan: o.Plan, Recording: o.Recording.ID, Day: day, Clock: strings.TrimSuffix(clock, ":00"),
		URL: o.URL.String(), Start: o.Start, End: o.End, State: string(session.Planned), Doc: text,
	}
}

// History lists the rows of a recording, and the classes without one for which orders wait.
func (f *Finder) History(ctx context.Context, id ID, orders []store.Command) ([]store.Occurrence, error) {
	names := []string{id.Recording}
	plans, err := f.Active(ctx, id.Plan)
	if err != nil {
		return nil, err
	}
	planned := false
	known := map[string]*plan.Occurrence{} // of those that orders wait for, by identity
	for _, p := range plans {
		for _, r := range p.Recordings {
			if r.ID == id.Recording || slices.Contains(r.Was, id.Recording) {
				names, planned = append(append(names, r.ID), r.Was...), true
			}
		}
		for _, order := range orders {
			whole, err := ParseID(order.Occurrence)
			if err != nil || !whole.Whole || whole.Plan != p.Name || !slices.Contains(names, whole.Recording) {
				continue
			}
			for _, o := range whole.ClassesOf(p, f.Now) {
				known[o.ID] = &o
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var rows []store.Occurrence
	for _, name := range names {
		of, err := f.Store.Occurrences(ctx, store.Filter{Plan: id.Plan, Recording: name})
		if err != nil {
			return nil, fmt.Errorf("read occurrences: %w", err)
		}
		rows = append(rows, of...)
	}
	for _, row := range rows {
		delete(known, row.ID)
	}
	for _, o := range known {
		rows = append(rows, AsRow(o))
	}
	if len(rows) == 0 && !planned {
		return nil, f.none(ctx, id)
	}
	sortByStart(rows)
	return rows, nil
}

// none says that the ID names no class, and what may be meant.
func (f *Finder) none(ctx context.Context, id ID) error {
	text := fmt.Sprintf("no class %s in the store and in the active plans", Line(id.Text))
	names, err := f.recordings(ctx, id.Plan)
	switch known := slices.Contains(names, id.Recording); {
	case err != nil:
		return err
	case known && !id.Dated && !id.Whole:
		text = fmt.Sprintf("no class of %s runs or is ahead", Line(id.Text))
	case known:
		text += "; rundown list PLAN names the classes of a plan"
	default:
		if best := Nearest(id.Recording, names); best != "" {
			text += fmt.Sprintf("; did you mean the recording %s?", best)
		} else {
			text += "; no recording goes by that name"
		}
	}
	if len(f.Unread) > 0 {
		text += "; not all active plans can be read: " + f.Unread[0]
	}
	return &noClassError{text}
}

// ErrNoClass says that an ID names no class.
var ErrNoClass = errors.New("no such class")

// noClassError is [ErrNoClass] with a message that says what may be meant.
type noClassError struct{ text string }

func (e *noClassError) Error() string { return e.text }
func (e *noClassError) Unwrap() error { return ErrNoClass }

// recordings are the names of all recordings of a plan, or of all, that are in the active plans and in the store.
func (f *Finder) recordings(ctx context.Context, name string) ([]string, error) {
	plans, err := f.Active(ctx, name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range plans {
		for _, r := range p.Recordings {
			names = append(append(names, r.ID), r.Was...)
		}
	}
	err = f.Store.EachPage(ctx, store.Filter{Plan: name}, func(rows []store.Occurrence) error {
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
