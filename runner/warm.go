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
func (w *worker) warm() {
	w.post(func() {
		now := w.e.cfg.Now()
		seen := map[*plan.STS]bool{}
		for _, o := range w.near {
			if o.state.Phase != session.Planned || o.planned == nil || o.planned.Settings.Storage == nil || o.begin.After(now.Add(warmAhead)) {
				continue
			}
			storage, conn := o.planned.Settings.Storage, o.conn
			if storage.STS == nil || conn == nil || seen[storage.STS] {
				continue
			}
			seen[storage.STS] = true
			ctx := w.calls
			w.callers.Add(1)
			go func() {
				defer w.callers.Done()
				if _, err := w.e.keys.get(ctx, conn, storage, keysForStart, now); err != nil && ctx.Err() == nil {
					w.log.Warn("cannot fetch storage credentials for the next classes", "error", err)
				}
			}()
		}
	})
}

// warmKeys has every worker look ahead.
func (e *Engine) warmKeys() {
	for _, w := range e.allWorkers() {
		w.warm()
	}
}
