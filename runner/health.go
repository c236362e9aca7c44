package runner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
)

// Severity says how bad a health issue is.
type Severity string

// The severities of health issues.
const (
	SeverityWarning  Severity = "warning"
	SeverityCritical Severity = "critical" // classes are lost or sessions billed while it lasts
)

// Issue is a health issue: something that a person should correct while the engine goes on.
type Issue struct {
	ID         reason.Code `json:"id"`
	Severity   Severity    `json:"severity"`
	Since      time.Time   `json:"since"`            // when it began
	Text       string      `json:"text"`             // for people, without secrets
	ReasonCode reason.Code `json:"reason_code"`      // more precise than the id, or the id
	Advice     string      `json:"advice,omitempty"` // what to do; "": the text says it
	Blocking   bool        `json:"-"`                // classes cannot begin while it lasts
	About      string      `json:"-"`                // the App ID, plan, PLAN/STORAGE or occurrence that it is about; "": all of them
}

// MarshalJSON writes the issue with its reason code.
func (i Issue) MarshalJSON() ([]byte, error) {
	type plain Issue
	i.ReasonCode = cmp.Or(i.ReasonCode, i.ID)
	return json.Marshal(plain(i))
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
	id    reason.Code
	about string
}

// raise adds a health issue, or replaces its text. about tells it from others of its id, and is what it is about where it
// does not say that itself. It takes the engine's lock.
func (e *Engine) raise(about string, issue Issue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setIssue(about, issue)
}

// setIssue is raise for callers that hold the lock.
func (e *Engine) setIssue(about string, issue Issue) {
	key := issueKey{issue.ID, about}
	issue.About = cmp.Or(issue.About, about)
	if before, open := e.issues[key]; open {
		issue.Since = before.Since
	} else if issue.Since.IsZero() {
		issue.Since = e.cfg.Now()
	}
	e.issues[key] = issue
}

// clear removes a health issue; one that is not there is no error. It takes the engine's lock.
func (e *Engine) clear(id reason.Code, about string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.issues, issueKey{id, about})
}

// Issues lists the health issues, by id and text.
func (e *Engine) Issues() []Issue {
	now := e.cfg.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.noteStale()
	maps.DeleteFunc(e.orphans, func(_ string, o orphanage) bool { return !now.Before(o.until) })
	list := append(slices.Collect(maps.Values(e.issues)), e.foreignIssues()...)
	for _, o := range e.orphans {
		list = append(list, o.issue)
	}
	slices.SortFunc(list, func(a, b Issue) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// stateIssues are the health issues that follow from the state of a class, but for its orphans.
func stateIssues(s *session.State) map[issueKey]Issue {
	issues := map[issueKey]Issue{}
	if s.Phase == session.Ended {
		return issues
	}
	if s.HasExpired() {
		issues[issueKey{reason.IssueOrphan, s.ID}] = Issue{
			ID: reason.IssueOrphan, ReasonCode: reason.HoursOver, Severity: SeverityCritical, Text: s.ID + ": it " + session.ExpiredText,
		}
	}
	for _, x := range s.Sessions {
		if x.RenewalError != "" && !x.State.Final() { // a final one needs no credentials any more
			issues[issueKey{reason.IssueCredentialsFailing, session.CredentialsID(s.ID, x)}] = keysIssue(s, x)
		}
	}
	return issues
}

// noteIssues has the health issues be those of a class's state: it raises and renews what holds after a step, and clears what held
// before it alone. before is nil where an earlier process began the class, or this one has just taken it over.
func (e *Engine) noteIssues(before, after *session.State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	issues := stateIssues(after)
	if before != nil {
		for key := range stateIssues(before) {
			if _, holds := issues[key]; !holds {
				delete(e.issues, key)
			}
		}
	}
	for key, issue := range issues {
		e.setIssue(key.about, issue)
	}
	e.noteOrphans(after)
}

// dropIssues removes the health issues of a class that another node works on, but for its orphans. They were raised by a state that is
// stored, so what has happened since does not tell which there are: all that its sessions may have, now and then, are removed.
func (e *Engine) dropIssues(o *occurrence) {
	before := o.beforePending()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.issues, issueKey{reason.IssueOrphan, o.spec.ID})
	for _, x := range slices.Concat(before.Sessions, o.state.Sessions) {
		delete(e.issues, issueKey{reason.IssueCredentialsFailing, session.CredentialsID(o.spec.ID, x)})
	}
}

// dropOrphans removes the orphans of a class that the next owner of its App ID reads, and so notes.
func (e *Engine) dropOrphans(o *occurrence) {
	before := o.beforePending()
	if before.Phase == session.Ended { // nobody reads it again
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range slices.Concat(before.Sessions, o.state.Sessions) {
		delete(e.orphans, orphanKey(&x))
	}
}

// orphanage is a session that may be running although nothing in this process can stop it.
type orphanage struct {
	issue Issue
	until time.Time // when its hours are over
}

// noteOrphans keeps the orphans among an occurrence's sessions, by their resource ids, until they are found or their
// hours are over. The caller holds the lock.
func (e *Engine) noteOrphans(s *session.State) {
	for i := range s.Sessions {
		x := &s.Sessions[i]
		key := orphanKey(x)
		if x.State == session.SessionOrphan {
			e.orphans[key] = orphanage{Issue{
				ID: reason.IssueOrphan, ReasonCode: x.ReasonCode, Severity: SeverityCritical, Since: cmp.Or(x.StartedAt, x.AskedAt),
				Text: s.ID + ": " + strings.TrimPrefix(x.Reason, "orphan: "), About: s.ID,
			}, x.Deadline()}
		} else {
			delete(e.orphans, key)
		}
	}
}

// orphanKey names a session among the orphans. One that this store does not know has no resource id.
func orphanKey(x *session.Session) string {
	return cmp.Or(x.ResourceID, fmt.Sprintf("%s/%s/%d", x.Cname, x.UID, x.Attempt))
}

// noteStale raises the health issue of a node that others may take for dead, or clears it. The caller holds the lock.
func (e *Engine) noteStale() {
	key := issueKey{reason.NodeUnconfirmed, ""}
	if !e.gate.stale() {
		delete(e.issues, key)
		return
	}
	e.setIssue("", Issue{
		ID: reason.NodeUnconfirmed, Severity: SeverityCritical, Blocking: true,
		Text:   "the store has not confirmed a heartbeat of this node for some seconds: it sends nothing, and other nodes take over",
		Advice: "check the connection between this machine and the database",
	})
}

// pulse asks a loop whether it moves. It is safe for concurrent use. At most one question is in the inbox, however many ask: a
// loop that hangs must not collect them.
type pulse struct {
	mu       sync.Mutex
	asked    time.Time
	answered chan struct{} // closed by the loop; nil: no question is out
}

// askPulse asks the loop whether it moves. It returns when the question was asked, which may have been earlier by another caller,
// and a channel that the answer closes.
func (w *worker) askPulse() (asked time.Time, answered <-chan struct{}) {
	p := &w.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered == nil {
		p.asked, p.answered = time.Now(), make(chan struct{})
		w.post(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			close(p.answered)
			p.answered = nil
		})
	}
	return p.asked, p.answered
}

// Progress reports whether the engine moves: every loop has to answer within the given time, which counts from the first question
// that it has not answered. The error names the App ID of a loop that did not. An engine that has not started, or has ended, has
// no loops, and gives nil.
func (e *Engine) Progress(within time.Duration) error {
	running := e.allWorkers()
	answers := make([]<-chan struct{}, len(running))
	limits := make([]time.Time, len(running))
	for i, w := range running {
		asked, answered := w.askPulse()
		answers[i], limits[i] = answered, asked.Add(within)
	}
	for i, w := range running {
		// At least a moment: the process itself may not have run since the question.
		limit := time.NewTimer(max(time.Until(limits[i]), within/10))
		select {
		case <-answers[i]:
		case <-w.ended:
		case <-limit.C:
			limit.Stop()
			return fmt.Errorf("the worker of app %s has not moved for %v", w.app, within)
		}
		limit.Stop()
	}
	return nil
}
