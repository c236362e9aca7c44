package view

import (
	"context"
	"fmt"
	"time"

	"rundown/plan"
	"rundown/runner/store"
)

// Node is a process that works on the store, as scripts read it.
type Node struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"` // host name and pid, unless it was given another
	Version  *string  `json:"version"`
	Since    *string  `json:"since"`
	LastSeen *string  `json:"last_seen"` // its newest heartbeat; null: it gave none yet
	Alive    bool     `json:"alive"`     // its heartbeats come
	Apps     []string `json:"apps"`      // the App IDs whose classes it records

	Began, Beat time.Time `json:"-"`
}

// ReadNodes lists the nodes of a store, by their numbers, with the App IDs that each owns. now is by the caller's clock, which
// counts only where the store has none.
func ReadNodes(ctx context.Context, s *store.Store, now time.Time) ([]Node, error) {
	now, err := s.Time(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	all, err := s.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	leases, err := s.Leases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	list := make([]Node, len(all))
	for i, n := range all {
		list[i] = Node{
			ID: n.ID, Name: Line(n.Name), Version: OrNull(n.Version), Since: SessionTime(n.Started), LastSeen: SessionTime(n.Beat),
			Alive: now.Before(n.AliveUntil), Apps: []string{}, Began: n.Started, Beat: n.Beat,
		}
		if s.Liveness().TTL == 0 { // nobody buries it, so that its heartbeats are for people alone
			list[i].Alive = now.Sub(n.Beat) < quietDaemon
		}
		for _, l := range leases {
			if l.Node == n.ID {
				list[i].Apps = append(list[i].Apps, l.App)
			}
		}
	}
	return list, nil
}

// Text says in a line what a node records.
func (n Node) Text(now time.Time) string {
	owns := "owns no App ID"
	switch len(n.Apps) {
	case 0:
	case 1:
		owns = "owns App ID " + n.Apps[0]
	default:
		owns = fmt.Sprintf("owns %d App IDs: %s", len(n.Apps), JoinSome(n.Apps, 4))
	}
	seen := "no heartbeat yet"
	if !n.Beat.IsZero() {
		seen = fmt.Sprintf("last seen %s ago", plan.DurationText(max(now.Sub(n.Beat), 0).Round(time.Second)))
	}
	version := ""
	if n.Version != nil {
		version = ", version " + Line(*n.Version)
	}
	return fmt.Sprintf("%s (node %d%s): %s, %s", n.Name, n.ID, version, owns, seen)
}
