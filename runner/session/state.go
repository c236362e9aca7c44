package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
)

// Phase is where an occurrence stands.
type Phase string

// The phases of an occurrence. They follow from its sessions and its outcome, and the runner stores them for its queries. A
// crash changes none of them: the next worker reads the row and reports to Decide each request that has no answer.
const (
	Planned   Phase = "planned"   // nothing was sent yet for its present time
	Starting  Phase = "starting"  // a session is being acquired, started or confirmed; nothing was seen running yet
	Recording Phase = "recording" // a session was seen recording; it stays so between two sessions
	Stopping  Phase = "stopping"  // the class is over, and a session is not stopped yet
	Ended     Phase = "ended"     // it has an outcome, which stays unless the class is moved or its cancellation is taken back
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

// Gap is a part of the class that was not recorded: [From, Until), at least a second.
type Gap struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Cancel is an order to end an occurrence or not to begin it. The plan gives it (Spec.CancelledByPlan), or an operator: by cancel,
// by stop, which is the same order for a class that is being recorded, or by a closure.
type Cancel struct {
	At         time.Time   `json:"at"`
	Who        string      `json:"who"`
	Reason     string      `json:"reason,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // says whether an operator gave it, or the plan
	Closure    int64       `json:"closure,omitempty"`     // the number of the closure that gave it; 0: an order for this class
}

// Target is what a plan wants of an occurrence. It holds no secret, so that it can be stored: requests are built from the plan, whose
// references are resolved then.
//
// A session that runs takes over a change of the interval, the App ID, the replicas, CDN and Fallback. Everything else, such as URL
// and Destination, is sent with a start only, so it counts for sessions that are begun later.
type Target struct {
	Identity
	Interval
	Service
	Destination
	URL          string        `json:"url"`                     // masked
	Cname        string        `json:"cname"`                   // with a UID it names a recording at the service
	UIDs         [][2]string   `json:"uids"`                    // of each replica, between which its sessions alternate
	Priority     plan.Priority `json:"priority,omitempty"`      // who goes first when the budget is short; "": normal
	Exact        bool          `json:"exact_start,omitempty"`   // opened on hold and written from Start on
	CDN          string        `json:"cdn,omitempty"`           // masked address, "" for none
	Fallback     string        `json:"fallback,omitempty"`      // masked address that the push moves to when it breaks; "" for none
	ReadyTimeout time.Duration `json:"ready_timeout,omitempty"` // 0: no detection
	MinRemainder time.Duration `json:"min_remainder"`           // what a late start must have left; negative: no late start
	Attempts     int           `json:"attempts"`                // failures in a row before giving up
	MaxHour      int           `json:"max_hour"`                // maxRecordingHour
	ExpireHour   int           `json:"expire_hour"`             // resourceExpiredHour
}

// Identity names an occurrence. It never changes.
type Identity struct {
	ID        string `json:"id"` // plan/recording/START: the planned start in UTC, as 20310917T170000Z
	Plan      string `json:"plan"`
	Recording string `json:"recording"` // its id in the plan
	Zone      string `json:"timezone"`  // IANA name, in which people read its times
	Day       string `json:"day"`       // planned, local: 2031-09-17
	Clock     string `json:"clock"`     // planned, local: 19:00
}

// Interval is when the class is, and when its recording runs.
type Interval struct {
	Start   time.Time `json:"start"` // of the class
	End     time.Time `json:"end"`
	PlanEnd time.Time `json:"plan_end,omitzero"` // of the class by its plan, where an extension lasts longer
	From    time.Time `json:"from"`              // by when it must be recording: Start less the padding; with exact_start by when its page must be open, on hold
	Until   time.Time `json:"until"`             // its sessions are stopped then: End and the padding
}

// Service is what of the service records the occurrence.
type Service struct {
	App         string              `json:"app"`                // App ID
	AppName     string              `json:"app_name,omitempty"` // in the plan
	Region      catalog.Region      `json:"region,omitempty"`   // the only area of recording servers; "": near the caller
	Near        catalog.Area        `json:"near,omitempty"`     // of the sessions that are begun
	StreamClass catalog.StreamClass `json:"class,omitempty"`    // of resolution, by which the service limits what runs at once
}

// Destination is where the files go.
type Destination struct {
	Storage string `json:"storage,omitempty"` // its name in the plan
	Bucket  string `json:"bucket,omitempty"`
	Prefix  string `json:"prefix,omitempty"` // where in the bucket the files are
}

// The kinds of operators' commands, as the store keeps them.
const (
	CommandCancel   = "cancel"
	CommandUncancel = "uncancel"
	CommandExtend   = "extend"   // Args: ExtendArgs
	CommandUnextend = "unextend" // takes back the extension of the closure that Args name, else the last one of the class alone
	CommandStop     = "stop"     // a cancel that leaves what has not begun
)

// Orders are what operators ordered for an occurrence. They stay with its identity, whatever becomes of its plan.
type Orders struct {
	Cancel   *Cancel    `json:"cancel,omitempty"`
	Extended *Extension `json:"extended,omitempty"`
}

// Spec is what is wanted of an occurrence: by its plan, by operators, and by the worker that places it beside others. Spec
// transactions of package runner write it (all but Local); Decide reads it and compares it with Status.Observed.
type Spec struct {
	Target
	Orders
	Generation      int64       `json:"-"`                 // the change of specs that wrote it
	Absent          bool        `json:"absent,omitempty"`  // no plan holds it
	CancelledByPlan *Cancel     `json:"dropped,omitempty"` // the plan holds it as cancelled; the key is older than the name
	Account         *AccountRef `json:"account,omitempty"` // of a class whose plan the store does not keep
	Local           `json:"-"`
}

// Local is what only the worker knows of an occurrence. It is not stored: the worker sets it before each Decide, and OtherApp
// also where it reads the row.
type Local struct {
	Placed        time.Time     // when its first request is due, as placed beside those of other classes; zero: it was not placed
	PlacedFrom    time.Time     // the From for which it was placed; where From is another, Placed does not count
	QueryEvery    time.Duration // between queries for a healthy session; 0: the documented interval
	PollOffset    int           // its number among what the worker watches, from 1; 0: none. It spreads the queries over the interval
	OtherApp      bool          // the plan gives it to another App ID
	NoNewSessions bool          // this process begins nothing: a daemon does
	OnlyStops     bool          // this process only stops what runs
}

// Status is what is happening to an occurrence. Only Decide changes it, and only the worker that owns the App ID stores it. The zero
// Status is that of a class which Decide has not seen yet. It holds no secret.
type Status struct {
	Observed        Observed             `json:"observed,omitzero"`
	Begin           time.Time            `json:"begin"`               // when the first request is due
	Unattended      time.Time            `json:"unattended,omitzero"` // since when no process was running that could begin it: the last heartbeat of the daemon before, or when the clock jumped or the machine slept
	Preempted       time.Time            `json:"preempted,omitzero"`  // when its padding ended early, for another class
	Relieved        time.Time            `json:"relieved,omitzero"`   // when another class of the recording took over, since no plan holds this one
	Phase           Phase                `json:"phase"`
	Outcome         Outcome              `json:"outcome,omitempty"`          // "" until it has ended
	Reason          string               `json:"reason,omitempty"`           // a sentence for people; nothing is decided by it
	ReasonCode      reason.Code          `json:"reason_code,omitempty"`      // of every outcome but recorded
	Gaps            []Gap                `json:"gaps,omitempty"`             // of an ended class, in order, without overlap
	Sessions        []Session            `json:"-"`                          // stored as rows of their own
	EarlierSessions int                  `json:"earlier_sessions,omitempty"` // how many of the first sessions were begun for an earlier time or App ID of the class
	Replicas        [MaxReplicas]Replica `json:"replicas,omitzero"`          // of which the first ReplicaCount are used
	FailedOverFrom  string               `json:"failed_over_from,omitempty"` // the masked address at which the push broke, so that it moved to the fallback
	EndedAt         time.Time            `json:"ended_at,omitzero"`          // when it got its outcome
}

// Observed is the part of the spec that the status has taken in: phase, replicas and outcome are about this interval.
type Observed struct {
	Generation int64     `json:"generation,omitempty"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
}

// State is an occurrence as Decide sees it, and as it is reported: what is wanted now, beside what is happening.
type State struct {
	Target // with the extension laid over it, and what ends it sooner
	Status
	Cancel   *Cancel // of an operator or of the plan
	Extended *Extension
	Absent   bool
	Account  *AccountRef
	Local
}

// View is the state that a spec and a status make.
func View(spec Spec, status Status) State {
	s := State{
		Target: spec.Lasting(spec.Extended), Status: status, Cancel: spec.cancel(), Extended: spec.Extended,
		Absent: spec.Absent, Account: spec.Account, Local: spec.Local,
	}
	if at := status.Relieved; !at.IsZero() && spec.Absent { // whatever was ordered
		s.End, s.Until = Earlier(s.End, at), Earlier(s.Until, at)
	}
	if at := status.Preempted; !at.IsZero() && !at.Before(s.End) { // a later end is recorded all the same
		s.Until = Earlier(s.Until, at)
	}
	return s
}

// cancel is the order not to record: an operator's, else the plan's.
func (s *Spec) cancel() *Cancel {
	if s.Cancel != nil {
		return s.Cancel
	}
	return s.CancelledByPlan
}

// Decode reads back what the store keeps of an occurrence: its account, and that of each of its sessions in order of attempt. What the
// store has in columns of its own, such as the phase and the outcome, the caller sets.
func Decode(doc []byte, sessions [][]byte) (Spec, Status, error) {
	var d struct {
		Spec
		Status
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return d.Spec, d.Status, err
	}
	for i, one := range sessions {
		var x Session
		if err := json.Unmarshal(one, &x); err != nil {
			return d.Spec, d.Status, fmt.Errorf("session %d: %w", i+1, err)
		}
		d.Sessions = append(d.Sessions, x)
	}
	return d.Spec, d.Status, nil
}

// MaxReplicas is how many sessions of one class run at once at most: the bound of a plan's redundancy.
const MaxReplicas = 4

// Replica is one of the recordings of a class that run at once. Each has its own sessions, one after the other, and its own
// pair of uids. A class has one, or more with redundancy.
type Replica struct {
	Failures      int         `json:"failures,omitempty"`       // in a row; ten healthy minutes reset them
	PageFailures  int         `json:"page_failures,omitempty"`  // how many of them had a cause in the page
	Foreign       int         `json:"foreign,omitempty"`        // sessions in a row whose starts something else than the service answered; they do not count as failures
	RetryAt       time.Time   `json:"retry_at,omitzero"`        // no new session begins before this
	AbandonReason string      `json:"abandon_reason,omitempty"` // why no further session begins; "": one may
	AbandonCode   reason.Code `json:"abandon_code,omitempty"`
}

// Clone is a copy that shares nothing with the original that Decide changes.
func (s Status) Clone() Status {
	s.Sessions = slices.Clone(s.Sessions)
	for i := range s.Sessions {
		s.Sessions[i].Remarks = slices.Clone(s.Sessions[i].Remarks)
		s.Sessions[i].Paused = slices.Clone(s.Sessions[i].Paused)
		s.Sessions[i].Foreign = slices.Clone(s.Sessions[i].Foreign)
	}
	s.Gaps = slices.Clone(s.Gaps)
	return s
}

// Clone is a copy that shares nothing with the original that Decide changes.
func (s State) Clone() State {
	s.Status = s.Status.Clone()
	return s
}

// ReplicaCount is how many sessions are to run at once, from 1 to MaxReplicas.
func (t *Target) ReplicaCount() int { return len(t.UIDs) }

// abandonReason is why no replica begins another session. It is empty while one may, and while one that the plan no longer
// wants still records.
func (s *State) abandonReason() reason.Reason {
	for i := range s.Sessions {
		if s.excess(&s.Sessions[i]) {
			return reason.Reason{}
		}
	}
	var why reason.Reason
	for n := range s.ReplicaCount() {
		if s.Replicas[n].abandonReason().None() {
			return reason.Reason{}
		}
		why = why.Or(s.Replicas[n].abandonReason())
	}
	return why
}

// active is the session of a replica that records the class or is on its way to it; nil for none. A session that is to be
// replaced is not active.
func (s *State) active(replica int) *Session {
	for i := range s.Sessions {
		if x := &s.Sessions[i]; x.Replica == replica && x.State.Carries() && !x.Draining && !s.IsEarlier(x) {
			return x
		}
	}
	return nil
}

// last is the latest session of a replica; nil for none.
func (s *State) last(replica int) *Session {
	for i := len(s.Sessions) - 1; i >= 0; i-- {
		if s.Sessions[i].Replica == replica {
			return &s.Sessions[i]
		}
	}
	return nil
}

// otherUID is the uid of a session's replica that it does not have.
func (s *State) otherUID(x *Session) string {
	if uids := s.UIDs[x.Replica]; x.UID == uids[0] {
		return uids[1]
	}
	return s.UIDs[x.Replica][0]
}

// Writes reports whether a session records the class now, as far as is known.
func (s *State) Writes() bool {
	return slices.ContainsFunc(s.current(), func(x Session) bool { return x.State == SessionRunning && !x.RecordingAt.IsZero() })
}

// Settled reports whether nothing more is asked about any session.
func (s *State) Settled() bool {
	for i := range s.Sessions {
		if !s.Sessions[i].State.Final() {
			return false
		}
	}
	return true
}

// MayRun lists the sessions that may still run, and cost money, at an instant: those that are not final, and orphans.
func (s *State) MayRun(now time.Time) (list []Session) {
	for _, x := range s.Sessions {
		begun := !x.RequestedAt.IsZero() || x.SID != "" // nothing runs before a start was asked for
		if begun && (!x.State.Final() || x.State == SessionOrphan) && now.Before(x.Deadline()) {
			list = append(list, x)
		}
	}
	return list
}

// rewind corrects stored instants after the clock was set back, so that ages and waits stay what they were, and returns by
// how much. Times that others gave stay: those of plans, of files, of credentials.
func (s *State) rewind(now time.Time) time.Duration {
	if s.Phase == Ended && s.Settled() {
		return 0
	}
	ahead := time.Duration(0)
	for i := range s.Sessions {
		for _, at := range s.Sessions[i].ownTimes() {
			ahead = max(ahead, at.Sub(now))
		}
	}
	if ahead < MinClockJump {
		return 0
	}
	for i := range s.Sessions {
		x := &s.Sessions[i]
		for _, at := range append(x.ownTimes(), &x.Next, &x.UpdateAt, &x.RenewAt) {
			back(at, ahead)
		}
		for j := range x.Paused {
			back(&x.Paused[j].From, ahead)
			back(&x.Paused[j].Until, ahead)
		}
	}
	for n := range s.Replicas {
		back(&s.Replicas[n].RetryAt, ahead)
	}
	return ahead
}

// MinClockJump is how far the wall clock must differ from the time that has passed to count as a jump. Smaller differences
// are what time synchronisation does all the time.
const MinClockJump = 2 * time.Second
