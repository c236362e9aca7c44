package session

import (
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
)

// Event is something that happened to an occurrence: [TimePassed], [Answered], [NoticeArrived], [PaddingPreempted],
// [Relieved], [Unattended], [SentLate] or [AccountAccepted]. That the spec or the clock has changed is no event: Decide compares.
type Event interface{ event() }

// TimePassed says that it is time to look again, and nothing else.
type TimePassed struct{}

// Answered is the answer to a request.
type Answered struct {
	Attempt int      // the session that it is about
	Op      agora.Op // the request; an answer to another one than the session has out changes nothing
	Answer  Answer
}

// NoticeArrived is a notification of the service.
type NoticeArrived struct{ Notice Notice }

// PaddingPreempted says that the padding after the class gives its place to another class.
type PaddingPreempted struct {
	By      string // identity of the other
	Granted int    // sessions that are granted at once, all of which are in use
}

// Relieved says that another class of the recording, which the plan has in place of this one, is being recorded.
type Relieved struct {
	By string // identity of the other
}

// Unattended says since when no process was running that could begin the occurrence; zero: one was.
type Unattended struct{ Since time.Time }

// SentLate says that an acquire or a start is only sent now, since the store could not be written before.
type SentLate struct {
	Attempt int // the session that it is about
	Op      agora.Op
	Since   time.Time // the store could not be written from then on
}

// AccountAccepted says that the service accepts the account again: an acquire that waits for that is due now.
type AccountAccepted struct{}

func (TimePassed) event()       {}
func (Answered) event()         {}
func (NoticeArrived) event()    {}
func (PaddingPreempted) event() {}
func (Relieved) event()         {}
func (Unattended) event()       {}
func (SentLate) event()         {}
func (AccountAccepted) event()  {}

// Action is a request that is to be sent about a session, once. Its answer, or the lack of one, comes back as [Answered].
type Action struct {
	Op      agora.Op
	Attempt int // the session's, in the status that Decide returned with it
}

// Decide is the state machine. It compares what is wanted of an occurrence with what is happening, takes in an event and
// returns the next status.
//
//   - actions are the requests to send now. The status says of each that it was asked, so the caller stores the status
//     before it sends them. Queries have no effect and need not be stored first.
//   - notes say in words what was decided and why. They may quote the service, without addresses.
//   - wake is when to call Decide again if nothing happens before; zero: the occurrence is over, and only an event counts.
//
// Decide is pure: the same input gives the same output, and status is not changed. It is level-triggered: it needs no event
// to notice that the spec or the time is another one. It never fails; an event that fits nothing changes nothing.
func Decide(spec Spec, status Status, e Event, now time.Time) (next Status, actions []Action, notes []string, wake time.Time) {
	d := Decision{S: View(spec, status.Clone()), generation: spec.Generation, now: now}
	d.onEvent(e)
	for {
		act, at := d.next()
		if act.Op == "" {
			return d.S.Status, actions, d.notes, at
		}
		actions = append(actions, act)
	}
}

// onEvent takes in what is wanted now, and then what happened.
func (d *Decision) onEvent(e Event) {
	if by := d.S.rewind(d.now); by > 0 {
		d.note("the clock was set back by %s at least", plan.DurationText(by.Round(time.Second)))
	}
	d.observeSpec()
	switch e := e.(type) {
	case Answered:
		d.onAnswer(e)
	case NoticeArrived:
		d.onNotice(e.Notice)
	case PaddingPreempted:
		d.onPaddingPreempted(e)
	case Relieved:
		d.onRelieved(e)
	case Unattended:
		if d.S.Fresh() && d.S.Phase != Ended {
			d.S.Unattended = e.Since
		}
	case SentLate:
		d.onSentLate(e)
	case AccountAccepted:
		for i := range d.S.Sessions {
			if x := &d.S.Sessions[i]; x.State == SessionAcquiring && x.Asked == "" {
				x.Next, x.Tries = d.now, 0
			}
		}
	}
}

// onSentLate has the outcome tell why a request was sent late, where that costs class time.
func (d *Decision) onSentLate(e SentLate) {
	x := d.S.Session(e.Attempt)
	if x == nil || !d.now.Add(catalog.StartLead()).After(d.S.Start) {
		return
	}
	text := fmt.Sprintf("session %d: its %s was held back, since the store could not be written from %s to %s", x.Attempt, e.Op, d.Clock(e.Since), d.Clock(d.now))
	x.Remark(text)
	d.note("%s", text)
}

// Decision is one run of Decide: a working copy of the state, and what was decided so far. It is for one call only.
type Decision struct {
	S          State
	generation int64 // of the spec
	now        time.Time
	notes      []string
	moves      []move // of sessions, in order
}

// move is a change of a session's state; from "": the session is new. Tests hold docs/state-machine.md by it.
type move struct{ from, to SessionState }

// enter brings a session into a state.
func (d *Decision) enter(x *Session, to SessionState) {
	if x.State != to {
		d.moves = append(d.moves, move{x.State, to})
	}
	x.State = to
}

func (d *Decision) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// mayRecord reports whether the class may be recorded, now or later: it is not cancelled, its end and padding have not passed, and
// it was not removed from the plan before a session began for it.
func (d *Decision) mayRecord() bool {
	return d.S.Cancel == nil && d.now.Before(d.S.Until) && !d.S.outOfPlan()
}

// next returns the next request that is due, or an action without Op and when to look again. It derives the phase, which follows
// from everything else.
func (d *Decision) next() (Action, time.Time) {
	act, wake := d.choose()
	d.S.Phase = d.phase()
	return act, wake
}

// choose returns the next request that is due. It looks at the sessions that there are (ask), then at replicas that need a new one
// (dueOrAbandon, beginSession), then at whether the occurrence is over (finish). Decide calls it, by next, until it names no request.
func (d *Decision) choose() (Action, time.Time) {
	s := &d.S
	if s.Phase == Ended && s.Outcome == Cancelled && s.Cancel == nil && d.now.Before(s.End) && !s.Absent {
		if s.OtherApp {
			s.replan()
		} else {
			s.reopen()
		}
		d.note("it is not cancelled any more")
	}
	for i := range s.Sessions {
		if act := d.ask(&s.Sessions[i]); act.Op != "" {
			return act, time.Time{}
		}
	}
	switch {
	case s.Phase == Ended, // what turned up after the end is only stopped
		s.OtherApp && s.Fresh() && !s.outOfPlan(),                      // the owner of that App ID goes on with it
		(s.NoNewSessions && s.Fresh() || s.OnlyStops) && d.mayRecord(): // a daemon goes on with it
		return Action{}, d.soonest(time.Time{})
	}
	for n := range s.ReplicaCount() {
		if d.mayRecord() && s.Replicas[n].AbandonReason == "" && s.active(n) == nil && d.dueOrAbandon(n) {
			return d.beginSession(n), time.Time{}
		}
	}
	if (!d.mayRecord() || !s.abandonReason().None()) && s.Settled() {
		d.finish()
		return Action{}, time.Time{}
	}
	return Action{}, d.wake()
}

// onAnswer takes in the answer to a request.
func (d *Decision) onAnswer(o Answered) {
	x := d.S.Session(o.Attempt)
	if x == nil || x.Asked != o.Op {
		return // an answer that nobody waits for any more, such as a query's after the stop was sent
	}
	x.Asked = ""
	a := o.Answer
	a.RetryAfter = d.boundRetryAfter(x, o.Op, a.RetryAfter)
	d.addForeign(x, o.Op, a)
	if a.Result != agora.Done {
		d.note("session %d: %s: %s", x.Attempt, o.Op, a)
	}
	switch o.Op {
	case agora.OpAcquire:
		d.onAcquire(x, a)
	case agora.OpStart:
		d.onStart(x, a)
	case agora.OpQuery:
		d.onQuery(x, a)
	case agora.OpUpdate:
		d.onUpdate(x, a)
	case agora.OpStop:
		d.onStop(x, a)
	}
}

// phase derives the phase from the sessions, the outcome and the time.
func (d *Decision) phase() Phase {
	s := &d.S
	seen := slices.ContainsFunc(s.current(), func(x Session) bool { return !x.RecordingAt.IsZero() })
	switch {
	case s.Outcome != "":
		return Ended
	case s.Fresh() && !s.Settled():
		return Stopping
	case s.Fresh():
		return Planned
	case !d.mayRecord() || !s.abandonReason().None():
		return Stopping
	case seen:
		return Recording
	default:
		return Starting
	}
}

// Clock writes an instant for people, in the zone of the class.
func (d *Decision) Clock(t time.Time) string {
	return t.In(d.S.Start.Location()).Format("2006-01-02 15:04:05Z07:00")
}
