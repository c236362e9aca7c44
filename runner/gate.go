package runner

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errUnconfirmed says that a request was not sent, since another process may have taken over.
var errUnconfirmed = errors.New("not sent: the last heartbeat that the store confirmed is too old, so another process may have taken over")

// gate says whether this process may still act on the service. The store fences what is written, but nothing fences a
// request: so none is sent later than a limit after the last confirmed heartbeat was sent. Others take over no earlier
// than the TTL after it, which is longer.
//
// Time is counted from an instant that does not matter, and goes on while the machine sleeps. It is safe for concurrent use.
type gate struct {
	limit   time.Duration // 0: no other process can take over, so the gate is always open
	ttl     time.Duration
	elapsed func() time.Duration

	mu        sync.Mutex
	confirmed time.Duration // when the last confirmed heartbeat was sent
	since     time.Duration // when the first of the heartbeats was sent that have succeeded without a gap
	alive     bool          // there is one, and none has failed since
	ever      bool          // a heartbeat was confirmed
	at        time.Time     // the time of the database at the last confirmed heartbeat
	opened    chan struct{} // closed when the next heartbeat is confirmed; nil: nobody waits for that
}

// confirm takes in a heartbeat that succeeded, by when it was sent and by the time of the database. Where that leapt, all other
// nodes may look dead until they have given a heartbeat by the new time. A leap of less than the
// TTL without the limit does no harm: a node that looks dead too early by so much sends nothing any more.
func (g *gate) confirm(sent time.Duration, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	leapt := (at.Sub(g.at) - (sent - g.confirmed)).Abs() > g.ttl-g.limit
	if !g.alive || sent-g.confirmed > g.limit || leapt {
		g.since = sent
	}
	g.at = at
	g.confirmed, g.alive, g.ever = max(g.confirmed, sent), true, true
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

// fail takes in a heartbeat that failed. What the one before confirmed stays confirmed.
func (g *gate) fail() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.alive = false
}

// shut closes the gate: this process owns nothing any more.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.confirmed, g.alive = -1<<62, false
}

// check is nil while requests may be sent.
func (g *gate) check() error {
	if g.limit == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.elapsed()-g.confirmed > g.limit {
		return errUnconfirmed
	}
	return nil
}

// await waits until requests may be sent, and no longer than a while. The client asks [gate.check] all the same, right before each
// try ([agora.App.Gated]).
func (g *gate) await(ctx context.Context, most time.Duration) {
	if g.check() == nil {
		return
	}
	g.mu.Lock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
	opened := g.opened
	g.mu.Unlock()
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case <-opened:
	case <-limit.C:
	case <-ctx.Done():
	}
}

// mayBury says that the heartbeats of this process have succeeded for a whole TTL. Only then do the old heartbeats of
// another mean that it is dead: after an outage of the store all of them are old.
func (g *gate) mayBury() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.elapsed()
	return g.alive && now-g.confirmed <= g.limit && now-g.since >= g.ttl
}

// isShut says that requests are held back which could be sent before.
func (g *gate) isShut() bool {
	g.mu.Lock()
	ever := g.ever
	g.mu.Unlock()
	return ever && g.check() != nil
}

// stale says that no heartbeat was confirmed for so long that others may take this process for dead.
func (g *gate) stale() bool {
	if g.limit == 0 {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ever && g.elapsed()-g.confirmed > g.ttl
}
