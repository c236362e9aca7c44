package cli

import (
	"context"
	"slices"

	"rundown/runner/notify"
	"rundown/runner/store"
)

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
