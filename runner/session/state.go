package session

import (
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
)

// Phase is where an occurrence stands.
type Phase string

// The phases of an occurrence. A crash leaves each of them as it is; what was asked and not answered is told to
// Decide at the next start.
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
	Closure    int64       `json:"closure,omitempty"`     // the number of the closure that gave it; 0: an order for this class
}

// Target is what a plan wants of an occurrence. It holds no secret.
type Target struct {
	Identity
	Interval
	Service
	Destination
	URL          string        `json:"url"` // masked
	Cname        string        `json:"cname"`
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
	ID        string `json:"id"`
	Plan      string `json:"plan"`
	Recording string `json:"recording"`
	Zone      string `json:"timezone"`
	Day       string `json:"day"`   // planned, local: 2031-09-17
	Clock     string `json:"clock"` // planned, local: 19:00
}

// Interval is when the class is, and when its recording runs.
type Interval struct {
	Start   time.Time `json:"start"` // of the class
	End     time.Time `json:"end"`
	PlanEnd time.Time `json:"plan_end,omitzero"` // of the class by its plan, where an extension lasts longer
	From    time.Time `json:"from"`              // of the recording: with padding
	Until   time.Time `json:"until"`
}

// Service is what of the service records the occurrence.
type Service struct {
	App     string              `json:"app"`                // App ID
	AppName string              `json:"app_name,omitempty"` // in the plan
	Region  catalog.Region      `json:"region,omitempty"`
	Near    catalog.Near        `json:"near,omitempty"` // of the sessions that are begun
	Class   catalog.StreamClass `json:"class,omitempty"`
}

// Destination is where the files go.
type Destination struct {
	Storage string `json:"storage,omitempty"` // its name in the plan
	Bucket  string `json:"bucket,omitempty"`
	Prefix  string `json:"prefix,omitempty"` // where in the bucket the files are
}

// Orders are what operators ordered for an occurrence. They belong to its identity and outlive its plan.
type Orders struct {
	Cancel   *Cancel    `json:"cancel,omitempty"`
	Extended *Extension `json:"extended,omitempty"`
}

// Spec is what is wanted of an occurrence: by its plan, by operators, and by the worker that places it beside others.
type Spec struct {
	Target
	Orders
	Generation int64       `json:"-"`                 // the change of specs that wrote it
	Absent     bool        `json:"absent,omitempty"`  // no plan holds it
	Dropped    *Cancel     `json:"dropped,omitempty"` // the plan holds it as cancelled
	Account    *AccountRef `json:"account,omitempty"` // of a class whose plan the store does not keep
	Local      `json:"-"`
}

// Local is what only the worker can say of an occurrence. It is not stored.
type Local struct {
	Placed        time.Time     // when its first request is due beside the others; zero: it was not placed
	PlacedFrom    time.Time     // the beginning of the recording that was placed; of another, Placed says nothing
	QueryEvery    time.Duration // between queries for a healthy session; 0: the documented interval
	PollOffset    int           // among what the worker watches, from 1; 0: none was given. It spreads the queries
	OtherApp      bool          // it is for another App ID to record
	NoNewSessions bool          // nothing of it is begun here: that is a daemon's
	OnlyStops     bool          // what runs of it is stopped, and nothing else is done
}

// Status is what is happening to an occurrence. Only Decide changes it.
type Status struct {
	Observed        Observed             `json:"observed,omitzero"`
	Begin           time.Time            `json:"begin"`               // when the first request is due
	Unattended      time.Time            `json:"unattended,omitzero"` // since when nobody was there to begin it: the last sign of life of the daemon before, or when the clock leapt or the machine fell asleep
	Preempted       time.Time            `json:"preempted,omitzero"`  // when its padding gave way to another class
	Relieved        time.Time            `json:"relieved,omitzero"`   // when another class of the recording was found to write in its place, since no plan held it
	Phase           Phase                `json:"phase"`
	Outcome         Outcome              `json:"outcome,omitempty"`
	Reason          string               `json:"reason,omitempty"`
	ReasonCode      reason.Code          `json:"reason_code,omitempty"` // of every outcome but recorded
	Gaps            []Gap                `json:"gaps,omitempty"`
	Sessions        []Session            `json:"-"`                          // rows of their own
	EarlierSessions int                  `json:"earlier_sessions,omitempty"` // the first so many sessions were begun for a time or an App ID that the plan has left since
	Replicas        [MaxReplicas]Replica `json:"replicas,omitzero"`          // of these the target uses as many as it has pairs of uids
	FailedOverFrom  string               `json:"failed_over_from,omitempty"` // the masked address that the push broke at and left for the fallback
	EndedAt         time.Time            `json:"ended_at,omitzero"`
}

// Observed is what of the spec the status has taken in: the class that phase, replicas and outcome are about.
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
	return s.Dropped
}

// MaxReplicas is how many sessions of one class run at once at most: the bound of a plan's redundancy.
const MaxReplicas = 4

// Replica is one of the recordings that are to run at once: each has its own sessions, one after the other, and its own
// pair of uids. There is one, and with redundancy there are more.
type Replica struct {
	Failures      int         `json:"failures,omitempty"`       // in a row
	PageFailures  int         `json:"page_failures,omitempty"`  // of these, for a cause that lies in the page
	Foreign       int         `json:"foreign,omitempty"`        // sessions in a row whose starts were not answered by the service; they are no failures
	RetryAt       time.Time   `json:"retry_at,omitzero"`        // no new session before this
	AbandonReason string      `json:"abandon_reason,omitempty"` // why no further session is begun
	AbandonCode   reason.Code `json:"abandon_code,omitempty"`
}

// Clone gives a status whose sessions can be changed without changing the original's.
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

// Clone gives a state whose sessions can be changed without changing the original's.
func (s State) Clone() State {
	s.Status = s.Status.Clone()
	return s
}

// ReplicaCount is how many sessions are to run at once.
func (t *Target) ReplicaCount() int { return len(t.UIDs) }

// abandonReason says why no replica begins another session; none while one may, or one that is no longer wanted still carries.
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

// active is the session that records the class in a replica or is on its way to, and that no other is to follow; nil
// for none.
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

// Writes says that a session records the class now, as far as is known.
func (s *State) Writes() bool {
	return slices.ContainsFunc(s.current(), func(x Session) bool { return x.State == SessionRunning && !x.RecordingAt.IsZero() })
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

// rewind moves what was measured by a clock that has been set back since along with it, so that ages and waits stay
// what they were, and says by how much. What others named stays: the times of plans, of files, of keys.
func (s *State) rewind(now time.Time) time.Duration {
	if s.Phase == Over && s.Settled() {
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

// MinClockJump is how far the wall clock must part from the time that passes to be worth a word. Less is what a daemon
// that keeps the time does by and by.
const MinClockJump = 2 * time.Second
