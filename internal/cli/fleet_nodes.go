package cli

import (
	"context"
	"slices"

	"rundown/runner/notify"
	"rundown/runner/store"
)

// notifiedNodes reads the daemons of the store with the App IDs that they own, and of the given ones those that are gone.
func (d *daemon) notifiedNodes(ctx context.Context, known []int64) (nodes []notify.Node, err error) {
	rows, err := d.work.store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	leases, err := d.work.store.Leases(ctx)
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
		n := notify.Node{ID: r.ID, Name: r.Name, Seen: r.Beat, Gone: r.Gone, Left: r.Left()}
		for _, l := range leases {
			if l.Node == r.ID {
				n.Apps = append(n.Apps, l.App)
			}
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}
