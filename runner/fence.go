package runner

import (
	"context"
	"fmt"
)

// Fenced receives an error once another process owns an App ID of this engine: it has taken over all that is recorded
// there. Nothing of it can be written here any more, so whoever runs the engine should end it.
func (e *Engine) Fenced() <-chan error { return e.fenced }

// fence tells once that an App ID has another owner.
func (e *Engine) fence(app string) {
	err := fmt.Errorf("another daemon has taken over app %s in store %s, and records its classes; "+
		"if this is the one that should run, stop the other one and start this one again", app, e.cfg.Store.Path())
	e.lost.Store(true)
	select {
	case e.fenced <- err:
		e.log.Error("fenced: another daemon has taken over", "app", app, "store", e.cfg.Store.Path())
	default:
	}
}

// checkOwnership looks whether each App ID is still this engine's.
func (e *Engine) checkOwnership(ctx context.Context) error {
	e.mu.Lock()
	terms := make(map[string]int64, len(e.workers))
	for app, w := range e.workers {
		terms[app] = w.term
	}
	e.mu.Unlock()
	leases, err := e.cfg.Store.Leases(ctx)
	if err != nil {
		return err
	}
	for _, l := range leases {
		if term, mine := terms[l.App]; mine && (l.Term != term || l.Node != e.cfg.Store.NodeID()) {
			e.fence(l.App)
		}
	}
	return nil
}
