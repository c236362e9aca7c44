package view

import (
	"fmt"
	"time"

	"rundown/plan"
)

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
