package runner

import (
	"time"

	"rundown/runner/store"
)

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
