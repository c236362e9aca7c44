package session

import (
	"time"

	"rundown/runner/reason"
)

// The plan may give a class another time or another App ID while it is being recorded or after it has ended. An
// outcome belongs to an interval: where the new interval lies ahead, the sessions so far become earlier ones, which are
// stopped and stay in the history, and the class is planned again.

// Left says that a session was begun for a time or an App ID that the plan has left since. It is only to be stopped.
func (s *State) Left(x *Session) bool { return x.Attempt <= s.Earlier }

// Fresh says that no session was begun yet for the present time and App ID.
func (s *State) Fresh() bool { return len(s.Sessions) <= s.Earlier }

// current are the sessions that were begun for the present time and App ID.
func (s *State) current() []Session { return s.Sessions[min(s.Earlier, len(s.Sessions)):] }

// dropped says that the class was moved, and the plan let go of it before it was begun again.
func (s *State) dropped() bool { return s.Absent && s.Fresh() }

// covered says that something was recorded, as far as is known: by a session that was begun for the class and was seen
// recording, if only once, or by an earlier one that wrote in its time.
func (s *State) covered() bool {
	for i := range s.Sessions {
		x := &s.Sessions[i]
		from, until := x.wrote()
		if !s.Left(x) && !from.IsZero() || Later(from, s.Start).Before(Left(until, s.End)) {
			return true
		}
	}
	return false
}

// touched says that the class was begun, so that what is left of it is recorded however little it is.
func (s *State) touched() bool { return !s.Fresh() || s.covered() }

// restart plans the occurrence again. Its sessions become earlier ones.
func (s *State) restart() {
	s.reopen()
	s.Earlier, s.FellFrom, s.Begin = len(s.Sessions), "", s.FirstRequest()
}

// reopen takes back that the occurrence is over.
func (s *State) reopen() {
	s.Phase, s.Outcome, s.Reason, s.ReasonCode, s.Gaps, s.EndedAt = Planned, "", "", "", nil, time.Time{}
	s.Lanes = [MostLanes]Lane{}
}

// startsAnew says that a plan gives the occurrence another time, which has not begun.
func (s *State) startsAnew(want Target, now time.Time) bool {
	return !want.Start.Equal(s.Start) && now.Before(want.FirstRequest())
}

// again says that a plan gives an occurrence that is over another time, of which something is still ahead.
func (s *State) again(want Target, now time.Time) bool {
	want = want.Lasting(s.Extended)
	return (!want.Start.Equal(s.Start) || !want.End.Equal(s.End)) && want.End.After(now)
}

// Planned takes back that the plan cancelled the class, and is false where that comes too late: its session is being
// stopped, and the new times are past.
func (s *State) Planned(want Target, now time.Time) bool {
	if s.Cancel == nil || s.Cancel.ReasonCode != reason.CancelledByPlan {
		return true
	}
	if s.Phase != Over && !want.Lasting(s.Extended).Until.After(now) {
		return false
	}
	s.Cancel = nil
	return true
}

// Retarget takes in what a plan wants of an occurrence that it does not cancel. It is false where the new times are
// refused, since they are past and the class is being recorded.
func (s *State) Retarget(want Target, downSince, now time.Time) bool {
	target := want.Lasting(s.Extended)
	switch {
	case s.Phase == Over && s.Outcome == Cancelled && len(s.Sessions) == 0:
		s.Target, s.DownSince = target, downSince
	case s.Phase == Over:
		s.Absent = false
		if !s.again(want, now) {
			if s.Outcome == Cancelled && !target.End.After(now) { // else it would be begun by the times that it had
				s.Target = target
			}
			return true
		}
		anew, cancel, outcome, text, code := s.startsAnew(target, now), s.Cancel, s.Outcome, s.Reason, s.ReasonCode
		s.Target, s.DownSince, s.MovedTo = target, downSince, ""
		if s.reopen(); anew {
			s.restart()
		}
		if cancel != nil { // until that is undone
			s.Phase, s.Outcome, s.Reason, s.ReasonCode = Over, outcome, text, code
		}
	case s.Fresh():
		s.Target, s.DownSince, s.MovedTo = target, downSince, ""
		if s.Phase != Planned { // it is placed beside others once its earlier sessions are stopped
			s.Begin = s.FirstRequest()
		}
	case !target.Until.Equal(s.Until) && !target.Until.After(now):
		s.KeepUp(target)
		return false
	case s.startsAnew(target, now):
		s.Target, s.DownSince = target, downSince
		s.restart()
	default:
		if !target.End.After(now) { // padding that gave way is not given back
			target.Until = Left(target.Until, s.Until)
		}
		s.Start, s.End, s.PlanEnd, s.From, s.Until = target.Start, target.End, target.PlanEnd, target.From, target.Until
		s.KeepUp(target)
	}
	return true
}

// KeepUp takes in what does not touch the times of a class that is being recorded.
func (s *State) KeepUp(target Target) {
	s.CDN, s.Fallback, s.Priority, s.Absent = target.CDN, target.Fallback, target.Priority, false
}

// Leave has an occurrence stopped that another App ID is to record.
func (s *State) Leave(want Target, now time.Time) {
	target := want.Lasting(s.Extended)
	switch {
	case s.MovedTo == want.App && !s.dropped(): // as was said before
		return
	case s.Phase == Over:
		undone := s.Outcome == Cancelled && s.Cancel == nil && target.End.After(now)
		if !undone && !s.again(want, now) {
			return
		}
		s.restart()
	case !s.Fresh():
		if !target.Until.After(now) {
			return
		}
		s.restart()
	}
	s.MovedTo, s.Absent = want.App, false
}
