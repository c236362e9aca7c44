package session

import (
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// ReplacedWithin is how long nothing of a class may be recorded before people are told. As a rule another session records sooner: acquire
// and start are asked at once, the first query comes 5 s after the sid and the next two 5 and 10 s later, and where that session fails too
// one more is begun 30 s later.
const ReplacedWithin = time.Minute

// Interrupted says that a class is to be recorded now, and that no session of it is known to do so, by its phase and the states of its
// sessions. Commands, the page and notifications all go by it.
func Interrupted(phase Phase, sessions ...SessionState) bool {
	return phase == Recording && recordedByNone(sessions)
}

func recordedByNone(sessions []SessionState) bool {
	return len(sessions) > 0 && !slices.Contains(sessions, SessionRunning)
}

// Interruption is what is known of a class that is on and of which nothing is recorded any more.
type Interruption struct {
	Since   time.Time     // nothing of the class is known to be recorded from then on; not before its start
	Last    *Session      // the session that recorded last, until then; nil: nothing was ever recorded
	Next    *Session      // is on its way to record it; nil: none
	NextAt  time.Time     // when Rundown asks next, or begins the next session; zero: it is doing so
	GivenUp reason.Reason // why no other session begins; none: one does
	Suspect bool          // a session may still record: the service does not show it, as in a failover
}

// Grace is how long nothing of the class may be recorded before people are told: also as long as a failover takes, where it may be one.
func (i *Interruption) Grace() time.Duration {
	if i.Suspect {
		return catalog.FailoverWindow() + ReplacedWithin
	}
	return ReplacedWithin
}

// Interruption is what is known of the class where nothing of it is recorded now although it is on and a session was begun; else nil. It
// is nil before the start and after the end of the class, and of one that is cancelled or moved. One that Rundown has given up has an
// outcome, except while a session is still to be stopped.
func (s *State) Interruption(now time.Time) *Interruption {
	if now.Before(s.Start) || !now.Before(s.End) {
		return nil
	}
	var states []SessionState
	for i := range s.Sessions {
		states = append(states, s.Sessions[i].State)
	}
	i := Interruption{GivenUp: s.abandonReason()}
	givenUp := s.Phase == Stopping && s.Cancel == nil && !i.GivenUp.None() && recordedByNone(states)
	if !givenUp && !Interrupted(s.Phase, states...) {
		return nil
	}
	var last time.Time
	for k := range s.Sessions {
		x := &s.Sessions[k]
		i.Suspect = i.Suspect || x.State == SessionSuspect
		if from, until := x.writtenPeriod(); !from.IsZero() && (i.Last == nil || until.After(last)) {
			i.Last, last = x, until
		}
	}
	i.Since = Later(last, s.Start)
	if givenUp {
		return &i
	}
	for n := range s.ReplicaCount() {
		switch x := s.active(n); {
		case i.Next != nil, x == nil && s.Replicas[n].AbandonReason != "":
		case x == nil:
			i.NextAt = EarlierWake(i.NextAt, s.Replicas[n].RetryAt)
		case x.Asked != "":
			i.Next, i.NextAt = x, time.Time{}
		default:
			i.Next, i.NextAt = x, x.Next
		}
	}
	if !i.NextAt.After(now) {
		i.NextAt = time.Time{}
	}
	return &i
}

// GapsUntil are the parts of the class before an instant that no session is known to have recorded.
func (s *State) GapsUntil(at time.Time) []Gap { return gaps(s.Start, Earlier(at, s.End), s.Sessions) }

// RecordsSince is since when the sessions that record now do so; zero: none does.
func (s *State) RecordsSince() (since time.Time) {
	for i := range s.Sessions {
		if x := &s.Sessions[i]; x.State == SessionRunning {
			since = EarlierWake(since, x.RecordingAt)
		}
	}
	return since
}

// MissingSoFar is how much of a class that begins at an instant was not recorded until now, as far as is known. What runs is taken to
// have recorded up to now.
func (s *Status) MissingSoFar(start, now time.Time) time.Duration {
	sessions := slices.Clone(s.Sessions)
	for i := range sessions {
		if x := &sessions[i]; x.State == SessionRunning {
			x.LastGood = now
		}
	}
	return missing(gaps(start, now, sessions))
}
