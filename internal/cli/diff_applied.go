package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/load"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
)

// comparison is the result of diff.
type comparison struct {
	*forecast.Difference
	applied *applied       // nil where two files are compared
	running runningChanges // where the plan is compared with the store
}

// applied is the side of a comparison that comes from the store.
type applied struct {
	revision store.Revision // 0 for none
	plan     *plan.Plan     // of it; nil: there is none, or it cannot be read
	classes  bool           // the classes that the store holds, since it has no text of the revision
	note     string         // why there is none, or what is left out
}

// text says for people what a plan was compared with.
func (a *applied) text() string {
	s := "compared with nothing"
	switch r := a.revision; {
	case a.classes:
		s = "compared with the times and pages of the stored classes"
	case r.ID != 0:
		s = fmt.Sprintf("compared with revision %d, applied at %s", r.ID, r.At.Format("2006-01-02 15:04:05Z07:00"))
		if r.Commit != "" {
			s += ", commit " + r.Commit[:min(len(r.Commit), 12)]
		}
	}
	if a.note != "" {
		s += ": " + a.note
	}
	return view.Line(s)
}

// appliedJSON says the same for scripts.
type appliedJSON struct {
	Revision *int64  `json:"revision"`
	At       *string `json:"at"`
	Commit   *string `json:"commit"`
	By       string  `json:"by"` // plan, or classes: their times and pages
	Note     *string `json:"note"`
}

func (a *applied) view() *appliedJSON {
	if a == nil {
		return nil
	}
	v := &appliedJSON{Commit: view.OrNull(a.revision.Commit), By: "plan", Note: view.OrNull(a.note)}
	if a.classes {
		v.By = "classes"
	}
	if a.revision.ID != 0 {
		v.Revision, v.At = &a.revision.ID, view.SessionTime(a.revision.At)
	}
	return v
}

// diffApplied compares a plan with its active revision or, if the store could not keep the text of that, with the stored
// classes. It also tells what becomes of the running classes.
func (a *app) diffApplied(ctx context.Context, given planfile.Checked, opts forecast.Options) (comparison, error) {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return comparison{}, err
	}
	defer s.Close()
	rows, err := runningRows(ctx, s, given.Plan.Name)
	if err != nil {
		return comparison{}, err
	}
	opts.Running = idsOf(rows)
	d, err := diffStored(ctx, s, given, opts)
	if err != nil {
		return comparison{}, err
	}
	if given.Sound() { // of another plan it is not known what it holds
		d.running, err = readRunningChanges(ctx, s, rows, d.applied.plan, given.Plan, a.now())
	}
	return d, err
}

// diffStored compares a plan with what the store knows of it: the text of its active revision; where a secret was written out in that,
// both sides with secrets masked; and where there is no text at all, the times and pages of the stored classes.
func diffStored(ctx context.Context, s *store.Store, given planfile.Checked, opts forecast.Options) (comparison, error) {
	p := given.Plan
	r, found, err := activeRevision(ctx, s, given)
	switch {
	case err != nil:
		return comparison{}, err
	case !found:
		note := fmt.Sprintf("plan %s was never applied to this store", p.Name)
		if p.Name == "" {
			note = "the name of the plan could not be read"
		}
		return comparison{Difference: forecast.Diff(nil, p, opts), applied: &applied{note: note}}, nil
	case r.Withdrawn():
		return comparison{Difference: forecast.Diff(nil, p, opts), applied: &applied{revision: r, note: fmt.Sprintf("plan %s was withdrawn", p.Name)}}, nil
	}
	before, masked, err := runner.Recall(r)
	after := p
	if err == nil && masked {
		after, err = redactedPlan(p)
	}
	if err != nil {
		d, failure := occurrencesDiffer(ctx, s, p, opts)
		return comparison{Difference: d, applied: &applied{revision: r, classes: true, note: err.Error()}}, failure
	}
	d := comparison{Difference: forecast.Diff(before, after, opts), applied: &applied{revision: r, plan: before}}
	if masked {
		d.applied.note = "secrets that are written out in the plan are not compared"
	}
	return d, nil
}

// activeRevision finds the active revision of a plan, with its text: by the name of the plan or, if the plan has errors,
// which may be in the name, by its file.
func activeRevision(ctx context.Context, s *store.Store, given planfile.Checked) (r store.Revision, found bool, err error) {
	rows, err := s.ActiveRevisions(ctx)
	if err != nil {
		return r, false, err
	}
	i := slices.IndexFunc(rows, func(row store.Revision) bool { return row.Plan == given.Plan.Name })
	if root, ok := rootOf(given.Path); i < 0 && ok && !given.Sound() {
		i = slices.IndexFunc(rows, func(row store.Revision) bool { return row.Path == root })
	}
	if i < 0 {
		return r, false, nil
	}
	r, err = s.Revision(ctx, rows[i].ID)
	return r, true, err
}

// redactedPlan is the plan in the form in which the store would keep it.
func redactedPlan(p *plan.Plan) (*plan.Plan, error) {
	files := planfile.MaskedFiles(p)
	if files == nil {
		return nil, errors.New("the new plan has a secret that is written out and cannot be masked")
	}
	masked, _, err := load.Load(plan.FileSetOf(files), p.Files[0].Path) // what is wrong with it was told
	if masked == nil && err == nil {
		err = errors.New("the new plan cannot be read once its secrets are masked")
	}
	return masked, err
}

// occurrencesDiffer compares a plan with the open occurrences of the store, up to the last of them.
func occurrencesDiffer(ctx context.Context, s *store.Store, p *plan.Plan, opts forecast.Options) (*forecast.Difference, error) {
	rows, err := s.Occurrences(ctx, store.Filter{Plan: p.Name, Open: true})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	from := opts.Now
	if !opts.From.At.IsZero() {
		from = opts.From.At
	}
	until := from
	applied := make(map[string]store.Occurrence)
	for _, r := range rows {
		applied[r.ID] = r
		if !r.Start.Before(until) {
			until = r.Start.Add(time.Second)
		}
	}
	if !opts.Until.At.IsZero() {
		until = opts.Until.At
	}
	opts.From, opts.Until = forecast.Bound{At: from}, forecast.Bound{At: until}
	d := &forecast.Difference{New: forecast.Of([]*plan.Plan{p}, opts)}
	// A class that was moved into or out of the period is still the stored one.
	const reach = 31 * 24 * time.Hour
	for o := range schedule.All(p, from.Add(-reach), until.Add(reach)) {
		row, known := applied[o.ID]
		delete(applied, o.ID)
		runs := opts.Running[o.ID] || known && !row.Start.After(opts.Now) && opts.Now.Before(row.End)
		within := func(t time.Time) bool { return !t.Before(from) && t.Before(until) || runs }
		c := forecast.ClassDifference{ID: o.ID, Recording: o.Recording.ID, Cancelled: o.Cancelled()}
		if known {
			c.OldStart, c.OldEnd = row.Start.In(o.Settings.Zone), view.PlanEnd(row).In(o.Settings.Zone)
		}
		if !o.Cancelled() {
			c.Start, c.End = o.Start, o.End
		}
		switch {
		case !within(o.Start) && !(known && within(row.Start)):
		case known && o.Cancelled():
			d.Removed = append(d.Removed, c)
		case !known && !o.Cancelled():
			d.Added = append(d.Added, c)
		case known && (!row.Start.Equal(o.Start) || !view.PlanEnd(row).Equal(o.End)):
			d.Moved = append(d.Moved, c)
		case known && row.URL != o.URL.String():
			c.Keys = []string{"url"}
			d.Changed = append(d.Changed, c)
		}
	}
	for _, r := range rows {
		if _, left := applied[r.ID]; left && !r.Absent && (opts.Running[r.ID] || !r.Start.Before(from) && r.Start.Before(until)) {
			zone := view.ZoneOf(r)
			gone := forecast.ClassDifference{ID: r.ID, Recording: r.Recording, OldStart: r.Start.In(zone), OldEnd: view.PlanEnd(r).In(zone)}
			d.Removed = append(d.Removed, gone)
		}
	}
	return d, nil
}
