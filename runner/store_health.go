package runner

import (
	"errors"
	"time"

	"rundown/runner/reason"
	"rundown/runner/store"
)

// storeFailed tells that the store cannot be written.
func (e *Engine) storeFailed(err error) {
	if errors.Is(err, store.ErrReplaced) {
		e.storeReplaced(err)
		return
	}
	e.raise("", Issue{
		ID: reason.IssueStoreFailed, Severity: SeverityCritical, Blocking: true,
		Text: "the store cannot be written: " + oneLine(err),
	})
	text := "the store cannot be written: recordings go on and are stopped at their end, but nothing is begun; it is tried again each second"
	if e.shared() {
		text = "the store cannot be written: recordings go on, but nothing is begun or stopped by this node; it is tried again each second"
	}
	e.logThrottled(text, err, "reason_code", reason.IssueStoreFailed)
}

// storeRecovered tells that a store can be written again. A write that succeeded may have begun before the files were
// replaced, so that they are looked at once more.
func (e *Engine) storeRecovered() {
	if !e.StoreFails() || e.cfg.Store.CheckFiles() != nil {
		return
	}
	e.mu.Lock()
	told := e.storeFails()
	if told {
		clear(e.complaints)
		delete(e.issues, issueKey{reason.IssueStoreFailed, ""})
		delete(e.issues, issueKey{reason.IssueStoreReplaced, ""})
	}
	e.mu.Unlock()
	if told {
		e.log.Info("the store can be written again")
	}
}

// logThrottled logs what fails again and again, each minute.
func (e *Engine) logThrottled(of string, err error, attrs ...any) {
	e.mu.Lock()
	now, last := time.Now(), e.complaints[of]
	tell := last.IsZero() || now.Sub(last) >= time.Minute
	if tell {
		e.complaints[of] = now
	}
	e.mu.Unlock()
	if tell {
		e.log.Error(of, append(attrs, "error", err)...)
	}
}
