package runner

import (
	"maps"
	"slices"
	"time"
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

func (c *conductor) quiet(within time.Duration) bool {
	soon := c.e.cfg.Now().Add(within)
	return c.out == 0 && (len(c.due) == 0 || c.due[0].wake.After(soon)) && (c.restless.IsZero() || c.restless.After(soon))
}
