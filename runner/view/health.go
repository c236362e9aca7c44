package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// ReadHealth gives the health issues of the daemons that are using a store, critical ones first. One that cannot be read,
// as of another version, is left out.
func ReadHealth(ctx context.Context, s *store.Store, now time.Time) ([]runner.Issue, error) {
	reports, err := ReadReports(ctx, s, now)
	if err != nil {
		return nil, err
	}
	issues := []runner.Issue{}
	for _, i := range MergeIssues(reports) {
		issues = append(issues, i.Issue)
	}
	return issues, nil
}

// rank orders severities, critical ones first.
func rank(s runner.Severity) int {
	if s == runner.SeverityCritical {
		return 0
	}
	return 1
}

// Alert is something that needs a person.
type Alert struct {
	Code    *reason.Code `json:"reason_code"` // null: what the store has of the class tells none
	Subject *string      `json:"subject"`     // a class or a plan; null: neither
	Text    string       `json:"text"`
	Advice  *string      `json:"advice"`
}

// String is the problem in one line.
func (p Alert) String() string {
	text := p.Text
	if p.Code != nil {
		text = string(*p.Code) + ": " + text
	}
	if p.Advice != nil {
		text += "; " + *p.Advice
	}
	return text
}

// Problems lists what needs a person: no daemon, health issues, plans that wait or were refused, classes that lost their recording, and
// those that ended badly within the span.
func (o Overview) Problems() []Alert {
	list := []Alert{}
	add := func(code reason.Code, subject, text, advice string) {
		a := Alert{Subject: OrNull(subject), Text: Line(text), Advice: OrNull(advice)}
		if code != "" {
			a.Code = &code
		}
		list = append(list, a)
	}
	switch {
	case o.Daemon.Quiet():
		add(reason.Unattended, "", "daemon: "+o.Daemon.Text(), "check its log and the disk of the store")
	case !o.Daemon.Running():
		add(reason.Unattended, "", "daemon: "+o.Daemon.Text(), "start rundown run")
	}
	for _, issue := range o.Issues() {
		add(cmp.Or(issue.ReasonCode, issue.ID), "", issue.Text, issue.Advice)
	}
	for _, r := range o.Refused {
		add(reason.Code(cmp.Or(r.ReasonCode, string(reason.IssuePlanRejected))), r.Plan, RefusedText(r), "fix the plan and apply it again")
	}
	for _, r := range o.Waiting {
		add(reason.Code(cmp.Or(r.ReasonCode, string(reason.IssuePlanWaiting))), r.Plan, WaitingText(r), "rundown apply --confirm applies it")
	}
	for _, text := range o.Unread {
		add(reason.IssuePlanRejected, "", "an active plan cannot be read, so its classes are unknown: "+text, "")
	}
	board := o.Board()
	for _, row := range board.Now {
		if code, text := o.lost(row); text != "" {
			add(code, row.ID, text, "record the rest of the class by other means")
		} else if o.late(row) {
			text := fmt.Sprintf("%s: nothing of it is recorded yet, %s after its start", cmp.Or(o.Names[row.ID], row.ID), shortDuration(o.Daemon.now.Sub(row.Start)))
			add(reason.Code(row.ReasonCode), row.ID, text, "")
		}
	}
	for _, row := range board.Bad {
		text := fmt.Sprintf("%s: %s", cmp.Or(o.Names[row.ID], row.ID), row.Outcome)
		if row.Reason != "" {
			text += ": " + row.Reason
		}
		add(reason.Code(row.ReasonCode), row.ID, text, "")
	}
	return list
}

// lost says of a class that is on that nothing of it was recorded for longer than a replacement takes; "" where that is not so.
func (o Overview) lost(row store.Occurrence) (code reason.Code, text string) {
	sessions := o.Sessions[row.ID]
	if d := AccountOf(row, sessions); d.Phase != session.Stopping && !d.Interrupted() {
		return "", ""
	}
	s, err := runner.Decode(row, sessions)
	if err != nil { // of another version
		return "", ""
	}
	i := s.Interruption(o.Daemon.now)
	if i == nil || o.Daemon.now.Sub(i.Since) < i.Grace() {
		return "", ""
	}
	name := cmp.Or(o.Names[row.ID], row.ID)
	text = fmt.Sprintf("%s: not recorded since %s", name, i.Since.In(ZoneOf(row)).Format("15:04:05 MST"))
	switch x := i.Last; {
	case x == nil:
	case i.Suspect:
		text += fmt.Sprintf(": the service does not show session %d running", x.Attempt)
	default:
		code = x.ReasonCode
		text += fmt.Sprintf(": session %d ended", x.Attempt)
		if x.Reason != "" {
			text += ": " + x.Reason
		}
	}
	if !i.GivenUp.None() {
		text += "; no other session follows: " + i.GivenUp.Text
	}
	return code, text + "; rundown history " + name + " shows what was tried"
}

// lateAfter is how long after its start a class of which nothing is recorded is a problem, as for notifications.
const lateAfter = 30 * time.Second

// late says that a class should be recorded by now, and that nothing of it is. Of a daemon that is missing, the daemon is the problem.
func (o Overview) late(row store.Occurrence) bool {
	waits := row.State == string(session.Planned) || row.State == string(session.Starting)
	return waits && o.Daemon.Running() && o.Daemon.now.Sub(row.Start) >= lateAfter && ReadDoc[OccurrenceDoc](row.Doc).Cancel == nil
}

// Issues are the health issues without those that the revisions of the plans tell as well.
func (o Overview) Issues() []runner.Issue {
	return slices.DeleteFunc(slices.Clone(o.Health), func(i runner.Issue) bool {
		return i.ID == reason.IssuePlanWaiting && len(o.Waiting) > 0
	})
}

// RefusedText says of a revision that it was refused, with its first finding.
func RefusedText(r store.Revision) string {
	return fmt.Sprintf("plan %s: revision %d was refused, the previous one is active: %s", r.Plan, r.ID, r.Note)
}

// WaitingText says of a revision that it waits.
func WaitingText(r store.Revision) string {
	return fmt.Sprintf("plan %s: revision %d waits for a confirmation: %s", r.Plan, r.ID, r.Note)
}

// Board sorts the classes of an overview by what a person asks first.
type Board struct {
	Now  []store.Occurrence // they are starting, recording or stopping, or should be
	Next []store.Occurrence // in order of their starts
	Bad  []store.Occurrence // partial, missed or failed; the latest first
	Good []store.Occurrence // recorded or cancelled; the latest first
}

// Board gives the classes in these groups.
func (o Overview) Board() (b Board) {
	now := o.Daemon.now
	for _, row := range o.Rows {
		switch {
		case row.State == string(session.Planned) && row.Start.After(now):
			b.Next = append(b.Next, row)
		case row.State != string(session.Ended):
			b.Now = append(b.Now, row)
		case row.Outcome == string(session.Recorded) || row.Outcome == string(session.Cancelled):
			b.Good = append(b.Good, row)
		default:
			b.Bad = append(b.Bad, row)
		}
	}
	slices.Reverse(b.Bad)
	slices.Reverse(b.Good)
	return b
}

// TimeText says how long a class or the padding after it still lasts, how long it is until its start, or how long ago it ended; of one that is
// cancelled before it began, that it is not recorded.
func TimeText(row store.Occurrence, now time.Time) string {
	if row.State == string(session.Planned) && ReadDoc[OccurrenceDoc](row.Doc).Cancel != nil {
		return "not recorded"
	}
	switch ahead, left := row.Start.Sub(now), row.End.Sub(now); {
	case row.State == string(session.Ended) && left > 0: // cancelled or given up before its end
		return ""
	case left <= 0 && row.State != string(session.Ended):
		if padding := ReadDoc[OccurrenceDoc](row.Doc).Until.Sub(now); padding > 0 {
			return "padding, " + shortDuration(padding) + " left"
		}
		return shortDuration(-left) + " over"
	case left <= 0:
		return shortDuration(-left) + " ago"
	case row.State != string(session.Planned):
		return shortDuration(left) + " left"
	case ahead > 0:
		return "in " + shortDuration(ahead)
	default:
		return shortDuration(-ahead) + " late"
	}
}

// MissingText says how much of a class that is being recorded, or is to be, is missing so far; "" for nothing. One that began late looks
// well otherwise.
func MissingText(row store.Occurrence, sessions []store.Session, now time.Time) string {
	d := AccountOf(row, sessions)
	if d.Phase != session.Starting && d.Phase != session.Recording {
		return ""
	}
	missing := d.MissingSoFar(d.Start, session.Earlier(now, d.End))
	if missing < time.Second {
		return ""
	}
	return shortDuration(missing) + " missing"
}

// StateText is the state of a class for people: its outcome once it has ended, and cancelled where it is not to be begun.
func StateText(row store.Occurrence) string {
	if row.State == string(session.Planned) && ReadDoc[OccurrenceDoc](row.Doc).Cancel != nil {
		return string(session.Cancelled)
	}
	return cmp.Or(row.Outcome, row.State)
}

// shortDuration is a duration for a column: 45s, 32m, 2h05m, 3d.
func shortDuration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
