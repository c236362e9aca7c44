package runner

import (
	"time"

	"rundown/runner/store"
)

// What is too old is removed a little after the start, when what was to be adopted has been, and then at intervals.
const (
	pruneFirst = time.Minute
	pruneEvery = 6 * time.Hour
)

// pruneTimes is when: a schedule of robfig/cron.
type pruneTimes struct{ started time.Time }

// Next gives the first instant of the schedule after at.
func (p pruneTimes) Next(at time.Time) time.Time {
	if first := p.started.Add(pruneFirst); at.Before(first) {
		return first
	}
	return at.Add(pruneEvery)
}

// prune removes what is older than the store is to keep. Nothing younger than the longest class goes, however little
// is to be kept: the next start needs it to know what has been recorded.
func (e *Engine) prune() {
	if !e.OnDuty() {
		return
	}
	keep := max(e.cfg.Keep, maxLength+confirmSpan)
	gone, err := e.cfg.Store.Prune(e.ctx, e.cfg.Now().Add(-keep))
	if err != nil && e.ctx.Err() == nil {
		e.log.Error("cannot remove old rows from the store", "error", err)
	}
	if gone != (store.Pruned{}) {
		e.log.Info("removed old rows from the store", "kept", keep, "occurrences", gone.Occurrences, "events", gone.Events, "texts", gone.Texts, "commands", gone.Commands)
	}
}
