package cli

import (
	"context"
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/store"
	"rundown/runner/view"
)

// planChange is what a revision of a plan changes of the classes ahead, against the revision that was usable before it; nil where
// the store could not keep the text of one of them.
func (d *daemon) planChange(ctx context.Context, name string, id int64) (*notify.PlanChange, error) {
	r, against, err := view.RevisionAndBefore(ctx, d.work.store, name, id)
	if err != nil || r.ID == 0 {
		return nil, err
	}
	var before *plan.Plan
	if against.ID != 0 && !against.Withdrawn() {
		if before, err = d.recalled(ctx, against.ID); before == nil {
			return nil, err
		}
	}
	after, err := d.recalled(ctx, id)
	if after == nil {
		return nil, err
	}
	return changeBetween(name, before, after, r.Revision, d.a.clock()), nil
}

// changeBetween counts the classes that a revision changes of those that had not ended when it was made, or now where that is earlier.
// One that waited for its confirmation changed nothing before that, and it is not known when it was given: of it those count that
// have not ended now.
func changeBetween(name string, before, after *plan.Plan, r store.Revision, now time.Time) *notify.PlanChange {
	since := now
	if r.State != store.RevisionConfirmed && r.At.Before(now) {
		since = r.At
	}
	_, hours := catalog.Bound("max-recording-hour-range") // no class is longer
	longest := time.Duration(*hours) * time.Hour
	diff := forecast.Diff(before, after, forecast.Options{Now: now, From: forecast.Bound{At: since.Add(-longest)}, Until: forecast.Bound{At: now.AddDate(0, 0, view.ChangeDays)}})
	over := func(c forecast.ClassDifference) bool { return !c.End.After(since) && !c.OldEnd.After(since) }
	for _, list := range []*[]forecast.ClassDifference{&diff.Added, &diff.Removed, &diff.Moved, &diff.Changed} {
		*list = slices.DeleteFunc(*list, over)
	}
	return changeOf(name, diff)
}

// recalled is the plan of a revision; nil where the store could not keep its text.
func (d *daemon) recalled(ctx context.Context, id int64) (*plan.Plan, error) {
	r, err := d.work.store.Revision(ctx, id)
	if err != nil {
		return nil, err
	}
	p, _, err := runner.Recall(r)
	if err != nil {
		d.log.Debug("what a revision changes cannot be told", "plan", r.Plan, "revision", id, "error", err)
		return nil, nil
	}
	return p, nil
}

// changeOf counts the classes of a difference, as its groups tell them, and finds the first of them.
func changeOf(name string, diff *forecast.Difference) *notify.PlanChange {
	c := &notify.PlanChange{Days: view.ChangeDays}
	for _, g := range diff.Groups() {
		switch n := len(g.Classes); g.Kind {
		case forecast.DifferenceAdded:
			c.Added += n
		case forecast.DifferenceRemoved:
			c.Removed += n
		case forecast.DifferenceMoved:
			c.Moved += n
		case forecast.DifferenceChanged:
			c.Changed += n
		}
		for _, x := range g.Classes {
			start, end := x.OldStart, x.OldEnd // a moved class is first missed at the time that it had
			if start.IsZero() || !x.Start.IsZero() && x.Start.Before(start) {
				start, end = x.Start, x.End
			}
			if c.First == nil || start.Before(c.First.Start) {
				c.First = &notify.Class{ID: x.ID, Plan: name, Recording: x.Recording, Start: start, End: end, Zone: start.Location().String()}
				c.FirstIs = string(g.Kind)
			}
		}
	}
	return c
}
