package runner

import (
	"time"

	"rundown/runner/reason"
)

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
