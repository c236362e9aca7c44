package runner

import (
	"context"
	"fmt"

	"rundown/runner/store"
)

// Fenced receives an error once another process owns an App ID of this engine although the lock of the store should keep it
// away. Nothing of it can be written here any more, so whoever runs the engine should end it. Where several processes may
// work on the store, an App ID that is lost is no reason to end, and nothing is received.
func (e *Engine) Fenced() <-chan error { return e.fenced }

// fence tells once that an App ID has another owner.
func (e *Engine) fence(app string) {
	err := fmt.Errorf("another daemon has taken over app %s in store %s, and records its classes; "+
		"if this is the one that should run, stop the other one and start this one again", app, e.cfg.Store.Path())
	select {
	case e.fenced <- err:
		e.log.Error("fenced: another daemon has taken over", "app", app, "store", e.cfg.Store.Path())
	default:
	}
}

// checkOwnership stops the workers of App IDs that are not this node's any more.
func (e *Engine) checkOwnership(ctx context.Context) error {
	leases, err := e.cfg.Store.Leases(ctx)
	if err != nil {
		return err
	}
	e.dropLost(leases)
	return nil
}

// dropLost stops the workers of App IDs that are another node's by leases that were read.
func (e *Engine) dropLost(leases []store.Lease) {
	for _, l := range leases {
		switch w := e.workerOf(l.App); {
		case w == nil, l.Term < w.lease.Term: // read before it was claimed
		case l.Term > w.lease.Term || l.Node != e.cfg.Store.NodeID():
			e.lose(w)
		}
	}
}
