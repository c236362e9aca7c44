package runner

import (
	"errors"
	"fmt"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
	"rundown/runner/session"
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
