package runner

import (
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// foreignKey is the kind of requests that something else than the service answers.
type foreignKey struct {
	app string
	op  agora.Op
}

// foreignIssue is what such requests of an occurrence meet.
type foreignIssue struct {
	foreignKey
	session.Foreign
}

const foreignAdvice = "look at proxies, firewalls, login pages and the base URL between here and the service"

// watchForeign keeps what an occurrence waits for because something else than the service answers, and logs when that
// begins and ends for an app and a kind of requests.
func (w *worker) watchForeign(s *session.State) {
	e, id := w.e, s.ID
	f, open := s.ForeignOpen()
	e.mu.Lock()
	before, was := e.foreign[id]
	if !open && !was || open && was && before.Foreign == f {
		e.mu.Unlock()
		return
	}
	issue := foreignIssue{foreignKey{w.app, f.Op}, f}
	delete(e.foreign, id)
	begun := open && !e.meetsForeign(issue.foreignKey)
	if open {
		e.foreign[id] = issue
	}
	ended := was && !e.meetsForeign(before.foreignKey)
	e.mu.Unlock()
	if ended {
		w.log.Info("service answers again", "op", string(before.Op))
	}
	if begun && !(was && before.foreignKey == issue.foreignKey) {
		w.log.Error("answer is not the service's own: the request is repeated while class time is left", "occurrence", id, "reason_code", reason.ForeignAnswer,
			"op", string(f.Op), "answer", f.Text, "try", foreignAdvice)
	}
}

// meetsForeign reports whether some occurrence meets such answers. The caller holds the lock.
func (e *Engine) meetsForeign(key foreignKey) bool {
	for _, issue := range e.foreign {
		if issue.foreignKey == key {
			return true
		}
	}
	return false
}

// foreignIssues tells of foreign answers, one issue for an app and a kind of requests. The caller holds the lock.
func (e *Engine) foreignIssues() (out []Issue) {
	kinds := map[foreignKey][]foreignIssue{}
	for _, issue := range e.foreign {
		kinds[issue.foreignKey] = append(kinds[issue.foreignKey], issue)
	}
	for key, issues := range kinds {
		first := slices.MinFunc(issues, func(a, b foreignIssue) int { return a.First.Compare(b.First) })
		last := slices.MaxFunc(issues, func(a, b foreignIssue) int { return a.Last.Compare(b.Last) })
		classes := "1 class"
		if n := len(issues); n > 1 {
			classes = fmt.Sprintf("%d classes", n)
		}
		out = append(out, Issue{
			ID: reason.IssueServiceUnreachable, ReasonCode: reason.ForeignAnswer, Severity: SeverityCritical, Since: first.First,
			Blocking: key.op == agora.OpAcquire || key.op == agora.OpStart,
			Text: fmt.Sprintf("app %s: answers to %s are not the service's own since %s, for %s: %s", key.app, key.op,
				first.First.UTC().Format(time.TimeOnly+"Z07:00"), classes, last.Text),
			Advice: foreignAdvice,
		})
	}
	return out
}

// forgetForeign drops what is known of an occurrence that this process no longer records.
func (e *Engine) forgetForeign(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.foreign, id)
}
