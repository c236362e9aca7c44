package runner

import (
	"fmt"

	"rundown/runner/reason"
	"rundown/runner/session"
)

// watchHours tells a person of a session that outlived its hours, until its class is over.
func (w *worker) watchHours(before, after session.State) {
	switch {
	case after.Phase == session.Ended && before.HasExpired():
		w.e.clear(reason.IssueOrphan, after.ID)
	case after.HasExpired() && !before.HasExpired():
		w.e.raise(after.ID, lapsedIssue(after.ID))
		w.log.Error(session.ExpiredText, "occurrence", after.ID, "reason_code", reason.HoursOver)
	}
}

// watchKeys tells a person of storage credentials that cannot be renewed, while there is time to mend it.
func (w *worker) watchKeys(before, after session.State) {
	for _, x := range after.Sessions {
		was := ""
		if y := before.Session(x.Attempt); y != nil {
			was = y.RenewalError
		}
		switch {
		case x.RenewalError == was:
		case x.CredentialsExpired:
			w.e.raise(session.CredentialsID(after.ID, x), keysIssue(&after, x))
			w.log.Error(x.RenewalError, "occurrence", after.ID, "session", x.Attempt, "reason_code", reason.IssueCredentialsFailing)
		case x.RenewalError != "":
			w.e.raise(session.CredentialsID(after.ID, x), keysIssue(&after, x))
			w.log.Warn(x.RenewalError, "occurrence", after.ID, "session", x.Attempt, "reason_code", reason.IssueCredentialsFailing)
		default:
			w.e.clear(reason.IssueCredentialsFailing, session.CredentialsID(after.ID, x))
			w.log.Info("the storage credentials were renewed", "occurrence", after.ID, "session", x.Attempt)
		}
		if x.State.Final() { // it needs them no more
			w.e.clear(reason.IssueCredentialsFailing, session.CredentialsID(after.ID, x))
		}
	}
}

// watchUploads warns of each session whose upload fails, at once: the storage can be corrected while the class runs.
func (w *worker) watchUploads(before, after session.State) {
	for _, x := range after.Sessions {
		if was := before.Session(x.Attempt); x.UploadError != "" && (was == nil || was.UploadError == "") {
			w.log.Warn("upload failed, there may be nothing in the bucket", "occurrence", after.ID, "session", x.Attempt, "sid", x.SID,
				"error", x.UploadError, "try", "check the bucket, its region and the storage keys of the plan")
		}
	}
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

func lapsedIssue(id string) Issue {
	return Issue{ID: reason.IssueOrphan, ReasonCode: reason.HoursOver, Severity: SeverityCritical, Text: id + ": it " + session.ExpiredText}
}

// watchOrphans tells a person at once of each session that may run although its sid is unknown: only they can end it
// before its hours do.
func (w *worker) watchOrphans(before, after session.State, first bool) {
	changed := first
	for _, x := range after.Sessions {
		was := before.Session(x.Attempt)
		is, before := x.State == session.SessionOrphan, was != nil && was.State == session.SessionOrphan
		if is && !before {
			w.log.Error(x.Reason, "occurrence", after.ID, "reason_code", x.ReasonCode, "resource_id", x.ResourceID)
		}
		changed = changed || is != before
	}
	if changed {
		w.e.mu.Lock()
		w.e.noteOrphans(&after)
		w.e.mu.Unlock()
	}
}
