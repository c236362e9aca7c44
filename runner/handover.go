package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/runner/reason"
	"rundown/runner/store"
)

// How a worker ends while its engine goes on: its App ID is handed over to another node, or was lost to one.

// handOver has a worker end, once nothing is due soon, and frees its App ID for another node. Where this node cannot send what is
// due and the other one can, it is handed over at once.
func (e *Engine) handOver(w *worker, atOnce bool) {
	w.post(func() {
		if atOnce {
			w.patience = handoverDrain
		}
		if atOnce || w.quiet(handoverQuiet) {
			w.halt(false)
		}
	})
}

// fenceOff stops a worker whose App ID another process owns. The calls that are out are cancelled at once.
func (e *Engine) fenceOff(w *worker) {
	w.halt(true)
	if !e.shared() {
		e.fence(w.app)
		return
	}
	e.mu.Lock()
	running := w.running
	if !running {
		delete(e.workers, w.app)
	}
	e.mu.Unlock()
}

// workerEnded takes in that the loop of a worker has ended and all that it had to write is written.
func (e *Engine) workerEnded(w *worker) {
	if e.ctx.Err() != nil { // the engine ends, and leaves as a node
		e.leaveLast(w.app)
		return
	}
	if w.isFenced() {
		e.log.Warn("another node owns the app; its worker has stopped", "app", w.app, "term", w.lease.Term)
	} else {
		e.releaseApp(w)
	}
	e.leaveSIDs(w.app)
	e.mu.Lock()
	if e.workers[w.app] == w {
		delete(e.workers, w.app)
		for _, id := range []reason.Code{reason.IssueAccountRefused, reason.IssueQuotaTaken} { // the next owner finds them out
			delete(e.issues, issueKey{id, w.app})
		}
	}
	for _, a := range e.plans {
		a.written = a.written && !a.names(w.app)
	}
	e.mu.Unlock()
}

// releaseApp frees the App ID of a worker that has ended, as soon as the store takes that: nobody else can own it before. Until
// then the engine has the worker, and makes no other.
func (e *Engine) releaseApp(w *worker) {
	for {
		err := e.cfg.Store.Release(e.ctx, w.app, w.lease.Term, e.cfg.Now())
		if err == nil {
			e.log.Info("handed over app", "app", w.app)
			return
		}
		e.logThrottled("an App ID cannot be released; trying again in a second", err, "app", w.app)
		again := time.NewTimer(storeEvery)
		select {
		case <-again.C:
		case <-e.ctx.Done(): // the node leaves, and with it its leases
			again.Stop()
			return
		}
	}
}

// free frees those of the App IDs that are this node's and that no worker works on, for the nodes that are to own them.
func (e *Engine) free(ctx context.Context, apps []string) error {
	if len(apps) == 0 || !e.applying.TryLock() { // a plan is put to work at this moment, which may have claimed them
		return nil
	}
	defer e.applying.Unlock()
	leases, err := e.cfg.Store.Leases(ctx)
	if err != nil {
		return err
	}
	for _, l := range leases {
		if !slices.Contains(apps, l.App) || l.Node != e.cfg.Store.NodeID() || e.workerOf(l.App) != nil {
			continue
		}
		if err := e.cfg.Store.Release(ctx, l.App, l.Term, e.cfg.Now()); err != nil {
			return err
		}
		e.log.Info("handed over app", "app", l.App)
	}
	return nil
}

// halt ends a worker: at once where another process owns its App ID, else when its answers have come.
func (w *worker) halt(fenced bool) {
	if fenced {
		w.fenced.Store(true)
		w.cancel()
	}
	w.halting.Do(func() { close(w.halted) })
}

func (w *worker) isFenced() bool { return w.fenced.Load() }

// leave takes leave of all occurrences of an App ID that is another's, and tells of what somebody asked for now. No request is out.
func (w *worker) leave() {
	for _, o := range w.near {
		if o.now {
			w.e.cfg.OnNowReleased(o.spec.ID, fmt.Errorf("%w: app %s", store.ErrFenced, w.app))
		}
		w.giveUp(o)
	}
}

// Nothing but the clock tells a node that another one is dead: its last heartbeat keeps it alive until an instant, and when
// that has passed it can be buried. A node polls the store at whole seconds. It polls at that instant too, so that a take-over
// does not wait for the next second.

// afterExpiry is how long after that instant the store is polled: this process knows the clock of the database only as well
// as heartbeats are fast.
const afterExpiry = 20 * time.Millisecond

// newExpiring is a timer that fires when it is reset.
func newExpiring() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// awaitExpiry sets the timer for the first of the nodes whose time is over before the next poll, unless it gives a heartbeat.
// now is by the clock of the database.
func (e *Engine) awaitExpiry(nodes []store.Node, now time.Time) {
	next := e.cfg.Poll
	for _, n := range nodes {
		// One that is past by a little may not be past by the database's clock. One that is long past waits for the next poll:
		// this node may not bury it yet.
		if left := n.AliveUntil.Sub(now); n.ID != e.cfg.Store.NodeID() && left > -10*afterExpiry {
			next = min(next, max(left, 0))
		}
	}
	if next < e.cfg.Poll {
		e.expiring.Reset(next + afterExpiry)
	}
}

// pollAtExpiry polls the store when the timer fires, until the engine ends.
func (e *Engine) pollAtExpiry(poll func()) {
	defer e.wg.Done()
	defer e.expiring.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-e.expiring.C:
			poll()
		}
	}
}
