package runner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// IssueID says what kind of trouble a health issue is. Ids may be added; none is renamed.
type IssueID string

// The health issues.
const (
	// IssueAccountRefused: the service refuses an app's credentials. Its classes cannot begin.
	IssueAccountRefused IssueID = "account-refused"
	// IssueServiceUnreachable: requests get no answer, or something else than the service answers them, or the proxy on
	// the way cannot be used.
	IssueServiceUnreachable IssueID = "service-unreachable"
	// IssueStoreFailed: the store cannot be written. What runs is stopped on time, and nothing begins.
	IssueStoreFailed IssueID = "store-failed"
	// IssueStoreReplaced: the store's files were deleted or replaced. As with store-failed, nothing begins.
	IssueStoreReplaced IssueID = "store-replaced"
	// IssueClockOff: this machine's clock and the service's differ by seconds.
	IssueClockOff IssueID = "clock-off"
	// IssueOrphan: a session may run, and nothing here can stop it.
	IssueOrphan IssueID = "orphan"
	// IssuePlanRejected: the files of a plan could not be read or have errors. The plan at work stays.
	IssuePlanRejected IssueID = "plan-rejected"
	// IssuePlanWaiting: a plan removes much and waits for a confirmation. The plan at work stays.
	IssuePlanWaiting IssueID = "plan-waiting"
	// IssueCredentialsFailing: the storage credentials of a session could not be renewed.
	IssueCredentialsFailing IssueID = "credentials-failing"
	// IssueReferencesUnset: a plan at work refers to what is not set. Classes that need it cannot begin.
	IssueReferencesUnset IssueID = "references-unset"
	// IssueLogDropped: standard error does not take the log, so that lines were dropped.
	IssueLogDropped IssueID = "log-dropped"
)

// Severity says how bad a health issue is.
type Severity string

// The severities of health issues.
const (
	SeverityWarning  Severity = "warning"
	SeverityCritical Severity = "critical" // classes are lost or sessions billed while it lasts
)

// Issue is a health issue: what a person should mend while the engine works on.
type Issue struct {
	ID       IssueID   `json:"id"`
	Severity Severity  `json:"severity"`
	Since    time.Time `json:"since"`
	Text     string    `json:"text"`
	Advice   string    `json:"advice,omitempty"`
	Blocking bool      `json:"-"` // classes cannot begin while it lasts
}

// String is the issue in one line.
func (i Issue) String() string {
	text := string(i.ID) + ": " + i.Text
	if i.Advice != "" {
		text += "; " + i.Advice
	}
	return text
}

// issueKey names an issue: at most one of an id is raised about one thing, such as an app or an occurrence.
type issueKey struct {
	id    IssueID
	about string
}

// raise adds a health issue, or replaces its text.
func (e *Engine) raise(about string, issue Issue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setIssue(about, issue)
}

// setIssue is raise for callers that hold the lock.
func (e *Engine) setIssue(about string, issue Issue) {
	key := issueKey{issue.ID, about}
	if before, open := e.issues[key]; open {
		issue.Since = before.Since
	} else if issue.Since.IsZero() {
		issue.Since = e.cfg.Now()
	}
	e.issues[key] = issue
}

// clear removes a health issue.
func (e *Engine) clear(id IssueID, about string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.issues, issueKey{id, about})
}

// Issues lists the health issues, by id and text.
func (e *Engine) Issues() []Issue {
	now := e.cfg.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.orphans, func(_ string, o orphanage) bool { return !now.Before(o.until) })
	list := append(slices.Collect(maps.Values(e.issues)), e.foreignIssues()...)
	for _, o := range e.orphans {
		list = append(list, o.issue)
	}
	slices.SortFunc(list, func(a, b Issue) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// orphanage is a session that may be running although nothing here can stop it.
type orphanage struct {
	issue Issue
	until time.Time // when its hours are over
}

// noteOrphans keeps the orphans among an occurrence's sessions, by their resource ids, until they are found or their
// hours are over. The caller holds the lock.
func (e *Engine) noteOrphans(s *State) {
	for i := range s.Sessions {
		x := &s.Sessions[i]
		// One that this store does not know has no resource id.
		key := cmp.Or(x.ResourceID, fmt.Sprintf("%s/%s/%d", x.Cname, x.UID, x.Attempt))
		if x.State == SessionOrphan {
			e.orphans[key] = orphanage{Issue{
				ID: IssueOrphan, Severity: SeverityCritical, Since: cmp.Or(x.StartedAt, x.AskedAt),
				Text: s.ID + ": " + strings.TrimPrefix(x.Reason, "orphan: "),
			}, x.deadline()}
		} else {
			delete(e.orphans, key)
		}
	}
}
