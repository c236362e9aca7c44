package runner

import (
	"time"

	"rundown/plan"
	"rundown/runner/session"
)

const (
	warmEvery = time.Minute
	warmAhead = 3 * time.Minute // before the first request of a class: a command may take half a minute
)

// warm fetches the temporary storage credentials of what begins soon, since the seconds before a class leave no time
// for a command. What fails is tried again here and at the start itself.
func (c *conductor) warm() {
	c.post(func() {
		now := c.e.cfg.Now()
		seen := map[*plan.STS]bool{}
		for _, t := range c.tasks {
			if t.state.Phase != session.Planned || t.occ == nil || t.occ.Settings.Storage == nil || t.begin.After(now.Add(warmAhead)) {
				continue
			}
			storage, conn := t.occ.Settings.Storage, t.conn
			if storage.STS == nil || conn == nil || seen[storage.STS] {
				continue
			}
			seen[storage.STS] = true
			ctx := c.calls
			c.callers.Add(1)
			go func() {
				defer c.callers.Done()
				if _, err := c.e.keys.get(ctx, conn, storage, keysForStart, now); err != nil && ctx.Err() == nil {
					c.log.Warn("no storage credentials for the next classes", "error", err)
				}
			}()
		}
	})
}

// warm lets every conductor look ahead.
func (e *Engine) warm() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.conductors {
		if c.running {
			c.warm()
		}
	}
}
