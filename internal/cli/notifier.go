package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/page"
)

// issues are all health issues of the daemon.
func (d *daemon) issues(reader *planReader) []runner.Issue {
	issues := slices.Concat(d.engine.Issues(), d.proxy, reader.issues(), d.a.log.Issues(), d.moved.issues(), d.unsetIssues(), d.work.disk.issues())
	n := d.notifier.Load()
	if n == nil {
		return issues
	}
	for _, i := range n.Issues() {
		known := slices.ContainsFunc(issues, func(o runner.Issue) bool { return o.ID == i.ID && (o.About == i.About || o.About == "") })
		if !known { // what a check finds out, the engine may know already
			issues = append(issues, runner.Issue{
				ID: i.ID, Severity: runner.Severity(i.Severity), Since: i.Since, Text: i.Text, Advice: i.Advice, About: i.About, Blocking: i.Blocking,
			})
		}
	}
	return issues
}

// notify starts to send notifications. It begins after the engine, whose plans name the targets.
// again says that this process has sent before.
func (d *daemon) notify(ctx context.Context, reader *planReader, lastSeen time.Time, again bool) (*notify.Notifier, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	var nodes func(context.Context, []int64) ([]notify.Node, error)
	if d.work.store.Liveness().TTL > 0 { // there may be others
		nodes = d.notifiedNodes
	}
	n, err := notify.Start(ctx, notify.Config{
		Store: d.work.store, Logger: d.log, Moves: d.engine.Progress, Redact: d.engine.Redacted, Failpoint: failpoint, Check: (&lookout{d: d}).check, Link: d.link,
		Node: fmt.Sprintf("%s:%d", host, os.Getpid()), LastSeen: lastSeen, Again: again, Simulated: d.work.sim != nil, UserAgent: "rundown/" + versionOf().Version,
		Plans: d.notifiedPlans, Unfit: d.unfitPlans,
		// In a simulation too, a target is what its references stand for: made-up values reach nobody.
		Lookup: func(p *plan.Plan) plan.Lookup { return d.a.newLookup(p.Files[0].Path) },
		Issues: func() []notify.Issue { return d.notifiedIssues(reader) },
		Change: d.planChange, Nodes: nodes,
	})
	if err != nil {
		return nil, errors.Join(errors.New("start notifications"), err)
	}
	d.notifier.Store(n)
	return n, nil
}

// notifyOnDuty sends notifications while no other daemon of the store does, until the returned function is called. It goes on
// while the store cannot be reached, which people are to be told.
func (d *daemon) notifyOnDuty(ctx context.Context, reader *planReader, lastSeen time.Time) (end func(), err error) {
	var n *notify.Notifier
	again := d.engine.HasDuties()
	if again {
		if n, err = d.notify(ctx, reader, lastSeen, false); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		every(ctx, runner.DutyInterval, func() {
			switch onDuty := d.engine.HasDuties(); {
			case onDuty && n == nil:
				before, err := d.work.store.DutiesLease(ctx)
				if err != nil {
					return // it is tried again, and the engine reports the store
				}
				started, err := d.notify(ctx, reader, before.Seen, again)
				if err != nil {
					d.log.Error("notifications cannot be sent, retrying", "error", err)
					return
				}
				n, again = started, true
			case !onDuty && n != nil:
				d.notifier.Store(nil)
				n.Close()
				n = nil
			}
		})
	})
	return func() {
		cancel()
		running.Wait()
		if n != nil {
			n.Close()
		}
	}, nil
}

// link is the address at which people find a class on the page, or the change of a plan given as PLAN/REVISION, or the page where
// it is about neither; "": nobody said where.
func (d *daemon) link(subject string) string {
	switch {
	case d.urls.public == "":
		return ""
	case subject == "":
		return d.urls.public + "/"
	case strings.Count(subject, "/") == 1:
		return d.urls.public + page.LinkOfChange(subject)
	}
	return d.urls.public + page.LinkOf(subject)
}

// unfitPlans are the active plans that this daemon cannot work on.
func (d *daemon) unfitPlans() []notify.Plan { return notifyPlans(d.engine.UnfitPlans()) }

// notifiedPlans are the plans that the engine works on, in which events find titles, labels and targets.
func (d *daemon) notifiedPlans() []notify.Plan { return notifyPlans(d.engine.ActivePlans()) }

// targets are the keys of the targets of the active plans.
func (d *daemon) targets() (keys []string) {
	for _, p := range slices.Concat(d.unfitPlans(), d.notifiedPlans()) {
		keys = append(keys, notify.TargetNames(p.Plan)...)
	}
	return keys
}

func notifyPlans(active []runner.ActivePlan) (plans []notify.Plan) {
	for _, p := range active {
		plans = append(plans, notify.Plan(p))
	}
	return plans
}

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
	c := changeBetween(name, before, after, r.Revision, d.a.clock())
	if before != nil && c.Changed > 0 {
		rows, err := runningRows(ctx, d.work.store, name)
		if err != nil {
			return nil, err
		}
		c.OldPage = oldPages(before, after, rows)
	}
	return c, nil
}

// oldPages counts the classes whose sessions record a page that a plan has replaced. It asks the plans and the sessions, since it is not
// known whether the rows have the new page already.
func oldPages(before, after *plan.Plan, rows []store.Row) (n int) {
	old, new := schedule.NewFinder(before), schedule.NewFinder(after)
	for _, row := range rows {
		was, held := old.Find(row.ID)
		is, holds := new.Find(row.ID)
		if !held || !holds {
			continue
		}
		doc := view.AccountOf(row.Occurrence, row.Sessions)
		page := is.Occurrence().URL.String()
		if page != was.Occurrence().URL.String() && page != doc.RecordedPage() {
			n++
		}
	}
	return n
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
