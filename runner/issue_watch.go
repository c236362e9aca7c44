package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// logSession logs, once each, what a person should know of a session after a step: that it failed or was lost, also where no request
// failed; an orphan, which only they can end before its hours do; storage credentials that cannot be renewed, while there is time to
// mend that, and that they were; and an upload that fails, while the storage can still be corrected. was is the session before the step,
// the zero Session for a new one.
func (w *worker) logSession(id string, was, x *session.Session) {
	log := w.log.With("occurrence", id)
	if x.State == session.SessionOrphan && was.State != session.SessionOrphan {
		log.Error(x.Reason, "reason_code", x.ReasonCode, "resource_id", x.ResourceID)
	}
	if died(x) && !died(was) {
		level, text := slog.LevelWarn, "session failed"
		switch {
		case x.ReasonCode == reason.ClassOver, x.ReasonCode == reason.ClassMoved, x.ReasonCode == reason.NotNeeded:
			level = slog.LevelInfo
		case x.State == session.SessionLost || x.FinalState == session.SessionLost:
			text = "session lost"
		}
		log.Log(context.Background(), level, text, "session", x.Attempt, "sid", x.SID, "reason_code", x.ReasonCode, "reason", x.Reason)
	}
	switch failing := []any{"session", x.Attempt, "reason_code", reason.IssueCredentialsFailing}; {
	case x.RenewalError == was.RenewalError:
	case x.CredentialsExpired:
		log.Error(x.RenewalError, failing...)
	case x.RenewalError != "":
		log.Warn(x.RenewalError, failing...)
	default:
		log.Info("the storage credentials were renewed", "session", x.Attempt)
	}
	if x.UploadError != "" && was.UploadError == "" {
		log.Warn("upload failed, there may be nothing in the bucket", "session", x.Attempt, "sid", x.SID,
			"error", x.UploadError, "try", "check the bucket, its region and the storage keys of the plan")
	}
}

// died says that a session has failed or was lost, or will once its stop is answered.
func died(x *session.Session) bool {
	return x.State == session.SessionFailed || x.State == session.SessionLost || x.FinalState == session.SessionFailed || x.FinalState == session.SessionLost
}

// keysIssue is the health issue of credentials that could not be renewed. It is about the storage, whose credentials later
// classes need too.
func keysIssue(s *session.State, x session.Session) Issue {
	severity := SeverityWarning
	if x.CredentialsExpired {
		severity = SeverityCritical
	}
	return Issue{
		ID: reason.IssueCredentialsFailing, Severity: severity, About: StorageAbout(s.Plan, s.Storage),
		Text: fmt.Sprintf("%s session %d: %s", s.ID, x.Attempt, x.RenewalError),
	}
}

// StorageAbout is what a health issue about a storage of a plan is about.
func StorageAbout(plan, storage string) string { return plan + "/" + storage }

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
	// Another file must not be put in its place by hand: SQLite would take the old log that lies beside it for its own.
	const try = "if the file was moved, move it back; else stop the daemon, put a copy in place with rundown store restore COPY, or remove what is left of the store to begin anew, and start the daemon: it reports sessions that the store does not know as orphans"
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
