package session

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"rundown/agora"
	"rundown/internal/redact"
	"rundown/runner/reason"
)

// Notice is what a notification says of a recording, without addresses: a hint that makes Decide look sooner and
// tells it causes and instants that no query gives. It is never the only ground for ending anything.
type Notice struct {
	ID          string // agora.Event.NoticeID; the engine keeps repetitions away from Decide
	Type        agora.EventType
	Cname       string
	UID         string
	SID         string
	Sequence    int64
	At          time.Time    // when it happened
	Code        int          // of events 1 and 71
	Fatal       bool         // event 1 of the highest level
	RecordingAt time.Time    // of event 70
	Push        string       // of event 100
	Upload      string       // of event 1: what is wrong with the upload; "": nothing is
	Files       []agora.File // of event 71
	Text        string       // what it says, for people
}

// NewNotice reads a notification. What its details say in words is cut short, and anything in them that looks like
// an address is left out: it may hold a stream key or a token. redact takes out known secrets.
func NewNotice(e agora.Event, redact func(string) string) Notice {
	clean := func(text string) string { return scrub(redact(text)) } // in this order: what is cut short cannot be found
	n := Notice{ID: e.NoticeID, Type: e.Type, Cname: e.Cname, UID: e.UID, SID: e.SID, Sequence: e.Sequence, At: e.At}
	details, err := e.Details()
	if err != nil {
		n.Text = fmt.Sprintf("event %d: details not understood", e.Type)
		return n
	}
	switch d := details.(type) {
	case *agora.ErrorDetails:
		n.Code, n.Fatal, n.Upload = d.Code, d.Fatal(), d.UploadError()
		n.Text = fmt.Sprintf("error %d of module %d, level %d: %s", d.Code, d.Module, d.Level, clean(d.Msg))
	case *agora.WarningDetails:
		n.Text = fmt.Sprintf("warning %d of module %d", d.Code, d.Module)
	case *agora.StatusDetails:
		n.Text = fmt.Sprintf("%s, status %d", map[agora.EventType]string{
			agora.EventStatusUpdate: "a call did not fit the state", agora.EventUploaderStarted: "uploader started",
			agora.EventUploaded: "uploaded", agora.EventBackuped: "backuped", agora.EventRecorderStarted: "recorder started",
		}[e.Type], d.Status)
	case *agora.SessionExitDetails:
		n.Text = fmt.Sprintf("the session exited, status %d", d.ExitStatus)
	case *agora.SessionFailoverDetails:
		n.Text = "a failover has begun"
	case *agora.WebRecorderStartedDetails:
		n.RecordingAt = d.At()
		n.Text = "the recording began"
	case *agora.WebRecorderStoppedDetails:
		n.Code, n.Files = d.Code, d.Files
		n.Text = fmt.Sprintf("the recording stopped, code %d %s", d.Code, clean(d.Message))
		if d.Details != "" {
			n.Text += ": " + clean(d.Details)
		}
	case *agora.CapabilityLimitDetails:
		n.Text = "the page is beyond what can be recorded: " + clean(d.LimitType)
	case *agora.WebRecorderReloadDetails:
		n.Text = "the page was reloaded: " + clean(d.Reason)
	case *agora.RTMPPublishDetails:
		n.Push = clean(d.Status)
		n.Text = "push: " + n.Push
	default:
		n.Text = fmt.Sprintf("event %d", e.Type)
	}
	return n
}

// scrub makes a text of the service fit to be kept: short, one line, without addresses.
func scrub(text string) string {
	const most = 200 // bytes
	words := strings.Fields(text)
	for i, w := range words {
		if strings.Contains(w, "://") || strings.ContainsAny(w, "?=") {
			words[i] = redact.Mark
		}
	}
	text = strings.Join(words, " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// ended says that the recording which the notification is about has ended.
func (n *Notice) ended() bool {
	switch n.Type {
	case agora.EventWebRecorderStopped, agora.EventSessionExit, agora.EventUploaded, agora.EventBackuped:
		return true
	}
	return false
}

// About finds the session that a notification is about: by its sid, or, where that is what was missing, by cname and
// uid: one whose start is out and in doubt, where that was sent before what the notification tells, else the latest
// orphan, else the latest one whose start was in doubt.
func (s *State) About(n Notice) *Session {
	for i := range s.Sessions {
		if x := &s.Sessions[i]; x.SID != "" && x.SID == n.SID {
			return x
		}
	}
	happened := cmp.Or(n.RecordingAt, n.At) // by the service's clock, which may differ from ours
	var orphan, doubtful *Session
	for i := len(s.Sessions) - 1; i >= 0; i-- {
		x := &s.Sessions[i]
		switch {
		case n.SID == "" || x.SID != "" || x.Cname != n.Cname || x.UID != n.UID || x.ResourceID == "":
		case x.State == SessionStarting && x.StartUncertain && !happened.Before(x.RequestedAt.Add(-MaxSkew)):
			return x
		case x.State == SessionOrphan && orphan == nil && happened.Before(x.Deadline()):
			orphan = x
		case x.State != SessionOrphan && x.StartUncertain && doubtful == nil:
			doubtful = x
		}
	}
	if orphan != nil {
		return orphan
	}
	return doubtful
}

// onNotice takes in a notification.
func (d *Decision) onNotice(n Notice) {
	x := d.S.About(n)
	if x == nil {
		return
	}
	d.note("session %d: notification: %s", x.Attempt, n.Text)
	orphan := x.State == SessionOrphan && x.SID != ""
	found := x.SID == ""
	if found {
		d.adoptSID(x, n)
	}
	look := false
	switch n.Type {
	case agora.EventWebRecorderStarted:
		if at := n.RecordingAt; !x.Held && !at.IsZero() && !at.After(d.now) {
			d.noteFiles(x, []agora.File{{SliceStartTime: at.UnixMilli()}})
		}
		look = x.State == SessionConfirming
	case agora.EventWebRecorderStopped, agora.EventSessionExit:
		d.noteFiles(x, n.Files)
		if found && x.State == SessionStopping {
			d.foundEnded(x, n)
		} else {
			d.onReportedEnd(x, n)
		}
	case agora.EventCapabilityLimit:
		x.Remark(fmt.Sprintf("session %d: %s", x.Attempt, n.Text))
		look = true
	case agora.EventWebRecorderReload:
		x.Remark(fmt.Sprintf("session %d: at %s %s", x.Attempt, d.Clock(n.At), n.Text))
	case agora.EventError:
		look = n.Fatal
		if n.Upload != "" {
			d.uploadError(x, n)
		}
	case agora.EventSessionFailover:
		look = true
	case agora.EventRTMPPublishStatus:
		look = n.Push == agora.PushDisconnected
	case agora.EventUploaded:
		d.uploaded(x, agora.UploadComplete)
	case agora.EventBackuped:
		d.uploaded(x, agora.UploadBackup)
	}
	if orphan {
		d.onOrphanNotice(x, n)
	} else if look && x.SID != "" && x.State.Carries() {
		x.Next = Earlier(x.Next, d.now)
	}
}

// onReportedEnd keeps what a notification says of a session's end until a query has confirmed it. What it says after our
// own stop is nothing new.
func (d *Decision) onReportedEnd(x *Session, n Notice) {
	if !x.State.Carries() {
		// The cause may come after the end is known, by another notification or by a query.
		died := x.State == SessionLost || x.State == SessionFailed
		if died && x.Cause == 0 && n.Type == agora.EventWebRecorderStopped && n.Code != agora.StoppedOK {
			x.Cause = n.Code
			if x.Reason != "" {
				x.Reason += ": "
			}
			x.Reason += n.Text
			x.ReasonCode = x.endedCode()
			if rep := &d.S.Replicas[x.Replica]; x.pageAtFault() && !d.S.IsEarlier(x) && rep.Failures > rep.PageFailures {
				rep.PageFailures++
			}
		}
		return
	}
	if x.ReportedEnd == "" || n.Type == agora.EventWebRecorderStopped {
		x.ReportedEnd = cmp.Or(n.Text, "it ended")
	}
	if n.Type == agora.EventWebRecorderStopped {
		x.Cause = n.Code
	}
	x.ReportedEndAt, x.Next = d.now, d.now
	if !n.At.After(d.now) && n.At.After(x.LastGood) {
		x.StoppedAt = n.At
	}
}

// foundEnded keeps what is known of a session that is found to have ended. It is stopped all the same, which says no more
// of when it did.
func (d *Decision) foundEnded(x *Session, n Notice) {
	x.Exited, x.FinalState = true, x.stateUnstopped()
	if !n.At.After(d.now) {
		x.StoppedAt = n.At
	}
	if n.Type == agora.EventWebRecorderStopped {
		x.Cause = n.Code
	}
	x.setReason(reason.Reason{Code: x.endedCode(), Text: n.Text})
}

// adoptSID gives a session its sid, which nobody had told. It carries the class where nothing else does; otherwise it is
// stopped. The reason goes on naming it.
func (d *Decision) adoptSID(x *Session, n Notice) {
	if x.State == SessionOrphan {
		x.Remark(x.Reason)
	}
	x.Remark(fmt.Sprintf("orphan: the sid of session %d turned up in a notification at %s", x.Attempt, d.Clock(d.now)))
	began := x.State
	x.setReason(reason.Reason{})
	x.SID, x.StartedAt, x.StartUncertain, x.Interrupted, x.Asked, x.Tries, x.Next = n.SID, cmp.Or(x.RequestedAt, d.now), false, false, "", 0, d.now
	earlier := d.S.IsEarlier(x)
	if d.S.Phase == Ended && d.mayRecord() && !earlier { // it had been given up
		d.S.reopen()
		d.note("there is something to record the class after all")
	}
	if c := d.S.active(x.Replica); c != nil && c.State == SessionAcquiring && !n.ended() && !earlier {
		d.enter(c, SessionFailed) // and no failure: nothing of it is at the service yet
		c.setReason(reason.Because(reason.NotNeeded, "it gave way to session %d, whose sid turned up", x.Attempt))
		c.Asked, c.Next = "", time.Time{}
	}
	if d.S.Phase != Ended && d.mayRecord() && !earlier && (began == SessionStarting || d.S.active(x.Replica) == nil) {
		d.enter(x, SessionConfirming)
		if rep := &d.S.Replicas[x.Replica]; x.CountedFailure { // if it fails after all, that is counted then
			x.CountedFailure, rep.Failures = false, max(0, rep.Failures-1)
		}
		x.StartedAt = d.now // the deadline of confirming counts from here
		return
	}
	d.enter(x, SessionStopping)
	x.FinalState, x.StopAskedAt = "", time.Time{}
}

// reportedEnd is how a notification said that the session ended; none where no notification did.
func (x *Session) reportedEnd() reason.Reason {
	if x.ReportedEnd == "" {
		return reason.Reason{}
	}
	return reason.Reason{Code: x.endedCode(), Text: x.ReportedEnd}
}

// endedCode is the code of a session that ended without our stop.
func (x *Session) endedCode() reason.Code {
	if x.pageAtFault() {
		return reason.PageFault
	}
	return reason.EndedByService
}

// pageAtFault says that a session ended for a cause that lies in the page.
func (x *Session) pageAtFault() bool {
	switch x.Cause {
	case agora.StoppedCapabilityLimit, agora.StoppedPageLoadTimeout, agora.StoppedAccessURL:
		return true
	}
	return false
}
