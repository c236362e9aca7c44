package session

import (
	"testing"
	"time"
)

func TestAClockThatIsSetBackTakesAgesAndWaitsAlong(t *testing.T) {
	s := lesson()
	now := bell.Add(20 * time.Minute)
	named := bell.Add(time.Second)
	s.Phase, s.Replicas[0].RetryAt = Recording, now.Add(time.Minute)
	s.Sessions = []Session{{
		Attempt: 1, State: SessionRunning, SID: "sid",
		StartFacts:      StartFacts{StartedAt: bell},
		Evidence:        Evidence{LastGood: now, RecordingAt: named, FromNamed: true},
		Request:         Request{AskedAt: now, Next: now.Add(2 * time.Minute)},
		CredentialFacts: CredentialFacts{CredentialsUntil: bell.Add(time.Hour)},
		Limits:          Limits{MaxHour: 2},
	}}
	for _, by := range []time.Duration{time.Hour, 24 * time.Hour} {
		got, act, why := decideOne(s, observation{}, now.Add(-by))
		x := got.Sessions[0]
		if act.Op != "" || !act.Wake.Equal(now.Add(2*time.Minute-by)) || !got.Replicas[0].RetryAt.Equal(now.Add(time.Minute-by)) {
			t.Errorf("by %v: %v at %v, retry at %v", by, act.Op, act.Wake, got.Replicas[0].RetryAt)
		}
		if !x.Deadline().Equal(bell.Add(2*time.Hour-by)) || !x.RecordingAt.Equal(named) || !x.CredentialsUntil.Equal(bell.Add(time.Hour)) {
			t.Errorf("by %v: ends at %v, writes from %v, keys until %v", by, x.Deadline(), x.RecordingAt, x.CredentialsUntil)
		}
		if why == "" {
			t.Error("the event log does not tell")
		}
	}
	if got, _, why := decideOne(s, observation{}, now.Add(-time.Second)); why != "" || !got.Sessions[0].StartedAt.Equal(bell) {
		t.Errorf("a second back moves what was measured: %q", why)
	}
}

// TestAClockThatIsSetBackLeavesWhatIsSettled and moves what it has measured itself, from two seconds on.
func TestAClockThatIsSetBackLeavesWhatIsSettled(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state SessionState
		phase Phase
		named bool
		by    time.Duration
		want  time.Duration // by which the beginning is moved
	}{
		{"a session that runs", SessionRunning, Recording, false, MinClockJump, MinClockJump},
		{"a session that runs, by less", SessionRunning, Recording, false, MinClockJump - time.Nanosecond, 0},
		{"a beginning that the service named", SessionRunning, Recording, true, MinClockJump, 0},
		{"a class that is over", SessionEnded, Ended, false, MinClockJump, 0},
		{"a class that is over, of which something is stopped", SessionStopping, Ended, false, MinClockJump, MinClockJump},
		{"a class that is planned again", SessionEnded, Planned, false, MinClockJump, MinClockJump},
	} {
		s := inHand(Session{UID: "11", State: tt.state, SID: "sid1", Evidence: Evidence{FromNamed: tt.named}})
		s.Phase, s.Sessions[0].LastGood, s.Sessions[0].Next = tt.phase, at(10), at(12)
		if tt.phase == Ended {
			s.Outcome = Recorded
		}
		s, _ = step(s, observation{}, 10*time.Minute-tt.by)
		if moved := bell.Add(5 * time.Second).Sub(s.Sessions[0].RecordingAt); moved != tt.want {
			t.Errorf("%s: the beginning is moved by %v, want %v", tt.name, moved, tt.want)
		}
	}
}
