package session

import (
	"strings"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
)

// observation is an event in one form: an answer, a notification or, where it is empty, that time has passed.
type observation struct {
	Attempt int
	Op      agora.Op
	Answer  Answer
	Notice  *Notice
}

func (o observation) event() Event {
	switch {
	case o.Notice != nil:
		return NoticeArrived{*o.Notice}
	case o.Op != "":
		return Answered{o.Attempt, o.Op, o.Answer}
	}
	return TimePassed{}
}

// decided is one request of a decision, or else when to look again.
type decided struct {
	Op      agora.Op
	Attempt int
	Wake    time.Time
}

// decideOne has a state take in an observation and names the first request that follows.
func decideOne(s State, o observation, now time.Time) (State, decided, string) {
	d := Decision{S: s.Clone(), now: now}
	act := d.decide(o)
	return d.S, act, strings.Join(d.notes, "; ")
}

func (d *Decision) decide(o observation) decided {
	d.onEvent(o.event())
	act, wake := d.next()
	return decided{act.Op, act.Attempt, wake}
}

// The tests change a state as the runner changes a spec where a plan has changed: what reconcile refuses is refused here.

// Retarget has the plan want something else; false where its new end is past and refused.
func (s *State) Retarget(want Target, _, now time.Time) bool {
	target := want.Lasting(s.Extended)
	over := s.Phase == Ended
	switch {
	case over && s.Outcome != Cancelled && (target.Start.Equal(s.Start) && target.End.Equal(s.End) || !target.End.After(now)):
		s.Absent = false
		return true
	case !over && !s.Fresh() && !target.Until.After(now) && !target.Until.Equal(s.Until):
		target.Interval = s.Interval
		s.Target, s.Absent = target, false
		return false
	}
	s.Target, s.Absent, s.OtherApp = target, false, false
	return true
}

// Planned takes back that the plan cancelled the class; false where that comes too late.
func (s *State) Planned(want Target, now time.Time) bool {
	if s.Cancel == nil || s.Cancel.ReasonCode != reason.CancelledByPlan {
		return true
	}
	if s.Phase != Ended && !want.Lasting(s.Extended).Until.After(now) {
		return false
	}
	s.Cancel = nil
	return true
}

// Leave has the plan give the class to another App ID.
func (s *State) Leave(want Target, now time.Time) {
	if s.Retarget(want, time.Time{}, now) {
		s.OtherApp = true
	}
}
