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

// The states of a session.
const (
	SessionAcquiring  SessionState = "acquiring"
	SessionStarting   SessionState = "starting"
	SessionConfirming SessionState = "confirming" // it has a sid, but was not seen running yet
	SessionRunning    SessionState = "running"
	SessionSuspect    SessionState = "suspect" // answered 404; for 90 s that may be a failover
	SessionStopping   SessionState = "stopping"
	SessionEnded      SessionState = "ended"
	SessionFailed     SessionState = "failed" // never recorded, as far as is known
	SessionLost       SessionState = "lost"   // recorded, then gone without our stop
	SessionOrphan     SessionState = "orphan" // may be running, but its sid is unknown, or the service does not know it
)

// Final says that nothing more is asked about a session in this state.
func (s SessionState) Final() bool {
	switch s {
	case SessionEnded, SessionFailed, SessionLost, SessionOrphan:
		return true
	}
	return false
}

// Carries says that a session in this state is, or may still become, the one that records the class.
func (s SessionState) Carries() bool { return !s.Final() && s != SessionStopping }

// Session is one acquire, start and stop at the service.
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
type Request struct {
	Asked   agora.Op  `json:"asked,omitempty"`   // the request that is out; a crash leaves it without an answer
	AskedAt time.Time `json:"asked_at,omitzero"` // when it was decided on
	Tries   int       `json:"tries,omitempty"`   // failed tries of the present request in a row
	Next    time.Time `json:"next,omitzero"`     // when the next request is due
}

// StartFacts are what is known of a session's acquire and start.
type StartFacts struct {
	Near           catalog.Near `json:"near,omitempty"`            // the area that it was acquired with, and must be asked and stopped with
	AcquiredAt     time.Time    `json:"acquired_at,omitzero"`      // answer of acquire
	RequestedAt    time.Time    `json:"requested_at,omitzero"`     // first start request
	StartUncertain bool         `json:"start_uncertain,omitempty"` // a start went without an answer that settles it
	OnlyBlocked    bool         `json:"only_blocked,omitempty"`    // all that gave rise to the doubt was refusals by something before the service
	StartErrored   bool         `json:"start_errored,omitempty"`   // a start was answered by an error that may have come after its effect
	Interrupted    bool         `json:"interrupted,omitempty"`     // rundown ended while a start was out, and nothing has settled it yet
	StartedAt      time.Time    `json:"started_at,omitzero"`       // the sid was received
}

// Evidence is what is known of when a session wrote.
type Evidence struct {
	RecordingAt    time.Time     `json:"recording_at,omitzero"`     // from when it writes: named by the service, else first seen
	FromNamed      bool          `json:"from_named,omitempty"`      // the service named RecordingAt
	NothingWritten bool          `json:"nothing_written,omitempty"` // the service said at its stop that nothing was written, whatever it told before
	Exited         bool          `json:"exited,omitempty"`          // its recorder was found to have exited, though the service still answered for it
	HealthyFrom    time.Time     `json:"healthy_from,omitzero"`     // since when it was seen running without a break
	LastGood       time.Time     `json:"last_good,omitzero"`        // last seen running
	SuspectAt      time.Time     `json:"suspect_at,omitzero"`       // first 404
	NotFoundAt     time.Time     `json:"not_found_at,omitzero"`     // latest 404 to a query before it was confirmed; zero after any other answer
	UnclearAnswer  bool          `json:"unclear_answer,omitempty"`  // a query before it was confirmed got no answer that says anything of it
	Failover       time.Duration `json:"failover,omitempty"`        // the longest time it answered 404 and came back
}

// StopFacts are what is known of a session's stop.
type StopFacts struct {
	StopNotFoundAt   time.Time    `json:"stop_not_found_at,omitzero"`  // first 404 to the stop
	StopAskedAt      time.Time    `json:"stop_asked_at,omitzero"`      // first stop request
	StopUnansweredAt time.Time    `json:"stop_unanswered_at,omitzero"` // when the first stop was sent that went without an answer
	StoppedAt        time.Time    `json:"stopped_at,omitzero"`         // until when it wrote, as far as is known
	FinalState       SessionState `json:"final_state,omitempty"`       // what it is once it is stopped; "": ended
}

// PushFacts are what is known of a session's push.
type PushFacts struct {
	CDN            string `json:"cdn,omitempty"`             // masked address that it pushes to
	AskedCDN       string `json:"asked_cdn,omitempty"`       // masked address of the update that is out
	RejectedTarget string `json:"rejected_target,omitempty"` // the masked address that an update was refused for
	Push           string `json:"push,omitempty"`            // what was last heard of the push
	Connecting     int    `json:"connecting,omitempty"`      // how often in a row the push was found connecting
}

// HoldFacts are what is known of whether a session is on hold.
type HoldFacts struct {
	Held      bool      `json:"held,omitempty"`      // on hold, as far as is known
	ResumedAt time.Time `json:"resumed_at,omitzero"` // an update was accepted that ends the hold
	Paused    []Gap     `json:"paused,omitempty"`    // when it was on hold after it had begun to write, as far as is known
}

// UpdateFacts are what is known of a session's updates.
type UpdateFacts struct {
	Change      Change    `json:"change,omitempty"`       // what the update that is out, or was last, changes
	UpdateAt    time.Time `json:"update_at,omitzero"`     // no update before this
	UpdateTries int       `json:"update_tries,omitempty"` // failed updates in a row
}

// CredentialFacts are what is known of a session's storage credentials.
type CredentialFacts struct {
	RenewAt            time.Time `json:"renew_at,omitzero"`             // when they are due to be sent anew
	CredentialsUntil   time.Time `json:"credentials_until,omitzero"`    // when those that were sent run out; zero: never
	RenewalError       string    `json:"renewal_error,omitempty"`       // what was told of their renewal, which failed; "": it did not
	CredentialsExpired bool      `json:"credentials_expired,omitempty"` // and they ran out meanwhile
}

// UIDFacts are what is known of a session's uid, and of its place among the failures of its replica.
type UIDFacts struct {
	WaitingForUID  bool `json:"waiting_for_uid,omitempty"` // it waits for a uid, since sessions of ours may live under both
	UIDConflict    bool `json:"uid_conflict,omitempty"`    // its uid was found in use, and by no session of ours
	CountedFailure bool `json:"counted_failure,omitempty"` // among the failures of its replica
}

// Limits are the hours that a session asked for, and what comes of their end.
type Limits struct {
	MaxHour    int  `json:"max_hour,omitempty"`
	ExpireHour int  `json:"expire_hour,omitempty"`
	Draining   bool `json:"draining,omitempty"` // its hours run out before the end: a successor takes over
	Expired    bool `json:"expired,omitempty"`  // its hours ended before the class, and no successor wrote
}

// Report is what was told of a session, and what the outcome is to tell of it.
type Report struct {
	ReportedEndAt time.Time `json:"reported_end_at,omitzero"` // when the notification of its end came
	ReportedEnd   string    `json:"reported_end,omitempty"`   // how it ended, by a notification that no query has confirmed yet
	Cause         int       `json:"cause,omitempty"`          // the code of event 71 that it ended with; 0: none is known
	Remarks       []string  `json:"remarks,omitempty"`        // what the outcome's reason is to tell of it
	Foreign       []Foreign `json:"foreign,omitempty"`        // what answered in place of the service, one for each kind of request
	UploadStatus  string    `json:"upload_status,omitempty"`
	UploadError   string    `json:"upload_error,omitempty"`  // what a notification told of its failure
	UploadedLate  bool      `json:"uploaded_late,omitempty"` // and it was reported complete after that
	Files         []string  `json:"files,omitempty"`
}

func (s *State) Session(attempt int) *Session {
	for i := range s.Sessions {
		if s.Sessions[i].Attempt == attempt {
			return &s.Sessions[i]
		}
	}
	return nil
}

// Deadline is when the session ends at the latest even if nothing stops it: the bound of its bill.
func (x *Session) Deadline() time.Time {
	from := x.StartedAt
	if from.IsZero() {
		from = x.AskedAt
	}
	return from.Add(time.Duration(x.MaxHour) * time.Hour)
}

// usableUntil is when the session can serve no longer: it ends by itself, or can no longer be asked and stopped.
func (x *Session) usableUntil() time.Time {
	if x.StartedAt.IsZero() || x.ExpireHour == 0 {
		return x.Deadline()
	}
	return Earlier(x.Deadline(), x.StartedAt.Add(time.Duration(x.ExpireHour)*time.Hour))
}

// Remark keeps something for the outcome's reason, once.
func (x *Session) Remark(text string) {
	if !slices.Contains(x.Remarks, text) && len(x.Remarks) < maxRemarks {
		x.Remarks = append(x.Remarks, text)
	}
}

// ownTimes are the instants of a session that our own clock has told, and that lie behind us.
func (x *Session) ownTimes() []*time.Time {
	own := []*time.Time{
		&x.AskedAt, &x.AcquiredAt, &x.RequestedAt, &x.StartedAt, &x.HealthyFrom, &x.LastGood, &x.SuspectAt, &x.StopNotFoundAt, &x.StopAskedAt,
		&x.StoppedAt, &x.ResumedAt, &x.ReportedEndAt,
	}
	if !x.FromNamed {
		own = append(own, &x.RecordingAt)
	}
	return own
}

func back(at *time.Time, by time.Duration) {
	if !at.IsZero() {
		*at = at.Add(-by)
	}
}

// WithoutQuery is the session without what a query changes that is sent, and one that finds it running as before.
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
