package runner

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// accountWaits are the waits between acquires that test whether a refused account is accepted again. One class tests for all.
// The waits are short: whoever corrects the account during a class wants the rest of it recorded.
var accountWaits = catalog.Backoff{Steps: []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second}, Then: 30 * time.Second}

// breaker is a circuit breaker: whether the service accepts a plan's credentials for an App ID. Once it refuses them it refuses
// every class, so new starts are held back but for one that tests. What runs is left alone. Only the worker's loop uses it.
//
// It and quota ask of a code only whether there is one: an answer with a code is the service's own, and one without may be that of the
// gateway, of a proxy, or of this process. What a code means they ask the verdict.
type breaker struct {
	refusal session.Answer // the latest one; of no refusal where the service accepts the account
	since   time.Time
	next    time.Time       // when the next acquire may test
	testing bool            // a test is out
	tries   int             // tests in a row that were refused
	held    map[string]bool // occurrences whose acquires were refused or held back
}

// refused says that the circuit is open: the account was refused, and no answer has accepted it since.
func (a *breaker) refused() bool { return a.refusal.NotAuthorized() }

// holdBack reports whether an occurrence's acquire is held back, and the answer that Decide gets in place of the service's.
func (a *breaker) holdBack(id string, now time.Time) (session.Answer, bool) {
	switch {
	case !a.refused():
		return session.Answer{}, false
	case !a.testing && !now.Before(a.next):
		a.testing = true
		return session.Answer{}, false
	}
	a.held[id] = true
	answer := a.refusal
	answer.Reason = fmt.Sprintf("held back, since the account has been refused from %s on: %s", a.since.UTC().Format(time.TimeOnly+"Z07:00"), a.refusal.Reason)
	answer.RetryAfter = max(a.next.Sub(now), 0)
	return answer, true
}

// heard takes in what an answer says of the account. Only an answer of the service itself can accept it, not one of a proxy.
// That the account is overdue is said to an acquire alone.
func (a *breaker) heard(op agora.Op, answer session.Answer, now time.Time) {
	accepted := answer.Result == agora.Done || answer.Code != 0
	switch {
	case answer.NotAuthorized() && !a.refused():
		*a = breaker{since: now, held: map[string]bool{}}
		a.refusal = session.Answer{Result: agora.Permanent, Status: answer.Status, Code: answer.Code, Reason: answer.Reason}
		a.later(now)
	case accepted && !answer.NotAuthorized() && (op == agora.OpAcquire || a.refusal.Code == 0):
		a.refusal = session.Answer{}
	case a.testing && op == agora.OpAcquire:
		a.later(now)
	}
}

// later has the next acquire test after a wait.
func (a *breaker) later(now time.Time) {
	wait, _ := accountWaits.Next(a.tries, 0)
	a.testing, a.next = false, now.Add(wait)
	a.tries++
}

// soon has the next acquire test at once: the plan was applied again, perhaps with corrected credentials.
func (a *breaker) soon(now time.Time) { a.next, a.tries = now, 0 }

// breaker is that of a connection's account, made where there is none.
func (w *worker) breaker(conn *Connection) *breaker {
	a := w.breakers[conn]
	if a == nil {
		a = &breaker{}
		w.breakers[conn] = a
	}
	return a
}

// heardOf takes in what an answer says of the account, and raises or clears the health issue. Once the account is accepted
// again, all classes that were refused or held back go on at once.
func (w *worker) heardOf(conn *Connection, id string, op agora.Op, answer session.Answer) {
	a, now := w.breaker(conn), w.e.cfg.Now()
	w.quota.heard(w, op, answer, now)
	before := a.refused()
	a.heard(op, answer, now)
	if a.refused() && answer.NotAuthorized() && op == agora.OpAcquire {
		a.held[id] = true
	}
	switch {
	case a.refused() && !before:
		const try = "look at customer_id and customer_secret, whose files are read anew each time, whether Cloud Recording is enabled for the app, and whether the account is overdue"
		w.e.raise(w.app, Issue{
			ID: reason.IssueAccountRefused, Severity: SeverityCritical, Blocking: true,
			Text:   fmt.Sprintf("the account of app %s is refused: %s; no class of it can begin", w.app, a.refusal),
			Advice: try,
		})
		w.log.Error("account refused: no class can begin until that is corrected; running recordings go on", "reason_code", reason.IssueAccountRefused, "answer", a.refusal.String(), "try", try)
	case before && !a.refused():
		w.e.clear(reason.IssueAccountRefused, w.app)
		w.log.Info("account accepted again: the classes that were held back begin", "refused", now.Sub(a.since).Round(time.Second), "classes", len(a.held))
		w.resumeHeld(a)
	}
}

// askAgain has one of the classes that are held back test again, where the time for that has come.
func (w *worker) askAgain(now time.Time) {
	w.quota.look(w, now)
	for _, a := range w.breakers {
		if a.refused() && !a.testing && !now.Before(a.next) {
			w.resumeHeld(a)
		}
	}
}

// resumeHeld has all classes that are held back acquire now.
func (w *worker) resumeHeld(a *breaker) {
	held := slices.Sorted(maps.Keys(a.held))
	clear(a.held)
	for _, id := range held {
		w.resume(id)
	}
}

// resume has an occurrence acquire now instead of when its wait ends.
func (w *worker) resume(id string) {
	if o := w.near[id]; o != nil {
		w.step(o, session.AccountAccepted{})
	}
}

// quotaForgotten is how long after the last refusal for want of a place it is not known any more whether one is free: a
// class that waits for one asks more often.
const quotaForgotten = 5 * time.Minute

// quota is what is known of whether the account may have another recording. It belongs to the worker's goroutine.
type quota struct {
	refused time.Time // when the service last refused one; zero: it did not, or has accepted one since
}

// heard takes in what an answer says of the quota.
func (q *quota) heard(w *worker, op agora.Op, answer session.Answer, now time.Time) {
	switch {
	case op != agora.OpAcquire:
	case answer.Result == agora.Done:
		q.free(w, "a recording was accepted")
	case answer.Verdict() == agora.VerdictWait && answer.Code != 0: // without a code it is about the rate of requests
		first := q.refused.IsZero()
		q.refused = now
		w.e.raise(w.app, Issue{
			ID: reason.IssueQuotaTaken, ReasonCode: reason.NoCapacity, Severity: SeverityCritical, Blocking: true,
			Text:   fmt.Sprintf("as many recordings run as the account of app %s may have: %s; its classes wait for a place", w.app, answer),
			Advice: "find out what else records with the account, and have its quota raised",
		})
		if first {
			w.log.Error("the quota of the account is used up: classes wait for a place", "reason_code", reason.IssueQuotaTaken, "answer", answer.String())
		}
	}
}

// look forgets what was heard long ago.
func (q *quota) look(w *worker, now time.Time) {
	if !q.refused.IsZero() && now.Sub(q.refused).Abs() >= quotaForgotten {
		q.free(w, "no class has waited for a place lately")
	}
}

// free notes that a place may be free, and why; nothing where none was refused.
func (q *quota) free(w *worker, why string) {
	if q.refused.IsZero() {
		return
	}
	q.refused = time.Time{}
	w.e.clear(reason.IssueQuotaTaken, w.app)
	w.log.Info("the quota of the account is not known to be used up any more", "why", why)
}
