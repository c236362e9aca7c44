package session

import (
	"reflect"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
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

// Gap is a part of the class that was not recorded.
type Gap struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Cancel is an order to end an occurrence or not to begin it.
type Cancel struct {
	At         time.Time   `json:"at"`
	Who        string      `json:"who"`
	Reason     string      `json:"reason,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // whether an operator gave it, or the plan
}

// Target is what a plan wants of an occurrence. It holds no secret.
type Target struct {
	ID           string              `json:"id"`
	Plan         string              `json:"plan"`
	Recording    string              `json:"recording"`
	App          string              `json:"app"`                // App ID
	AppName      string              `json:"app_name,omitempty"` // in the plan
	Storage      string              `json:"storage,omitempty"`  // its name in the plan
	Bucket       string              `json:"bucket,omitempty"`
	Region       catalog.Region      `json:"region,omitempty"`
	Near         catalog.Near        `json:"near,omitempty"` // of the sessions that are begun
	Class        catalog.StreamClass `json:"class,omitempty"`
	Zone         string              `json:"timezone"`
	Day          string              `json:"day"`   // planned, local: 2031-09-17
	Clock        string              `json:"clock"` // planned, local: 19:00
	Start        time.Time           `json:"start"` // of the class
	End          time.Time           `json:"end"`
	PlanEnd      time.Time           `json:"plan_end,omitzero"` // of the class by its plan, where an extension lasts longer
	From         time.Time           `json:"from"`              // of the recording: with padding
	Until        time.Time           `json:"until"`
	URL          string              `json:"url"` // masked
	Cname        string              `json:"cname"`
	Prefix       string              `json:"prefix,omitempty"`        // where in the bucket its files are
	UIDs         [][2]string         `json:"uids"`                    // of each lane, between which its sessions alternate
	Priority     plan.Priority       `json:"priority,omitempty"`      // who goes first when the budget is short; "": normal
	Exact        bool                `json:"exact_start,omitempty"`   // opened on hold and written from Start on
	CDN          string              `json:"cdn,omitempty"`           // masked address, "" for none
	Fallback     string              `json:"fallback,omitempty"`      // masked address that the push moves to when it breaks; "" for none
	ReadyTimeout time.Duration       `json:"ready_timeout,omitempty"` // 0: no detection
	MinRemainder time.Duration       `json:"min_remainder"`           // what a late start must have left; negative: no late start
	Attempts     int                 `json:"attempts"`                // failures in a row before giving up
	MaxHour      int                 `json:"max_hour"`                // maxRecordingHour
	ExpireHour   int                 `json:"expire_hour"`             // resourceExpiredHour
	Absent       bool                `json:"absent,omitempty"`        // the plan no longer holds it
}

// State is all that decide knows of an occurrence.
type State struct {
	Target
	Begin      time.Time       `json:"begin"`               // when the first request is due
	QueryEvery time.Duration   `json:"-"`                   // between queries for a healthy session; 0: the documented interval
	Turn       int             `json:"-"`                   // among what its owner watches, from 1; 0: none was given
	Aside      bool            `json:"-"`                   // who has it in hand begins nothing of it: that is a daemon's
	OnlyStops  bool            `json:"-"`                   // who has it in hand only stops what runs of it
	DownSince  time.Time       `json:"down_since,omitzero"` // since when nobody was there to begin it: the last sign of life of the daemon before, or when the clock leapt or the machine fell asleep
	Phase      Phase           `json:"phase"`
	Outcome    Outcome         `json:"outcome,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	ReasonCode reason.Code     `json:"reason_code,omitempty"` // of every outcome but recorded
	Gaps       []Gap           `json:"gaps,omitempty"`
	Cancel     *Cancel         `json:"cancel,omitempty"`
	Extended   *Extension      `json:"extended,omitempty"`
	Account    *AccountRef     `json:"account,omitempty"`   // of a class whose plan the store does not keep
	Sessions   []Session       `json:"-"`                   // rows of their own
	Earlier    int             `json:"earlier,omitempty"`   // the first so many sessions were begun for a time or an App ID that the plan has left since
	MovedTo    string          `json:"moved_to,omitempty"`  // the App ID that is to record it: its owner takes it once the sessions are stopped
	Lanes      [MostLanes]Lane `json:"lanes,omitzero"`      // of these the target uses as many as it has pairs of uids
	FellFrom   string          `json:"fell_from,omitempty"` // the masked address that the push broke at and left for the fallback
	EndedAt    time.Time       `json:"ended_at,omitzero"`
}

// MostLanes is how many sessions of one class run at once at most: the bound of a plan's redundancy.
const MostLanes = 4

// Lane is one of the recordings that are to run at once: each has its own sessions, one after the other, and its own
// pair of uids. There is one, and with redundancy there are more.
type Lane struct {
	Failures     int         `json:"failures,omitempty"`      // in a row
	PageFailures int         `json:"page_failures,omitempty"` // of these, for a cause that lies in the page
	Foreign      int         `json:"foreign,omitempty"`       // sessions in a row whose starts were not answered by the service; they are no failures
	RetryAt      time.Time   `json:"retry_at,omitzero"`       // no new session before this
	GaveUp       string      `json:"gave_up,omitempty"`       // why no further session is begun
	GaveUpCode   reason.Code `json:"gave_up_code,omitempty"`
}

// Session is one acquire, start and stop at the service.
type Session struct {
	Attempt    int          `json:"attempt"`        // from 1
	Lane       int          `json:"lane,omitempty"` // from 0
	Cname      string       `json:"cname"`
	UID        string       `json:"uid"`
	Near       catalog.Near `json:"near,omitempty"` // the area that it was acquired with, and must be asked and stopped with
	ResourceID string       `json:"resource_id,omitempty"`
	SID        string       `json:"sid,omitempty"`
	State      SessionState `json:"state"`
	Reason     string       `json:"reason,omitempty"` // why it failed, was lost or is an orphan
	ReasonCode reason.Code  `json:"reason_code,omitempty"`

	Asked   agora.Op  `json:"asked,omitempty"`   // the request that is out; a crash leaves it without an answer
	AskedAt time.Time `json:"asked_at,omitzero"` // when it was decided on
	Tries   int       `json:"tries,omitempty"`   // failed tries of the present request in a row
	Next    time.Time `json:"next,omitzero"`     // when the next request is due

	AcquiredAt  time.Time     `json:"acquired_at,omitzero"`   // answer of acquire
	RequestedAt time.Time     `json:"requested_at,omitzero"`  // first start request
	Doubt       bool          `json:"doubt,omitempty"`        // a start went without an answer that settles it
	Refused     bool          `json:"refused,omitempty"`      // all that gave rise to the doubt was refusals by something before the service
	Denied      bool          `json:"denied,omitempty"`       // a start was answered by an error that may have come after its effect
	Cut         bool          `json:"cut,omitempty"`          // rundown ended while a start was out, and nothing has settled it yet
	StartedAt   time.Time     `json:"started_at,omitzero"`    // the sid was received
	RecordingAt time.Time     `json:"recording_at,omitzero"`  // from when it writes: named by the service, else first seen
	Named       bool          `json:"named,omitempty"`        // the service named RecordingAt
	Empty       bool          `json:"empty,omitempty"`        // the service said at its stop that nothing was written, whatever it told before
	Exited      bool          `json:"exited,omitempty"`       // its recorder was found to have exited, though the service still answered for it
	HealthyFrom time.Time     `json:"healthy_from,omitzero"`  // since when it was seen running without a break
	LastGood    time.Time     `json:"last_good,omitzero"`     // last seen running
	SuspectAt   time.Time     `json:"suspect_at,omitzero"`    // first 404
	GoneAt      time.Time     `json:"gone_at,omitzero"`       // latest 404 to a query before it was confirmed; zero after any other answer
	Vague       bool          `json:"vague,omitempty"`        // a query before it was confirmed got no answer that says anything of it
	StopGoneAt  time.Time     `json:"stop_gone_at,omitzero"`  // first 404 to the stop
	Failover    time.Duration `json:"failover,omitempty"`     // the longest time it answered 404 and came back
	StopAskedAt time.Time     `json:"stop_asked_at,omitzero"` // first stop request
	StopDoubtAt time.Time     `json:"stop_doubt_at,omitzero"` // when the first stop was sent that went without an answer
	StoppedAt   time.Time     `json:"stopped_at,omitzero"`    // until when it wrote, as far as is known
	CDN         string        `json:"cdn,omitempty"`          // masked address that it pushes to
	AskedCDN    string        `json:"asked_cdn,omitempty"`    // masked address of the update that is out
	NoUpdate    string        `json:"no_update,omitempty"`    // the masked address that an update was refused for
	Push        string        `json:"push,omitempty"`         // what was last heard of the push
	Connecting  int           `json:"connecting,omitempty"`   // how often in a row the push was found connecting

	Change      Change    `json:"change,omitempty"`       // what the update that is out, or was last, changes
	UpdateAt    time.Time `json:"update_at,omitzero"`     // no update before this
	UpdateTries int       `json:"update_tries,omitempty"` // failed updates in a row
	Held        bool      `json:"held,omitempty"`         // on hold, as far as is known
	ResumedAt   time.Time `json:"resumed_at,omitzero"`    // an update was accepted that ends the hold
	RenewAt     time.Time `json:"renew_at,omitzero"`      // when the storage credentials are due to be sent anew
	KeysUntil   time.Time `json:"keys_until,omitzero"`    // when those that were sent run out; zero: never
	Unrenewed   string    `json:"unrenewed,omitempty"`    // what was told of their renewal, which failed; "": it did not
	RanOut      bool      `json:"ran_out,omitempty"`      // and they ran out meanwhile

	Beset      bool         `json:"beset,omitempty"`   // it waits for a uid, since sessions of ours may live under both
	Taken      bool         `json:"taken,omitempty"`   // its uid was found in use, and by no session of ours
	Counted    bool         `json:"counted,omitempty"` // among the failures of its lane
	Leaving    bool         `json:"leaving,omitempty"` // its hours run out before the end: a successor takes over
	Lapsed     bool         `json:"lapsed,omitempty"`  // its hours ended before the class, and no successor wrote
	Paused     []Gap        `json:"paused,omitempty"`  // when it was on hold after it had begun to write, as far as is known
	ToldAt     time.Time    `json:"told_at,omitzero"`  // when that notification came
	Told       string       `json:"told,omitempty"`    // how it ended, by a notification that no query has confirmed yet
	Cause      int          `json:"cause,omitempty"`   // the code of event 71 that it ended with; 0: none is known
	Remarks    []string     `json:"remarks,omitempty"` // what the outcome's reason is to tell of it
	Then       SessionState `json:"then,omitempty"`    // what it is once it is stopped; "": ended
	MaxHour    int          `json:"max_hour,omitempty"`
	ExpireHour int          `json:"expire_hour,omitempty"`

	Foreign []Foreign `json:"foreign,omitempty"` // what answered in place of the service, one for each kind of request

	UploadStatus string   `json:"upload_status,omitempty"`
	UploadError  string   `json:"upload_error,omitempty"`  // what a notification told of its failure
	UploadedLate bool     `json:"uploaded_late,omitempty"` // and it was reported complete after that
	Files        []string `json:"files,omitempty"`
}

// Clone gives a state whose sessions can be changed without changing the original's.
func (s State) Clone() State {
	s.Sessions = slices.Clone(s.Sessions)
	for i := range s.Sessions {
		s.Sessions[i].Remarks = slices.Clone(s.Sessions[i].Remarks)
		s.Sessions[i].Paused = slices.Clone(s.Sessions[i].Paused)
		s.Sessions[i].Foreign = slices.Clone(s.Sessions[i].Foreign)
	}
	s.Gaps = slices.Clone(s.Gaps)
	return s
}

// LaneCount is how many sessions are to run at once.
func (t *Target) LaneCount() int { return len(t.UIDs) }

// gaveUp says why no lane begins another session; none while one may, or one that is no longer wanted still carries.
func (s *State) gaveUp() reason.Reason {
	for i := range s.Sessions {
		if s.surplus(&s.Sessions[i]) {
			return reason.Reason{}
		}
	}
	var why reason.Reason
	for n := range s.LaneCount() {
		if s.Lanes[n].gaveUp().None() {
			return reason.Reason{}
		}
		why = why.Or(s.Lanes[n].gaveUp())
	}
	return why
}

// carrier is the session that records the class in a lane or is on its way to, and that no other is to follow; nil
// for none.
func (s *State) carrier(lane int) *Session {
	for i := range s.Sessions {
		if x := &s.Sessions[i]; x.Lane == lane && x.State.Carries() && !x.Leaving && !s.Left(x) {
			return x
		}
	}
	return nil
}

// last is the latest session of a lane; nil for none.
func (s *State) last(lane int) *Session {
	for i := len(s.Sessions) - 1; i >= 0; i-- {
		if s.Sessions[i].Lane == lane {
			return &s.Sessions[i]
		}
	}
	return nil
}

// otherUID is the uid of a session's lane that it does not have.
func (s *State) otherUID(x *Session) string {
	if uids := s.UIDs[x.Lane]; x.UID == uids[0] {
		return uids[1]
	}
	return s.UIDs[x.Lane][0]
}

func (s *State) Session(attempt int) *Session {
	for i := range s.Sessions {
		if s.Sessions[i].Attempt == attempt {
			return &s.Sessions[i]
		}
	}
	return nil
}

// Settled says that nothing more is asked about any session.
func (s *State) Settled() bool {
	for i := range s.Sessions {
		if !s.Sessions[i].State.Final() {
			return false
		}
	}
	return true
}

// MayRun lists the sessions that may still run at an instant: those that nothing has settled, and orphans.
func (s *State) MayRun(now time.Time) (list []Session) {
	for _, x := range s.Sessions {
		begun := !x.RequestedAt.IsZero() || x.SID != "" // nothing runs before a start was asked for
		if begun && (!x.State.Final() || x.State == SessionOrphan) && now.Before(x.Deadline()) {
			list = append(list, x)
		}
	}
	return list
}

// Deadline is when the session ends at the latest even if nothing stops it: the bound of its bill.
func (x *Session) Deadline() time.Time {
	from := x.StartedAt
	if from.IsZero() {
		from = x.AskedAt
	}
	return from.Add(time.Duration(x.MaxHour) * time.Hour)
}

// outlived is when the session can serve no longer: it ends by itself, or can no longer be asked and stopped.
func (x *Session) outlived() time.Time {
	if x.StartedAt.IsZero() || x.ExpireHour == 0 {
		return x.Deadline()
	}
	return Left(x.Deadline(), x.StartedAt.Add(time.Duration(x.ExpireHour)*time.Hour))
}

// Remark keeps something for the outcome's reason, once.
func (x *Session) Remark(text string) {
	if !slices.Contains(x.Remarks, text) && len(x.Remarks) < maxRemarks {
		x.Remarks = append(x.Remarks, text)
	}
}

// rewind moves what was measured by a clock that has been set back since along with it, so that ages and waits stay
// what they were, and says by how much. What others named stays: the times of plans, of files, of keys.
func (s *State) rewind(now time.Time) time.Duration {
	if s.Phase == Over && s.Settled() {
		return 0
	}
	ahead := time.Duration(0)
	for i := range s.Sessions {
		for _, at := range s.Sessions[i].passed() {
			ahead = max(ahead, at.Sub(now))
		}
	}
	if ahead < LeastJump {
		return 0
	}
	for i := range s.Sessions {
		x := &s.Sessions[i]
		for _, at := range append(x.passed(), &x.Next, &x.UpdateAt, &x.RenewAt) {
			back(at, ahead)
		}
		for j := range x.Paused {
			back(&x.Paused[j].From, ahead)
			back(&x.Paused[j].Until, ahead)
		}
	}
	for n := range s.Lanes {
		back(&s.Lanes[n].RetryAt, ahead)
	}
	return ahead
}

// passed are the instants of a session that our own clock has told, and that lie behind us.
func (x *Session) passed() []*time.Time {
	own := []*time.Time{
		&x.AskedAt, &x.AcquiredAt, &x.RequestedAt, &x.StartedAt, &x.HealthyFrom, &x.LastGood, &x.SuspectAt, &x.StopGoneAt, &x.StopAskedAt,
		&x.StoppedAt, &x.ResumedAt, &x.ToldAt,
	}
	if !x.Named {
		own = append(own, &x.RecordingAt)
	}
	return own
}

func back(at *time.Time, by time.Duration) {
	if !at.IsZero() {
		*at = at.Add(-by)
	}
}

// LeastJump is how far the wall clock must part from the time that passes to be worth a word. Less is what a daemon
// that keeps the time does by and by.
const LeastJump = 2 * time.Second

// Untouched says that nothing but the plan has had a say in the occurrence.
func (s *State) Untouched() bool {
	return reflect.DeepEqual(*s, State{Target: s.Target, Begin: s.Begin, Phase: Planned})
}

// Unasked is the session without what a query changes that is sent, and one that finds it running as before.
func (x Session) Unasked() Session {
	x.LastGood = time.Time{}
	if x.Asked == agora.OpQuery {
		x.Asked = ""
	}
	if x.Asked == "" {
		x.AskedAt = time.Time{}
	}
	x.Next, x.Tries, x.GoneAt = time.Time{}, 0, time.Time{}
	return x
}
