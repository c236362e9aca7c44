package notify

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Changes are the announcements of a step that brings an occurrence from before, as it is stored, to after. They are
// written in the transaction of the step. That a session was lost is not told here: interrupted.go tells it, as class.late.
func Changes(before, after session.State, now time.Time) (list []store.Announcement) {
	if after.Phase == session.Ended && after.Outcome != "" && (before.Phase != session.Ended || before.Outcome != after.Outcome) {
		at := after.EndedAt
		if at.IsZero() {
			at = now
		}
		f := Fact{Class: classOf(&after), Code: after.ReasonCode, Reason: after.Reason}
		if after.Outcome == session.Cancelled && after.Cancel != nil && after.Cancel.Closure != 0 && len(after.Sessions) == 0 {
			f.Closure = &Closure{ID: after.Cancel.Closure}
		}
		if after.Outcome == session.Partial && at.Before(after.End) { // the rest can still be recorded by other means
			f.As = plan.NotifyCritical
		}
		list = append(list, announcement("class."+string(after.Outcome), after.Plan, after.ID, strconv.FormatInt(at.UnixMilli(), 10), at, f))
	}
	for i := range after.Sessions {
		x := &after.Sessions[i]
		list = append(list, sessionChanges(before.Session(x.Attempt), x, &after, now)...)
	}
	return list
}

// sessionChanges are those of one session; before is nil where it is new.
func sessionChanges(before, x *session.Session, s *session.State, now time.Time) (list []store.Announcement) {
	if before == nil {
		before = &session.Session{}
	}
	announce := func(kind, text string, until time.Time) {
		f := Fact{Class: classOf(s), Code: x.ReasonCode, Reason: text, SessionFact: SessionFact{Session: x.Attempt}, Until: until}
		switch kind {
		case kindOrphan:
			f.Recorded = slices.ContainsFunc(s.Sessions, func(y session.Session) bool { return y.State == session.SessionRunning })
		case kindOrphanResolved:
			f.State, f.As = x.State, severityOf(kindOrphan) // as severe as what it resolves
			if x.ReportedEnd != "" {                        // it is asked whether that is so
				f.Until = x.ReportedEndAt
			}
		case kindUploadFailed:
			f.Folder = s.Prefix
		case kindUploadLate:
			f.As = severityOf(kindUploadFailed)
		}
		list = append(list, announcement(kind, s.Plan, s.ID, fmt.Sprintf("%d/%s/%s", x.Attempt, x.ResourceID, x.ReasonCode), now, f))
	}
	was, is := before.State == session.SessionOrphan, x.State == session.SessionOrphan
	switch {
	case is && !was:
		announce(kindOrphan, x.Reason, x.Deadline())
	case was && !is:
		announce(kindOrphanResolved, x.Reason, time.Time{})
	}
	if x.UploadError != "" && before.UploadError == "" {
		announce(kindUploadFailed, x.UploadError, time.Time{})
	}
	if x.UploadedLate && !before.UploadedLate {
		announce(kindUploadLate, "", time.Time{})
	}
	return list
}
