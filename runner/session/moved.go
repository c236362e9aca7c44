package session

import (
	"slices"
	"time"

	"rundown/runner/reason"
)

// The plan may give a class another time or another App ID while it is being recorded or after it has ended. An
// outcome belongs to an interval: where the new interval lies ahead, the sessions so far become earlier ones, which are
// stopped and stay in the history, and the class is planned again.

// IsEarlier says that a session was begun for a time or an App ID that the class no longer has. It is only to be stopped.
func (s *State) IsEarlier(x *Session) bool { return x.Attempt <= s.EarlierSessions }

// Fresh says that no session was begun yet for the present time and App ID.
func (s *State) Fresh() bool { return len(s.Sessions) <= s.EarlierSessions }

// current are the sessions that were begun for the present time and App ID.
func (s *State) current() []Session { return s.Sessions[min(s.EarlierSessions, len(s.Sessions)):] }

// PageOfRecording is the page that the class is being recorded from, or was; "" where that is not known. A session is told its page at its
// start alone, so that it may be another one than that of the plan.
func (s *Status) PageOfRecording() string {
	for i := len(s.Sessions) - 1; i >= s.EarlierSessions; i-- {
		if url := s.Sessions[i].URL; url != "" {
			return url
		}
	}
	return ""
}

// outOfPlan says that no plan holds the class and no session was begun for its present time: it was moved, and then removed. A class
// that has begun is recorded to its end, also where the plan does not hold it any more.
func (s *State) outOfPlan() bool { return s.Absent && s.Fresh() }

// hasRecording says that something was recorded, as far as is known: by a session that was begun for the class and was seen
// recording, if only once, or by an earlier one that wrote in its time.
func (s *State) hasRecording() bool {
	for i := range s.Sessions {
		x := &s.Sessions[i]
		from, until := x.writtenPeriod()
		if !s.IsEarlier(x) && !from.IsZero() || Later(from, s.Start).Before(Earlier(until, s.End)) {
			return true
		}
	}
	return false
}

// begun says that the class was begun, so that what is left of it is recorded however little it is.
func (s *State) begun() bool { return !s.Fresh() || s.hasRecording() }

// replan plans the occurrence again. Its sessions become earlier ones.
func (s *State) replan() {
	s.reopen()
	s.Replicas = [MaxReplicas]Replica{}
	s.EarlierSessions, s.FailedOverFrom, s.Begin, s.Preempted, s.Relieved = len(s.Sessions), "", s.FirstRequest(), time.Time{}, time.Time{}
}

// reopen takes back the outcome of an occurrence, and that replicas were given up. Sessions and failures stay.
func (s *State) reopen() {
	s.Phase, s.Outcome, s.Reason, s.ReasonCode, s.Gaps, s.EndedAt = Planned, "", "", "", nil, time.Time{}
	for n := range s.Replicas {
		s.Replicas[n].abandon(reason.Reason{})
	}
}

// resumeReplicas takes back that replicas were given up since no class time was left. Such a replica was given up by dueOrAbandon, or by
// endUnneeded for what its last session waited for.
func (s *State) resumeReplicas() {
	for n := range s.ReplicaCount() {
		rep, x := &s.Replicas[n], s.last(n)
		if rep.AbandonCode == reason.NoTimeLeft || x != nil && rep.abandonReason() == x.reason() {
			rep.abandon(reason.Reason{})
		}
	}
}

// resumeReturned goes on with a class that was given up since no session could be begun while its plan did not hold it, and that the
// plan holds again before its end.
func (d *Decision) resumeReturned() {
	s := &d.S
	left := func(rep Replica) bool { return rep.AbandonCode == reason.LeftPlan }
	if s.Absent || s.Cancel != nil || !d.now.Before(s.End) || !slices.ContainsFunc(s.Replicas[:], left) {
		return
	}
	s.reopen()
	d.note("its plan holds it again")
}

// observeSpec takes in what is wanted now where that is other than what the status is about. A class that is given a time
// ahead, or to another App ID, is planned again: its sessions become earlier ones. Where a class that has not ended is given a later end,
// replicas that had no class time left go on.
func (d *Decision) observeSpec() {
	s := &d.S
	if s.Phase == "" {
		s.Phase = Planned
	}
	d.resumeReturned()
	first := s.Observed.Start.IsZero()
	moved := !first && (!s.Start.Equal(s.Observed.Start) || !s.End.Equal(s.Observed.End))
	anew := !first && !s.Start.Equal(s.Observed.Start) && d.now.Before(s.FirstRequest())
	switch {
	case s.Phase == Ended && (!moved || s.Cancel != nil || s.Absent || !s.End.After(d.now)):
		return // its outcome stands
	case s.Phase == Ended && (anew || s.OtherApp):
		s.replan()
	case s.Phase == Ended:
		s.reopen()
		s.Replicas = [MaxReplicas]Replica{}
	case !s.Fresh() && (anew || s.OtherApp && d.mayRecord()):
		s.replan()
	}
	if moved && s.Fresh() {
		s.Unattended = time.Time{}
	}
	if moved && s.End.After(s.Observed.End) && s.End.After(d.now) {
		s.resumeReplicas()
	}
	s.Observed = Observed{Generation: d.generation, Start: s.Start, End: s.End}
	switch {
	case !s.Fresh() || s.OtherApp:
	case s.Placed.IsZero() && !moved && !s.Begin.IsZero():
	case !s.Placed.IsZero() && s.PlacedFrom.Equal(s.From):
		s.Begin = s.Placed
	default: // it is placed beside the others soon
		s.Begin = s.FirstRequest()
	}
}
