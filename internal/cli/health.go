package cli

import (
	"bytes"
	"context"
	"time"

	"rundown/runner"
	"rundown/runner/view"
)

// healthInterval is how often the health issues of a daemon are compared with those in the store.
const healthInterval = time.Second

// reportHealth writes the daemon's health issues to the store whenever they change, so that status and doctor show what
// /readyz does. It has a goroutine of its own: a store that is locked or full holds up nothing else. What cannot be
// written is tried again; the engine reports the store itself.
func (d *daemon) reportHealth(ctx context.Context, issues func() []runner.Issue) {
	tick := time.NewTicker(healthInterval)
	defer tick.Stop()
	var reported []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		report, err := view.HealthJSON(issues())
		if err != nil || bytes.Equal(report, reported) {
			continue
		}
		if d.work.store.SetHealth(ctx, d.a.clock(), report) == nil {
			reported = report
		}
	}
}
