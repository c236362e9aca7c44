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

// accountWaits space the acquires that ask whether a refused account is accepted again: one at a time for all classes.
// Whoever mends it during a class should not wait long for the rest of it.
var accountWaits = catalog.Backoff{Steps: []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second}, Then: 30 * time.Second}

// account is what is known of whether the service lets an App ID begin recordings with a plan's credentials. Once it
// refuses them it refuses every class, so new starts are held back but for one that asks; what runs is left alone.
type account struct {
	refusal session.Answer // what the service said last; accepted where it said nothing of the kind
	since   time.Time
	probe   time.Time       // when the next acquire may ask
	probing bool            // one is out
	tries   int             // that were refused
	held    map[string]bool // occurrences whose acquires were refused or held back
}

func (a *account) refused() bool { return a.refusal.NotAuthorized() }

// hold says whether an occurrence's acquire is held back, and with what answer.
func (a *account) hold(id string, now time.Time) (session.Answer, bool) {
	switch {
	case !a.refused():
		return session.Answer{}, false
	case !a.probing && !now.Before(a.probe):
		a.probing = true
		return session.Answer{}, false
	}
	a.held[id] = true
	answer := a.refusal
	answer.Reason = fmt.Sprintf("held back, since the account has been refused from %s on: %s", a.since.UTC().Format(time.TimeOnly+"Z07:00"), a.refusal.Reason)
	answer.RetryAfter = max(a.probe.Sub(now), 0)
	return answer, true
}

// heard takes in what an answer says of the account. Only the service itself, not what stands before it, can accept it;
// and that it is overdue is said to an acquire alone.
func (a *account) heard(op agora.Op, answer session.Answer, now time.Time) {
	accepted := answer.Class == agora.Done || answer.Code != 0
	switch {
	case answer.NotAuthorized() && !a.refused():
		*a = account{since: now, held: map[string]bool{}}
		a.refusal = session.Answer{Class: agora.Permanent, Status: answer.Status, Code: answer.Code, Reason: answer.Reason}
		a.later(now)
	case accepted && !answer.NotAuthorized() && (op == agora.OpAcquire || a.refusal.Code == 0):
		a.refusal = session.Answer{}
	case a.probing && op == agora.OpAcquire:
		a.later(now)
	}
}

// later lets the next acquire ask after a while.
func (a *account) later(now time.Time) {
	wait, _ := accountWaits.Next(a.tries, 0)
	a.probing, a.probe = false, now.Add(wait)
	a.tries++
}

// soon lets the next acquire ask at once: the plan was given anew, by somebody who may have mended it.
func (a *account) soon(now time.Time) { a.probe, a.tries = now, 0 }

// account finds what is known of a connection's account.
func (w *worker) account(conn *Connection) *account {
	a := w.accounts[conn]
	if a == nil {
		a = &account{}
		w.accounts[conn] = a
	}
	return a
}

// heardOf takes in what the answer to an occurrence says of the account, and tells where that changes. Once it is accepted
// again all that was refused or held back goes on at once.
func (w *worker) heardOf(conn *Connection, id string, op agora.Op, answer session.Answer) {
	a, now := w.account(conn), w.e.cfg.Now()
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
		w.log.Error("account refused: no class can begin until that is mended, what runs is left alone", "reason_code", reason.IssueAccountRefused, "answer", a.refusal.String(), "try", try)
	case before && !a.refused():
		w.e.clear(reason.IssueAccountRefused, w.app)
		w.log.Info("account accepted again: the classes that were held back begin", "refused", now.Sub(a.since).Round(time.Second), "classes", len(a.held))
		w.resumeHeld(a, now)
	}
}

// askAgain has what was held back ask anew where its time has come.
func (w *worker) askAgain(now time.Time) {
	for _, a := range w.accounts {
		if a.refused() && !a.probing && !now.Before(a.probe) {
			w.resumeHeld(a, now)
		}
	}
}

// resumeHeld has all that was held back acquire now.
func (w *worker) resumeHeld(a *account, now time.Time) {
	held := slices.Sorted(maps.Keys(a.held))
	clear(a.held)
	for _, id := range held {
		w.resume(id, now)
	}
}

// resume has an occurrence acquire now instead of when its wait ends.
func (w *worker) resume(id string, now time.Time) {
	o := w.near[id]
	if o == nil {
		return
	}
	w.step(o, session.AccountAccepted{})
}
