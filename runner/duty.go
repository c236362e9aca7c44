package runner

import (
	"context"
	"errors"
	"time"

	"rundown/runner/store"
)

// Some work of a store is not about one App ID: the notifications, the checks of what the next classes need, closures, and the
// removal of what is old. One node at a time does it. It owns the duties by a lease, as it owns App IDs.

// dutyFree is how long the duties are free before a node takes them that cannot work on all plans.
const dutyFree = 10 * time.Second

// OnDuty says that this process does the work of the store that is not about one App ID.
func (e *Engine) OnDuty() bool {
	if !e.shared() {
		return true
	}
	e.mu.Lock()
	term := e.dutyTerm
	e.mu.Unlock()
	return term != 0 && e.gate.check() == nil
}

// HasDuties says that this process does that work as far as it knows. Other than [Engine.OnDuty] it stays so while the store
// cannot be reached: then nobody can be on duty, and somebody is to tell that.
func (e *Engine) HasDuties() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.shared() || e.dutyTerm != 0
}

// shareDuties takes the duties where nobody has them, and lets go of them where they are another's.
func (e *Engine) shareDuties(ctx context.Context) error {
	if !e.scheduling {
		return nil
	}
	l, err := e.cfg.Store.DutiesLease(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	held, unfit, now := e.dutyTerm, len(e.unfit) > 0, e.cfg.Now().Add(e.offset)
	e.mu.Unlock()
	switch {
	case l.Node == e.cfg.Store.NodeID() && l.Term == held:
		return nil
	case l.Node != 0 && l.Node != e.cfg.Store.NodeID(), unfit && now.Sub(l.Seen) < dutyFree:
		l.Term = 0
	default:
		if l, err = e.cfg.Store.Claim(ctx, store.Duties, e.cfg.Now()); err != nil && !errors.Is(err, store.ErrOwned) {
			return err
		}
		if err != nil {
			l.Term = 0
		}
	}
	if l.Term == held {
		return nil
	}
	e.mu.Lock()
	e.dutyTerm = l.Term
	e.mu.Unlock()
	if l.Term != 0 {
		e.log.Info("this node sends the notifications and removes what is old")
	} else {
		e.log.Info("another node sends the notifications and removes what is old")
	}
	return nil
}
