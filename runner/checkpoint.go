package runner

import (
	"maps"
	"slices"
	"time"

	"rundown/runner/session"
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
	if !e.quiet(checkpointQuiet) {
		return
	}
	if err := e.cfg.Store.Checkpoint(e.ctx); err != nil && e.ctx.Err() == nil {
		e.unwritten(err)
	}
}

// quiet says that no App ID waits for an answer or a write, or has something to do within a while.
func (e *Engine) quiet(within time.Duration) bool {
	e.mu.Lock()
	conductors := slices.DeleteFunc(slices.Collect(maps.Values(e.conductors)), func(c *conductor) bool { return !c.running })
	e.mu.Unlock()
	answers := make(chan bool, len(conductors))
	for _, c := range conductors {
		c.post(func() { answers <- c.quiet(within) })
	}
	for range conductors {
		select {
		case quiet := <-answers:
			if !quiet {
				return false
			}
		case <-e.ctx.Done():
			return false
		}
	}
	return true
}

// quiet leaves out queries: a session is watched all the time, and a query writes nothing at once.
func (c *conductor) quiet(within time.Duration) bool {
	soon := c.e.cfg.Now().Add(within)
	due := func(t *task) bool { return !t.wake.After(soon) && !t.onlyWatched(soon) }
	return c.out == 0 && !slices.ContainsFunc(c.due, due) && (c.restless.IsZero() || c.restless.After(soon))
}

// onlyWatched says that nothing but queries is due for a task until an instant.
func (t *task) onlyWatched(until time.Time) bool {
	settling := func(x session.Session) bool { return !x.State.Final() && x.State != session.SessionRunning }
	return t.state.Phase == session.Recording && t.state.Until.After(until) && !slices.ContainsFunc(t.state.Sessions, settling)
}
