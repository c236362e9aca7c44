package session

import (
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// SessionState is where a session stands.
type SessionState string

// The states of a session, each with what a crash in it leaves. In all of them the row says which request was out.
const (
	// SessionAcquiring: acquire is due or out. A crash leaves nothing at the service: a resource id alone records nothing
	// and expires by itself. Acquire is asked again.
	SessionAcquiring SessionState = "acquiring"
	// SessionStarting: it has a resource id, and start is due or out. A crash while start is out may leave a recording
	// whose sid nobody knows. Start is asked again with the same resource id, and the answer tells.
	SessionStarting SessionState = "starting"
	// SessionConfirming: it has a sid and was not seen running yet. A crash leaves that, and a query goes on with it.
	SessionConfirming SessionState = "confirming"
	// SessionRunning: a query has found it running. A crash loses at most what the latest queries said, since one that finds
	// nothing new is not stored.
	SessionRunning SessionState = "running"
	// SessionSuspect: it was answered 404, which for 90 s may be a failover. The window counts from the stored first 404,
	// so a crash does not lengthen it.
	SessionSuspect SessionState = "suspect"
	// SessionStopping: stop is due or out; endUnneeded lists the causes. A crash leaves a stop without an answer. It is sent again,
	// which does no harm. A stop that was sent while the store could not be written leaves the state before it.
	SessionStopping SessionState = "stopping"
	// SessionEnded: it was stopped, or ended by its hours. Final: a crash leaves nothing to be done in this state and the next three.
	SessionEnded SessionState = "ended"
	// SessionFailed: no recording of it is known. One may run where its start is uncertain: then a 53, a move or the end of the class makes
	// it an orphan. Final but for that, and unless a notification tells its sid.
	SessionFailed SessionState = "failed"
	// SessionLost: it recorded, and then ended without our stop. Final.
	SessionLost SessionState = "lost"
	// SessionOrphan: it may be running, but its sid is unknown or the service does not know it. Nothing can stop it but
	// its maxRecordingHour, unless a notification tells of it.
	SessionOrphan SessionState = "orphan"
)

// SessionStates are all states of a session, in the order in which a session may pass them.
var SessionStates = []SessionState{
	SessionAcquiring, SessionStarting, SessionConfirming, SessionRunning, SessionSuspect, SessionStopping,
	SessionEnded, SessionFailed, SessionLost, SessionOrphan,
}

// Final reports whether nothing more is asked about a session in this state. A notification may lead out of it, and a failed session
// whose start is uncertain may become an orphan.
func (s SessionState) Final() bool {
	switch s {
	case SessionEnded, SessionFailed, SessionLost, SessionOrphan:
		return true
	}
	return false
}

// Carries reports whether a session in this state records the class, or may still come to record it.
func (s SessionState) Carries() bool { return !s.Final() && s != SessionStopping }

// Session is one acquire, start and stop at the service. Its facts are grouped by the request or the question that they
// belong to. Its JSON is internal: the commands have their own.
type Session struct {
	Attempt    int          `json:"attempt"`           // from 1
	Replica    int          `json:"replica,omitempty"` // from 0
	Cname      string       `json:"cname"`
	UID        string       `json:"uid"`
	ResourceID string       `json:"resource_id,omitempty"`
	SID        string       `json:"sid,omitempty"`
	State      SessionState `json:"state"`
	Reason     string       `json:"reason,omitempty"` // why it failed, was lost or is an orphan
	ReasonCode reason.Code  `json:"reason_code,omitempty"`
	Request
	StartFacts
	Evidence
	StopFacts
	PushFacts
	HoldFacts
	UpdateFacts
	CredentialFacts
	UIDFacts
	Limits
	Report
}

// Request is the request of a session that is out, or else is due next.
//
// Tries is one count for all kinds of answers, also where their waits differ. A start that got no answer twice and then 65 has no
// repeat left, since 65 allows two. The documentation does not say how repeats add up, and the next session finds out more.
type Request struct {
	Asked   agora.Op  `json:"asked,omitempty"`   // the request that is out; "": none. A crash leaves it without an answer
	AskedAt time.Time `json:"asked_at,omitzero"` // when it was decided on
	Tries   int       `json:"tries,omitempty"`   // tries of the present request in a row without success, whatever the answers were
	Next    time.Time `json:"next,omitzero"`     // when the next request is due
}

// StartFacts are what is known of a session's acquire and start. What an answer to a start sets:
//
//	65, 62, or no answer at all                StartUncertain; clears OnlyBlocked
//	nobody of ours heard the answer            StartUncertain, Interrupted; clears OnlyBlocked
//	an answer that is not the service's own    StartUncertain; and OnlyBlocked while all such answers were refusals
//	5xx of the service                         StartErrored
//	none, since it was not sent                nothing
//	a sid                                      clears StartUncertain and Interrupted
//	53, where another session is the orphan    clears StartUncertain of the earlier sessions with the uid
//
// OnlyBlocked is only set beside StartUncertain. StartErrored may stand beside any of them, and stays as long as the resource id.
// UIDConflict, in [UIDFacts], is set by 53 alone. Readers: endSession and orphanIfDoubtful make an orphan of an uncertain start unless it is
// OnlyBlocked; beginSession keeps the uid after one; onUIDConflict tells by StartUncertain and StartErrored whose recording is live; OnItsWay lets either start be
// repeated in the padding; countFailure leaves out what was interrupted.
type StartFacts struct {
	Near           catalog.Area `json:"near,omitempty"`            // the area that it was acquired with, and must be asked and stopped with
	AcquiredAt     time.Time    `json:"acquired_at,omitzero"`      // answer of acquire
	DelayedBy      string       `json:"delayed_by,omitempty"`      // why AcquiredAt was not earlier: the last answer to an acquire that was not a resource id, or the task conflict for which it acquired again; "": the first acquire was answered by one. The start may be late for another reason
	DelayCode      reason.Code  `json:"delay_code,omitempty"`      // that of DelayedBy
	RequestedAt    time.Time    `json:"requested_at,omitzero"`     // first start request
	URL            string       `json:"url,omitempty"`             // the page that its last start sent, masked; "": of a version that did not keep it
	StartUncertain bool         `json:"start_uncertain,omitempty"` // a start went without an answer that tells whether it had an effect
	OnlyBlocked    bool         `json:"only_blocked,omitempty"`    // only something before the service refused it, such as a firewall: the start most likely had no effect
	StartErrored   bool         `json:"start_errored,omitempty"`   // the service answered a start by an error (5xx), which may have come after its effect
	Interrupted    bool         `json:"interrupted,omitempty"`     // nobody of ours heard the answer to a start (Answer.Interrupted), and nothing has told of it since
	SentAt         time.Time    `json:"sent_at,omitzero"`          // when the first start was sent; RequestedAt is before it where it had to wait
	StartedAt      time.Time    `json:"started_at,omitzero"`       // the sid was received
}

// Evidence is what is known of when a session wrote.
type Evidence struct {
	RecordingAt    time.Time     `json:"recording_at,omitzero"`     // since when it records: as the service reports, else as first seen
	FromNamed      bool          `json:"from_named,omitempty"`      // the service reported RecordingAt
	NothingWritten bool          `json:"nothing_written,omitempty"` // the stop was answered that nothing was recorded, whatever was reported before
	Exited         bool          `json:"exited,omitempty"`          // its recorder was found to have exited, though the service still answered for it
	HealthyFrom    time.Time     `json:"healthy_from,omitzero"`     // since when it was seen running without interruption
	LastGood       time.Time     `json:"last_good,omitzero"`        // last seen running
	SuspectAt      time.Time     `json:"suspect_at,omitzero"`       // first 404
	NotFoundAt     time.Time     `json:"not_found_at,omitzero"`     // latest 404 to a query before it was confirmed; zero after any other answer
	UnclearAnswer  bool          `json:"unclear_answer,omitempty"`  // before it was confirmed, a query got an answer that says nothing of it
	Failover       time.Duration `json:"failover,omitempty"`        // the longest time it answered 404 and came back
}

// StopFacts are what is known of a session's stop.
type StopFacts struct {
	StopNotFoundAt   time.Time    `json:"stop_not_found_at,omitzero"`  // first 404 to the stop
	StopAskedAt      time.Time    `json:"stop_asked_at,omitzero"`      // first stop request
	StopUnansweredAt time.Time    `json:"stop_unanswered_at,omitzero"` // when the first stop was sent that was not answered
	StoppedAt        time.Time    `json:"stopped_at,omitzero"`         // until when it recorded, as far as is known
	FinalState       SessionState `json:"final_state,omitempty"`       // its state once it is stopped; "": ended
}

// PushFacts are what is known of a session's push.
type PushFacts struct {
	CDN            string `json:"cdn,omitempty"`             // masked address that it pushes to
	AskedCDN       string `json:"asked_cdn,omitempty"`       // masked address of the update that is out
	RejectedTarget string `json:"rejected_target,omitempty"` // the masked address that an update was refused for
	Push           string `json:"push,omitempty"`            // the status of the push that a query reported last
	Connecting     int    `json:"connecting,omitempty"`      // queries in a row that found the push connecting
}

// HoldFacts are what is known of whether a session is on hold.
type HoldFacts struct {
	Held      bool      `json:"held,omitempty"`      // on hold, as far as is known
	ResumedAt time.Time `json:"resumed_at,omitzero"` // when an update that ends the hold was accepted
	Paused    []Gap     `json:"paused,omitempty"`    // periods on hold after it had begun to record, as far as is known
}

// UpdateFacts are what is known of a session's updates.
type UpdateFacts struct {
	Change      Change    `json:"change,omitempty"`       // what the update that is out, or was last, changes
	UpdateAt    time.Time `json:"update_at,omitzero"`     // no update before this
	UpdateTries int       `json:"update_tries,omitempty"` // failed updates in a row
}

// CredentialFacts are what is known of a session's storage credentials.
type CredentialFacts struct {
	RenewAt            time.Time `json:"renew_at,omitzero"`             // when new ones are due to be sent
	CredentialsUntil   time.Time `json:"credentials_until,omitzero"`    // when the ones that were sent expire; zero: never
	RenewalError       string    `json:"renewal_error,omitempty"`       // why the renewal failed, as it was reported; "": it did not fail
	CredentialsExpired bool      `json:"credentials_expired,omitempty"` // they expired before a renewal
}

// UIDFacts are what is known of a session's uid, and of its place among the failures of its replica.
type UIDFacts struct {
	WaitingForUID  bool `json:"waiting_for_uid,omitempty"` // it waits, since earlier sessions may be live under both uids
	UIDConflict    bool `json:"uid_conflict,omitempty"`    // the service says that its uid is in use, by a session that is not ours
	CountedFailure bool `json:"counted_failure,omitempty"` // it was added to Replica.Failures
}

// Limits are the hours that a session asked for, and what happens when they end.
type Limits struct {
	MaxHour    int  `json:"max_hour,omitempty"`
	ExpireHour int  `json:"expire_hour,omitempty"`
	Draining   bool `json:"draining,omitempty"` // its hours run out before the class ends, so a successor is begun
	Expired    bool `json:"expired,omitempty"`  // its hours ended before the class did, and no successor recorded
}

// Report is what notifications reported of a session, and what the outcome says about it.
type Report struct {
	ReportedEndAt time.Time `json:"reported_end_at,omitzero"` // when the notification of its end arrived
	ReportedEnd   string    `json:"reported_end,omitempty"`   // how it ended, by a notification that no query has confirmed yet; "": none
	Cause         int       `json:"cause,omitempty"`          // the code of event 71 that it ended with; 0: not known
	Remarks       []string  `json:"remarks,omitempty"`        // sentences for the outcome's reason, at most maxRemarks
	Foreign       []Foreign `json:"foreign,omitempty"`        // what answered in place of the service, one for each kind of request
	UploadStatus  string    `json:"upload_status,omitempty"`
	UploadError   string    `json:"upload_error,omitempty"`  // why the upload failed, by a notification
	UploadedLate  bool      `json:"uploaded_late,omitempty"` // the upload was reported complete after that
	Files         []string  `json:"files,omitempty"`
}

// Session is the session with this attempt, from 1; nil where there is none.
func (s *State) Session(attempt int) *Session {
	for i := range s.Sessions {
		if s.Sessions[i].Attempt == attempt {
			return &s.Sessions[i]
		}
	}
	return nil
}

// Deadline is when the service ends the session at the latest, by its maxRecordingHour: the bound of what it can cost.
func (x *Session) Deadline() time.Time {
	from := x.StartedAt
	if from.IsZero() {
		from = x.AskedAt
	}
	return from.Add(time.Duration(x.MaxHour) * time.Hour)
}

// usableUntil is when the session ends by itself, or can no longer be queried and stopped because its resource id expires.
func (x *Session) usableUntil() time.Time {
	if x.StartedAt.IsZero() || x.ExpireHour == 0 {
		return x.Deadline()
	}
	return Earlier(x.Deadline(), x.StartedAt.Add(time.Duration(x.ExpireHour)*time.Hour))
}

// Remark keeps a sentence for the outcome's reason, once. Beyond maxRemarks it keeps nothing.
func (x *Session) Remark(text string) {
	if !slices.Contains(x.Remarks, text) && len(x.Remarks) < maxRemarks {
		x.Remarks = append(x.Remarks, text)
	}
}

// ownTimes are the past instants of a session that were measured by our own clock.
func (x *Session) ownTimes() []*time.Time {
	own := []*time.Time{
		&x.AskedAt, &x.AcquiredAt, &x.RequestedAt, &x.SentAt, &x.StartedAt, &x.HealthyFrom, &x.LastGood, &x.SuspectAt, &x.StopNotFoundAt, &x.StopAskedAt,
		&x.StoppedAt, &x.ResumedAt, &x.ReportedEndAt,
	}
	if !x.FromNamed {
		own = append(own, &x.RecordingAt)
	}
	return own
}

// back moves an instant back; zero stays zero.
func back(at *time.Time, by time.Duration) {
	if !at.IsZero() {
		*at = at.Add(-by)
	}
}

// WithoutQuery is the session without what a query changes that finds it running as before. The worker compares by it
// whether a step is worth a write.
func (x Session) WithoutQuery() Session {
	x.LastGood = time.Time{}
	if x.Asked == agora.OpQuery {
		x.Asked = ""
	}
	if x.Asked == "" {
		x.AskedAt = time.Time{}
	}
	x.Next, x.Tries, x.NotFoundAt = time.Time{}, 0, time.Time{}
	return x
}
