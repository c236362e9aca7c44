package runner_test

import (
	"context"
	"strings"
	"time"

	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// give gives an order, as commands do. A class that the store has no row for is taken as held by its plan, with 50 minutes
// from the start in its identity.
func give(s *store.Store, cmd store.Command) (int64, error) {
	start, _ := time.Parse("20060102T150405Z", cmd.Occurrence[strings.LastIndexByte(cmd.Occurrence, '/')+1:])
	cmd, err := runner.Give(context.Background(), s, cmd, session.Interval{Start: start, End: start.Add(50 * time.Minute), From: start, Until: start.Add(52 * time.Minute)})
	return cmd.ID, err
}
