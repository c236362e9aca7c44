package session

import (
	"testing"
	"time"
)

func TestAClockThatIsSetBackTakesAgesAndWaitsAlong(t *testing.T) {
	s := lesson()
	now := bell.Add(20 * time.Minute)
	named := bell.Add(time.Second)
	s.Phase, s.Lanes[0].RetryAt = Recording, now.Add(time.Minute)
	s.Sessions = []Session{{
		Attempt: 1, State: SessionRunning, SID: "sid", StartedAt: bell, LastGood: now, AskedAt: now, Next: now.Add(2 * time.Minute),
		RecordingAt: named, Named: true, KeysUntil: bell.Add(time.Hour), MaxHour: 2,
	}}
	for _, by := range []time.Duration{time.Hour, 24 * time.Hour} {
		got, act, why := Decide(s, Observation{}, now.Add(-by))
		x := got.Sessions[0]
		if act.Op != "" || !act.Wake.Equal(now.Add(2*time.Minute-by)) || !got.Lanes[0].RetryAt.Equal(now.Add(time.Minute-by)) {
			t.Errorf("by %v: %v at %v, retry at %v", by, act.Op, act.Wake, got.Lanes[0].RetryAt)
		}
		if !x.Deadline().Equal(bell.Add(2*time.Hour-by)) || !x.RecordingAt.Equal(named) || !x.KeysUntil.Equal(bell.Add(time.Hour)) {
			t.Errorf("by %v: ends at %v, writes from %v, keys until %v", by, x.Deadline(), x.RecordingAt, x.KeysUntil)
		}
		if why == "" {
			t.Error("the event log does not tell")
		}
	}
	if got, _, why := Decide(s, Observation{}, now.Add(-time.Second)); why != "" || !got.Sessions[0].StartedAt.Equal(bell) {
		t.Errorf("a second back moves what was measured: %q", why)
	}
}
