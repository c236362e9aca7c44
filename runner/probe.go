package runner

import (
	"context"
	"errors"
	"slices"
	"time"

	"rundown/agora"
	"rundown/runner/store"
)

// A node may lose its way to the service and keep the one to the store. Its heartbeats tell the others, and the App IDs go to
// nodes that the service answers: at once, since what is due cannot be sent from here. Where it answers no node, nothing moves.
//
// A node that works on no App ID sends no requests, and would never learn that the service answers again. So while it is not
// clear whether the service answers, nodes ask it for its list of addresses, which needs no App ID and changes nothing.

const (
	// probeEvery is how often that is asked for, and probeWithin how long an answer may take.
	probeEvery  = 5 * time.Second
	probeWithin = 3 * time.Second
	// suspectAfter is how long a call is out until it is not clear whether the service answers. A query that gets no answer is
	// repeated for most of a minute.
	suspectAfter = 6 * time.Second
)

// unreached says that the service does not answer this node.
func (e *Engine) unreached() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reach.told
}

func unreachedNode(nodes []store.Node, id int64) bool {
	return slices.ContainsFunc(nodes, func(n store.Node) bool { return n.ID == id && n.Unreached })
}

// noteSuspicion notes whether the service answers all nodes, this one aside.
func (e *Engine) noteSuspicion(nodes []store.Node) {
	me := e.cfg.Store.NodeID()
	others := slices.ContainsFunc(nodes, func(n store.Node) bool { return n.ID != me && n.Unreached })
	e.mu.Lock()
	defer e.mu.Unlock()
	e.suspected = others
}

// suspect takes in that a call is out for long.
func (e *Engine) suspect() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reach.slow = true
}

// probe asks the service for something where it has not answered this node, or does not answer another.
func (e *Engine) probe() {
	e.mu.Lock()
	asks := e.suspected || e.reach.calls > 0 || e.reach.slow
	var conn *Connection
	for _, name := range e.order {
		if conn == nil && e.unfit[name] == nil {
			conn = e.plans[name].conn
		}
	}
	e.mu.Unlock()
	if !asks || conn == nil || e.gate.check() != nil {
		return
	}
	client, err := conn.Client("")
	if err != nil {
		e.logThrottled("cannot make a client for the service", err)
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, probeWithin)
	defer cancel()
	_, err = client.Addresses(ctx)
	var failure *agora.Error
	if err == nil || errors.As(err, &failure) {
		e.heardFrom(failure)
	}
}
