package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// A service is told as unreachable after so many calls in a row without any answer, in so long a time at least. A call
// that cannot be sent asks all hosts for some ten seconds, so a short fault of the network is not told.
const (
	unreachedCalls = 2
	unreachedFor   = 5 * time.Second
)

// reach counts the calls that got no answer since the last one that did. Guarded by the engine's lock.
type reach struct {
	calls int
	since time.Time // the first of them was sent
	told  bool
	slow  bool      // a call is out for long, and nothing was answered meanwhile
	heard time.Time // the last answer
}

// serviceReached takes in that the service, or what stands before it, has answered.
func (e *Engine) serviceReached() {
	e.mu.Lock()
	told, since := e.reach.told, e.reach.since
	e.reach = reach{heard: e.cfg.Now()}
	if told {
		delete(e.issues, issueKey{reason.IssueServiceUnreachable, ""})
	}
	e.mu.Unlock()
	if told {
		e.log.Info("the service answers again", "unreachable_ms", e.cfg.Now().Sub(since).Milliseconds())
	}
}

// serviceUnreached takes in a call that no host answered.
func (e *Engine) serviceUnreached(failure *agora.Error) {
	now := e.cfg.Now()
	what, try := agora.Unreached(failure.Err)
	e.mu.Lock()
	r := &e.reach
	if r.calls++; r.calls == 1 {
		r.since = session.Later(now.Add(-failure.Took), r.heard)
	}
	unreachable := r.calls >= unreachedCalls && now.Sub(r.since) >= unreachedFor
	first := unreachable && !r.told
	r.told = r.told || unreachable
	calls := r.calls
	if unreachable { // under the same lock as the count: an answer that comes at the same time clears both
		e.setIssue("", Issue{
			ID: reason.IssueServiceUnreachable, Severity: SeverityCritical, Since: r.since, Blocking: true,
			Text:   fmt.Sprintf("%d requests in a row without an answer since %s: %s", calls, r.since.UTC().Format(time.RFC3339), oneLine(errors.New(what))),
			Advice: try,
		})
	}
	e.mu.Unlock()
	if first {
		e.log.Error("the service cannot be reached; requests are repeated until it answers", "reason_code", reason.IssueServiceUnreachable, "host", failure.Host, "requests", calls, "error", what, "try", try)
	}
}

// heardFrom takes in whether a call reached the service.
func (e *Engine) heardFrom(failure *agora.Error) {
	switch {
	case failure == nil || failure.Answered():
		e.serviceReached()
	case failure.Host != "" && !failure.Local && failure.Err != nil && e.ctx.Err() == nil:
		e.serviceUnreached(failure)
	}
}

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

// noteSlowCall takes in that a call is out for long.
func (e *Engine) noteSlowCall() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reach.slow = true
}

// probe asks the service for something where it has not answered this node, or does not answer another.
func (e *Engine) probe() {
	e.mu.Lock()
	asks := e.suspected || e.reach.calls > 0 || e.reach.slow
	conn := e.planConnection("")
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
