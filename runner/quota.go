package runner

import (
	"fmt"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
	"rundown/runner/session"
)

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
