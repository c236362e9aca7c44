package runner

import (
	"slices"
	"time"

	"rundown/agora"
)

// Phase is where an occurrence stands.
type Phase string

// The phases of an occurrence. A crash leaves each of them as it is; what was asked and not answered is told to
// decide at the next start.
const (
	Planned   Phase = "planned"   // nothing was sent yet
	Starting  Phase = "starting"  // a session is being acquired, started or confirmed; nothing was seen running yet
	Recording Phase = "recording" // a session was seen running; between two sessions it stays so
	Stopping  Phase = "stopping"  // the end has come and a stop is still owed
	Over      Phase = "ended"     // outcome and reason are final, but for an undone cancellation
)

// Outcome is how an occurrence ended.
type Outcome string

// The outcomes.
const (
	Recorded  Outcome = "recorded"  // no gap of a second or more in the class, by the best evidence there is
	Partial   Outcome = "partial"   // with gaps
	Missed    Outcome = "missed"    // nothing was sent in time
	Failed    Outcome = "failed"    // nothing was recorded although it was tried
	Cancelled Outcome = "cancelled" // by an operator or by the plan
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
	SessionOrphan     SessionState = "orphan" // may be running, but its sid is unknown
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

// Gap is a part of the class that was not recorded.
type Gap struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Cancel is an order to end an occurrence or not to begin it.
type Cancel struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Reason string    `json:"reason,omitempty"`
}

// Target is what a plan wants of an occurrence. It holds no secret.
type Target struct {
	ID           string        `json:"id"`
	Plan         string        `json:"plan"`
	Recording    string        `json:"recording"`
	App          string        `json:"app"` // App ID
	Region       agora.Region  `json:"region,omitempty"`
	Zone         string        `json:"timezone"`
	Day          string        `json:"day"`   // planned, local: 2031-09-17
	Clock        string        `json:"clock"` // planned, local: 19:00
	Start        time.Time     `json:"start"` // of the class
	End          time.Time     `json:"end"`
	From         time.Time     `json:"from"` // of the recording: with padding
	Until        time.Time     `json:"until"`
	URL          string        `json:"url"` // masked
	Cname        string        `json:"cname"`
	UIDs         [2]string     `json:"uids"`
	CDN          string        `json:"cdn,omitempty"`           // masked address, "" for none
	ReadyTimeout time.Duration `json:"ready_timeout,omitempty"` // 0: no detection
	MinRemainder time.Duration `json:"min_remainder"`           // what a late start must have left; negative: no late start
	Attempts     int           `json:"attempts"`                // failures in a row before giving up
	MaxHour      int           `json:"max_hour"`                // maxRecordingHour
	ExpireHour   int           `json:"expire_hour"`             // resourceExpiredHour
	Absent       bool          `json:"absent,omitempty"`        // the plan no longer holds it
}

// State is all that decide knows of an occurrence.
type State struct {
	Target
	Begin     time.Time `json:"begin"`               // when the first request is due
	DownSince time.Time `json:"down_since,omitzero"` // the last sign of life before the daemon that found it began
	Phase     Phase     `json:"phase"`
	Outcome   Outcome   `json:"outcome,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Gaps      []Gap     `json:"gaps,omitempty"`
	Cancel    *Cancel   `json:"cancel,omitempty"`
	Sessions  []Session `json:"-"`                  // rows of their own
	Failures  int       `json:"failures,omitempty"` // in a row
	RetryAt   time.Time `json:"retry_at,omitzero"`  // no new session before this
	GaveUp    string    `json:"gave_up,omitempty"`  // why no further session is begun
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// Session is one acquire, start and stop at the service.
type Session struct {
	Attempt    int          `json:"attempt"` // from 1
	Cname      string       `json:"cname"`
	UID        string       `json:"uid"`
	ResourceID string       `json:"resource_id,omitempty"`
	SID        string       `json:"sid,omitempty"`
	State      SessionState `json:"state"`
	Reason     string       `json:"reason,omitempty"` // why it failed, was lost or is an orphan

	Asked   agora.Op  `json:"asked,omitempty"`   // the request that is out; a crash leaves it without an answer
	AskedAt time.Time `json:"asked_at,omitzero"` // when it was decided on
	Tries   int       `json:"tries,omitempty"`   // failed tries of the present request in a row
	Next    time.Time `json:"next,omitzero"`     // when the next request is due

	AcquiredAt  time.Time     `json:"acquired_at,omitzero"`   // answer of acquire
	RequestedAt time.Time     `json:"requested_at,omitzero"`  // first start request
	Doubt       bool          `json:"doubt,omitempty"`        // a start went without an answer that settles it
	StartedAt   time.Time     `json:"started_at,omitzero"`    // the sid was received
	RecordingAt time.Time     `json:"recording_at,omitzero"`  // from when it writes: named by the service, else first seen
	Named       bool          `json:"named,omitempty"`        // the service named RecordingAt
	HealthyFrom time.Time     `json:"healthy_from,omitzero"`  // since when it was seen running without a break
	LastGood    time.Time     `json:"last_good,omitzero"`     // last seen running
	SuspectAt   time.Time     `json:"suspect_at,omitzero"`    // first 404
	Failover    time.Duration `json:"failover,omitempty"`     // the longest time it answered 404 and came back
	StopAskedAt time.Time     `json:"stop_asked_at,omitzero"` // first stop request
	StopDoubt   bool          `json:"stop_doubt,omitempty"`   // a stop went without an answer
	StoppedAt   time.Time     `json:"stopped_at,omitzero"`    // until when it wrote, as far as is known
	CDN         string        `json:"cdn,omitempty"`          // masked address that it pushes to
	AskedCDN    string        `json:"asked_cdn,omitempty"`    // masked address of the update that is out
	NoUpdate    string        `json:"no_update,omitempty"`    // the masked address that an update was refused for
	Then        SessionState  `json:"then,omitempty"`         // what it is once it is stopped; "": ended
	MaxHour     int           `json:"max_hour,omitempty"`
	ExpireHour  int           `json:"expire_hour,omitempty"`

	UploadStatus string   `json:"upload_status,omitempty"`
	Files        []string `json:"files,omitempty"`
}

// clone gives a state whose sessions can be changed without changing the original's.
func (s State) clone() State {
	s.Sessions = slices.Clone(s.Sessions)
	s.Gaps = slices.Clone(s.Gaps)
	return s
}

// carrier is the session that records the class or is on its way to; nil for none.
func (s *State) carrier() *Session {
	for i := range s.Sessions {
		if s.Sessions[i].State.Carries() {
			return &s.Sessions[i]
		}
	}
	return nil
}

func (s *State) session(attempt int) *Session {
	for i := range s.Sessions {
		if s.Sessions[i].Attempt == attempt {
			return &s.Sessions[i]
		}
	}
	return nil
}

// settled says that nothing more is asked about any session.
func (s *State) settled() bool {
	for i := range s.Sessions {
		if !s.Sessions[i].State.Final() {
			return false
		}
	}
	return true
}

// deadline is when the session ends at the latest even if nothing stops it: the bound of its bill.
func (x *Session) deadline() time.Time {
	from := x.StartedAt
	if from.IsZero() {
		from = x.AskedAt
	}
	return from.Add(time.Duration(x.MaxHour) * time.Hour)
}
