package runner

import (
	"context"
	"errors"
	"slices"
	"time"

	"rundown/runner/notify"
	"rundown/runner/store"
)

// Some work of a store is not about one App ID: the notifications, the checks of what the next classes need, closures, and the
// removal of what is old. One node at a time does it. It owns the duties by a lease, as it owns App IDs.

const (
	// dutyFree is how long the duties are free before a node takes them that is not fit for them.
	dutyFree = 10 * time.Second
	// dutyEnds is how long a node that leaves the duties has for what it was doing: it is asked for them, and its notifier ends then.
	dutyEnds = DutyInterval + notify.EndsWithin + time.Second
)

// DutyInterval is how often whoever sends the notifications is to ask [Engine.HasDuties].
const DutyInterval = time.Second

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

// fitForDuties says that this node could do the duties as well as any: it can work on all plans, its clock is right, and it
// reaches the service, without which it hardly reaches those who are to be told.
func (e *Engine) fitForDuties() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduling && len(e.unfit) == 0 && !e.finishes() && e.offset.Abs() < clockWrong && !e.reach.told && e.ctx.Err() == nil
}

// shareDuties takes the duties where nobody has them, and leaves them to another node that is fit for them where this one is
// not. Where no node is fit, whoever has them keeps them: somebody has to send the notifications.
func (e *Engine) shareDuties(ctx context.Context, nodes []store.Node) error {
	if !e.scheduling {
		return nil
	}
	l, err := e.cfg.Store.DutiesLease(ctx)
	if err != nil {
		return err
	}
	me, fit := e.cfg.Store.NodeID(), e.fitForDuties()
	other := slices.ContainsFunc(nodes, func(n store.Node) bool { return n.ID != me && n.Duties })
	e.mu.Lock()
	held, now := e.dutyTerm, e.cfg.Now().Add(e.offset)
	e.mu.Unlock()
	switch {
	case l.Node == me && !fit && other:
		return e.leaveDuties(ctx, l)
	case l.Node == me && l.Term == held:
		return nil
	case l.Node != 0 && l.Node != me, !fit && now.Sub(l.Seen) < dutyFree:
		l.Term = 0
	default:
		if l, err = e.cfg.Store.Claim(ctx, store.Duties, e.cfg.Now()); err != nil && !errors.Is(err, store.ErrOwned) {
			return err
		}
		if err != nil {
			l.Term = 0
		}
	}
	e.setDuties(l.Term)
	return nil
}

// leaveDuties stops doing the duties, and frees them a little later, so that what this node was sending has ended before
// another node sends.
func (e *Engine) leaveDuties(ctx context.Context, l store.Lease) error {
	e.mu.Lock()
	held, left := e.dutyTerm, e.dutyLeft
	e.mu.Unlock()
	switch {
	case held != 0:
		e.setDuties(0)
		return nil
	case time.Since(left) < dutyEnds:
		return nil
	}
	return e.cfg.Store.Release(ctx, store.Duties, l.Term, e.cfg.Now())
}

// setDuties notes under which term this node does the duties; 0: another node does.
func (e *Engine) setDuties(term int64) {
	e.mu.Lock()
	held := e.dutyTerm
	e.dutyTerm, e.dutyLeft = term, time.Now()
	e.mu.Unlock()
	switch {
	case held == term:
	case term != 0:
		e.log.Info("this node sends the notifications and removes what is old")
	default:
		e.log.Info("another node sends the notifications and removes what is old")
	}
}
