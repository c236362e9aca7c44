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

// checkStoreEvery is how often the identity of the store's files is checked. Each write checks it too.
const checkStoreEvery = 5 * time.Second

// checkStore tells of a store whose files were deleted or replaced, also while there is nothing to write.
func (e *Engine) checkStore() {
	if err := e.cfg.Store.CheckFiles(); err != nil && e.ctx.Err() == nil {
		e.storeReplaced(err)
	}
}

// storeReplaced tells that the store is gone. What follows is the same as for a store that cannot be written: the state
// goes on in memory, what runs is watched and stopped on time, and nothing is begun.
func (e *Engine) storeReplaced(err error) {
	const try = "put the file back, or restart the daemon: it begins on what is there now and reports each session that this store does not know as an orphan"
	e.raise("", Issue{ID: reason.IssueStoreReplaced, Severity: SeverityCritical, Blocking: true, Text: oneLine(err), Advice: try})
	e.logThrottled("the store was replaced: recordings go on and are stopped at their end, but nothing is begun; "+try, err, "reason_code", reason.IssueStoreReplaced)
}

// StoreFails says that the last write of the store failed, so that the engine is ahead of it.
func (e *Engine) StoreFails() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.storeFails()
}

// storeFails is StoreFails for callers that hold the lock.
func (e *Engine) storeFails() bool {
	_, failed := e.issues[issueKey{reason.IssueStoreFailed, ""}]
	_, replaced := e.issues[issueKey{reason.IssueStoreReplaced, ""}]
	return failed || replaced
}
