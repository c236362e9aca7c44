package session

import (
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

// TestAClassThatIsOnAndRecordedByNothingIsInterrupted holds the edges of the judgement: when a class counts as on, what counts as
// recorded, and who ended it.
func TestAClassThatIsOnAndRecordedByNothingIsInterrupted(t *testing.T) {
	start := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	at := func(minutes float64) time.Time { return start.Add(time.Duration(minutes * float64(time.Minute))) }
	recorded := func(attempt int, state SessionState, from, until float64) Session {
		x := Session{Attempt: attempt, State: state, Reason: "it ended", ReasonCode: "ended-by-service"}
		x.RecordingAt, x.LastGood = at(from), at(until)
		if state != SessionRunning && state != SessionSuspect {
			x.StoppedAt = at(until)
		}
		return x
	}
	waiting := func(attempt, replica int, state SessionState, next float64) Session {
		return Session{Attempt: attempt, Replica: replica, State: state, Request: Request{Next: at(next)}}
	}
	asked := func(x Session) Session {
		x.Asked = agora.OpAcquire
		return x
	}
	second := func(x Session) Session {
		x.Replica = 1
		return x
	}
	const never = -1e6
	lost := recorded(1, SessionLost, -0.5, 12)
	for _, tt := range []struct {
		name     string
		now      float64 // minutes after the start
		phase    Phase
		sessions []Session
		change   func(*State)

		since   float64 // never: it is not interrupted
		lost    int
		next    int
		nextAt  float64 // never: now
		givenUp string
		grace   time.Duration
	}{
		{name: "it is recorded", now: 13, phase: Recording, sessions: []Session{recorded(1, SessionRunning, -0.5, 12)}, since: never},
		{name: "another session records it", now: 13, phase: Recording, sessions: []Session{lost, recorded(2, SessionRunning, 12.2, 13)}, since: never},
		{name: "another session is about to begin", now: 12.2, phase: Recording, sessions: []Session{lost}, change: func(s *State) { s.Replicas[0].RetryAt = at(12.5) }, since: 12, lost: 1, nextAt: 12.5, grace: ReplacedWithin},
		{name: "another session waits for its next try", now: 13, phase: Recording, sessions: []Session{lost, waiting(2, 0, SessionAcquiring, 13.1)}, since: 12, lost: 1, next: 2, nextAt: 13.1, grace: ReplacedWithin},
		{name: "an answer is awaited", now: 13, phase: Recording, sessions: []Session{lost, asked(waiting(2, 0, SessionAcquiring, 12))}, since: 12, lost: 1, next: 2, nextAt: never, grace: ReplacedWithin},
		{name: "another session was started and is not seen", now: 13, phase: Recording, sessions: []Session{lost, waiting(2, 0, SessionConfirming, 13.2)}, since: 12, lost: 1, next: 2, nextAt: 13.2, grace: ReplacedWithin},
		{name: "the second one is lost too", now: 30, phase: Recording, sessions: []Session{lost, recorded(2, SessionLost, 13, 28)}, since: 28, lost: 2, nextAt: never, grace: ReplacedWithin},
		{name: "it is not seen, as in a failover", now: 13, phase: Recording, sessions: []Session{recorded(1, SessionSuspect, -0.5, 12)}, since: 12, lost: 1, next: 1, nextAt: never, grace: catalog.FailoverWindow() + ReplacedWithin},
		{name: "it is taken for dead and being stopped", now: 14, phase: Recording, sessions: []Session{recorded(1, SessionStopping, -0.5, 12), waiting(2, 0, SessionStarting, 14.1)}, since: 12, lost: 1, next: 2, nextAt: 14.1, grace: ReplacedWithin},
		{name: "it was lost before the start", now: 0.2, phase: Recording, sessions: []Session{recorded(1, SessionLost, -0.5, -0.2)}, since: 0, lost: 1, nextAt: never, grace: ReplacedWithin},
		{name: "before the start", now: -0.1, phase: Recording, sessions: []Session{recorded(1, SessionLost, -0.5, -0.2)}, since: never},
		{name: "at its end", now: 50, phase: Recording, sessions: []Session{lost}, since: never},
		{name: "after its end, in the padding", now: 51, phase: Recording, sessions: []Session{recorded(1, SessionLost, -0.5, 50.5)}, since: never},
		{name: "in what it was extended by", now: 55, phase: Recording, sessions: []Session{recorded(1, SessionLost, -0.5, 54)}, change: func(s *State) { s.End = at(60) }, since: 54, lost: 1, nextAt: never, grace: ReplacedWithin},
		{name: "cancelled", now: 13, phase: Stopping, sessions: []Session{recorded(1, SessionStopping, -0.5, 12)}, change: func(s *State) { s.Cancel = &Cancel{At: at(12)} }, since: never},
		{name: "cancelled after it was given up", now: 13, phase: Stopping, sessions: []Session{lost}, change: func(s *State) {
			s.Cancel, s.Replicas[0].AbandonReason = &Cancel{At: at(12)}, "3 sessions in a row failed"
		}, since: never},
		{name: "moved", now: 13, phase: Stopping, sessions: []Session{recorded(1, SessionStopping, -30, 12)}, change: func(s *State) { s.EarlierSessions = 1 }, since: never},
		{name: "given up, and a stop is out", now: 13, phase: Stopping, sessions: []Session{recorded(1, SessionStopping, -0.5, 12), {Attempt: 2, State: SessionFailed}}, change: func(s *State) {
			s.Replicas[0].AbandonReason = "the service refuses it"
		}, since: 12, lost: 1, nextAt: never, givenUp: "the service refuses it", grace: ReplacedWithin},
		{name: "given up before it was ever recorded", now: 3, phase: Stopping, sessions: []Session{{Attempt: 1, State: SessionStopping}}, change: func(s *State) {
			s.Replicas[0].AbandonReason = "3 sessions in a row failed"
		}, since: 0, nextAt: never, givenUp: "3 sessions in a row failed", grace: ReplacedWithin},
		{name: "it has ended", now: 13, phase: Ended, sessions: []Session{lost}, change: func(s *State) { s.Outcome = Partial }, since: never},
		{name: "nothing of it was begun", now: 13, phase: Planned, since: never},
		{name: "one of two records it", now: 13, phase: Recording, sessions: []Session{lost, second(recorded(2, SessionRunning, -0.5, 13))}, change: twoReplicas, since: never},
		{name: "one of two records it, the other is given up", now: 13, phase: Recording, sessions: []Session{lost, second(recorded(2, SessionRunning, -0.5, 13))}, change: func(s *State) {
			twoReplicas(s)
			s.Replicas[0].AbandonReason = "3 sessions in a row failed"
		}, since: never},
		{name: "none of two records it", now: 16, phase: Recording, sessions: []Session{lost, second(recorded(2, SessionLost, -0.5, 15)), waiting(3, 0, SessionAcquiring, 16.3)}, change: func(s *State) {
			twoReplicas(s)
			s.Replicas[1].RetryAt = at(16.1)
		}, since: 15, lost: 2, next: 3, nextAt: 16.3, grace: ReplacedWithin},
		{name: "none of two records it, one is given up", now: 16, phase: Recording, sessions: []Session{lost, second(recorded(2, SessionLost, -0.5, 15))}, change: func(s *State) {
			twoReplicas(s)
			s.Replicas[0].AbandonReason, s.Replicas[1].RetryAt = "3 sessions in a row failed", at(16.1)
		}, since: 15, lost: 2, nextAt: 16.1, grace: ReplacedWithin},
	} {
		s := State{Target: Target{Interval: Interval{Start: start, End: at(50), From: at(-0.5), Until: at(52)}, UIDs: [][2]string{{"11", "12"}}}}
		s.Phase, s.Sessions = tt.phase, tt.sessions
		if tt.change != nil {
			tt.change(&s)
		}
		i := s.Interruption(at(tt.now))
		if tt.since == never || i == nil {
			if (i == nil) != (tt.since == never) {
				t.Errorf("%s: %+v", tt.name, i)
			}
			continue
		}
		attempt := func(x *Session) int {
			if x == nil {
				return 0
			}
			return x.Attempt
		}
		var nextAt time.Time
		if tt.nextAt != never {
			nextAt = at(tt.nextAt)
		}
		if !i.Since.Equal(at(tt.since)) || attempt(i.Last) != tt.lost || attempt(i.Next) != tt.next || !i.NextAt.Equal(nextAt) || i.GivenUp.Text != tt.givenUp || i.Grace() != tt.grace {
			t.Errorf("%s: since %v, lost session %d, next %d at %v, given up %q, grace %v; want since %v, %d, %d at %v, %q, %v",
				tt.name, i.Since, attempt(i.Last), attempt(i.Next), i.NextAt, i.GivenUp.Text, i.Grace(), at(tt.since), tt.lost, tt.next, nextAt, tt.givenUp, tt.grace)
		}
	}
}

// twoReplicas has two sessions record a class at once.
func twoReplicas(s *State) { s.UIDs = [][2]string{{"11", "12"}, {"13", "14"}} }
