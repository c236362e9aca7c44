package cli

import (
	"context"
	"slices"
	"sync"
	"time"

	"rundown/plan"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
)

// unownedFor is how long an App ID has no owner before its classes are at risk: one that changes its owner has none for a moment.
const unownedFor = 10 * time.Second

// Several daemons may work on one PostgreSQL. Each owns some App IDs and reports its own health; page, API and notifications
// tell of all of them together.

// fleetHealth is what a daemon knows of the other daemons of its store, as it was read last. It is safe for concurrent use. While
// the store cannot be read it stays as it is.
type fleetHealth struct {
	mu      sync.Mutex // guards what follows; never held while the store is read
	reports []view.Report
	owners  map[string]int64     // of the App IDs that have one
	unowned map[string]time.Time // since when App IDs have none that were asked for
}

// refresh reads what the daemons report, and which App IDs they own.
func (f *fleetHealth) refresh(ctx context.Context, d *daemon) {
	if d.work.store.Liveness().TTL == 0 { // there is no other
		return
	}
	reports, err := view.ReadReports(ctx, d.work.store, d.a.clock())
	if err != nil {
		return // the engine reports the store
	}
	leases, err := d.work.store.Leases(ctx)
	if err != nil {
		return
	}
	owners := map[string]int64{}
	for _, l := range leases {
		if l.Node != 0 {
			owners[l.App] = l.Node
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports, f.owners = reports, owners
}

// merged are the health issues of all daemons. Those of this one, which are given, are newer than what it has reported.
func (f *fleetHealth) merged(me int64, own []runner.Issue) []view.MergedIssue {
	f.mu.Lock()
	defer f.mu.Unlock()
	reports := slices.Clone(f.reports)
	i := slices.IndexFunc(reports, func(r view.Report) bool { return r.Node == me })
	if i < 0 {
		i, reports = len(reports), append(reports, view.Report{Node: me, Name: "this one"})
	}
	reports[i].Issues = own
	return view.MergeIssues(reports)
}

// ownerOf is the node that owns an App ID, 0 for none; for how long there has been none is counted from when it was asked first.
func (f *fleetHealth) ownerOf(app string, now time.Time) (owner int64, unowned time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if owner = f.owners[app]; owner != 0 {
		delete(f.unowned, app)
		return owner, 0
	}
	if f.unowned == nil {
		f.unowned = map[string]time.Time{}
	}
	if _, known := f.unowned[app]; !known {
		f.unowned[app] = now
	}
	return 0, now.Sub(f.unowned[app])
}

// fleetIssues are the health issues of all daemons of the store.
func (d *daemon) fleetIssues(reader *planReader) (issues []runner.Issue) {
	for _, i := range d.fleet.merged(d.work.store.NodeID(), d.issues(reader)) {
		issues = append(issues, i.Issue)
	}
	return issues
}

// notifiedIssues are the health issues of all daemons, as notifications need them.
func (d *daemon) notifiedIssues(reader *planReader) (issues []notify.Issue) {
	for _, i := range d.fleet.merged(d.work.store.NodeID(), d.issues(reader)) {
		issue := notify.Issue{
			ID: i.ID, Code: i.ReasonCode, Severity: plan.NotifySeverity(i.Severity), Since: i.Since, Text: i.Text, Advice: i.Advice,
			About: i.About, Blocking: i.Blocking,
		}
		switch {
		case i.ID == reason.IssueNodeUnfit: // another node records the plan's classes, unless there is none
			issue.Blocking = true
			issue.Spares = func(app string) bool {
				_, unowned := d.fleet.ownerOf(app, d.a.clock())
				return unowned < unownedFor
			}
		case i.BlocksItsNodes && !i.Blocking: // it is about what some of the nodes own
			issue.Blocking = true
			issue.Spares = func(app string) bool {
				owner, _ := d.fleet.ownerOf(app, d.a.clock())
				return !slices.Contains(i.Nodes, owner)
			}
		}
		issues = append(issues, issue)
	}
	return issues
}

// notifiedNodes reads the daemons of the store with the App IDs that they own, and of the given ones those that are gone. Commands that
// work on the store are left out.
func (d *daemon) notifiedNodes(ctx context.Context, known []int64) (nodes []notify.Node, err error) {
	leases, err := d.work.store.Leases(ctx) // before the nodes: one that is lost in between is not seen alive and without App IDs
	if err != nil {
		return nil, err
	}
	rows, err := d.work.store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range known {
		if slices.ContainsFunc(rows, func(r store.Node) bool { return r.ID == id }) {
			continue
		}
		row, found, err := d.work.store.NodeOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if found {
			rows = append(rows, row)
		}
	}
	for _, r := range rows {
		if r.NoDaemon || r.Beat.IsZero() { // before its first heartbeat a command looks like a daemon
			continue
		}
		n := notify.Node{ID: r.ID, Name: r.Name, Started: r.Started, Seen: r.Beat, Gone: r.Gone, Left: r.Left()}
		if !slices.Contains(known, r.ID) {
			before, found, err := d.work.store.NodeBefore(ctx, r.Name, r.ID)
			if err != nil {
				return nil, err
			}
			if found && !before.Left() {
				n.Lost = before.Gone
			}
		}
		for _, l := range leases {
			if l.Node == r.ID {
				n.Apps = append(n.Apps, l.App)
			}
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}
