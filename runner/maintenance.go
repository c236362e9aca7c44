package runner

import (
	"slices"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

const (
	// checkpointEvery is how often the write-ahead log is written back into the store's file while nothing is due, so
	// that the log stays small and the file alone is nearly complete.
	checkpointEvery = time.Minute
	// checkpointQuiet is how long nothing may be due for that: a step would wait for some milliseconds.
	checkpointQuiet = 5 * time.Second
)

// checkpoint empties the write-ahead log where nothing is due soon.
func (e *Engine) checkpoint() {
	if !e.allQuiet(checkpointQuiet) {
		return
	}
	if err := e.cfg.Store.Checkpoint(e.ctx); err != nil && e.ctx.Err() == nil {
		e.storeFailed(err)
	}
}

// allQuiet reports whether no App ID waits for an answer or a write, or has something to do soon.
func (e *Engine) allQuiet(within time.Duration) bool {
	for _, w := range e.allWorkers() {
		if quiet, answered := w.ask(func(answer func(bool)) { answer(w.quiet(within)) }); answered && !quiet {
			return false
		}
	}
	return e.ctx.Err() == nil
}

// quiet leaves out queries, those that are due and those that are out: sessions are watched all the time, and a query writes
// nothing at once. A worker that ends awaits the answers to those that are out.
func (w *worker) quiet(within time.Duration) bool {
	soon := w.e.cfg.Now().Add(within)
	due := func(o *occurrence) bool { return !o.wake.After(soon) && !o.onlyWatched(soon) }
	return w.awaited.results == w.awaited.queries && !slices.ContainsFunc(w.due, due)
}

// onlyWatched reports whether nothing but queries is due for an occurrence until an instant.
func (o *occurrence) onlyWatched(until time.Time) bool {
	unsure := func(x session.Session) bool { return !x.State.Final() && x.State != session.SessionRunning }
	return o.state.Phase == session.Recording && o.state.Until.After(until) && !slices.ContainsFunc(o.state.Sessions, unsure)
}

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
