package session

import (
	"strings"
	"testing"
	"time"

	"rundown/agora"
)

func TestASessionThatIsMissedOnceItsHoursAreOverEndedByThem(t *testing.T) {
	const hours = 2
	over := bell.Add(hours * time.Hour)
	tests := []struct {
		name                    string
		seen, missed            time.Duration // around the end of its hours
		answer                  *Answer
		told                    time.Duration // by a notification; 0: by none
		ended                   time.Duration
		state                   SessionState
		by                      SessionState // what it was
		reason, withoutInReason string
	}{
		{name: "404", seen: -100 * time.Second, missed: 20 * time.Second, answer: gone, by: SessionSuspect, ended: 0, state: SessionStopping, reason: "2 h (maxRecordingHour) were over at 2031-09-17 19:00:00"},
		{name: "status 8", seen: -100 * time.Second, missed: 20 * time.Second, answer: status(8), by: SessionRunning, ended: 0, state: SessionLost, reason: "maxRecordingHour"},
		{name: "404 of its stop", seen: -100 * time.Second, missed: 20 * time.Second, answer: gone, by: SessionStopping, ended: 0, state: SessionEnded, reason: "maxRecordingHour"},
		{name: "missed as they ended", seen: -100 * time.Second, missed: 0, answer: status(8), by: SessionRunning, ended: 0, state: SessionLost, reason: "(status 8): its 2 h (maxRecordingHour)"},
		{name: "seen as they ended", seen: 0, missed: 20 * time.Second, answer: status(8), by: SessionRunning, ended: 0, state: SessionLost, reason: "maxRecordingHour"},
		{name: "nobody looked for as long as usual", seen: -150 * time.Second, missed: 20 * time.Second, answer: status(8), by: SessionRunning, ended: 0, state: SessionLost, reason: "maxRecordingHour"},
		{name: "nobody looked for a little longer", seen: -150*time.Second - time.Nanosecond, missed: 20 * time.Second, answer: status(8), by: SessionRunning, ended: -150*time.Second - time.Nanosecond, state: SessionLost, withoutInReason: "maxRecordingHour"},
		{name: "missed before", seen: -100 * time.Second, missed: -time.Second, answer: status(8), by: SessionRunning, ended: -100 * time.Second, state: SessionLost, withoutInReason: "maxRecordingHour"},
		{name: "nobody looked for long", seen: -time.Hour, missed: 20 * time.Second, answer: status(8), by: SessionRunning, ended: -time.Hour, state: SessionLost, withoutInReason: "maxRecordingHour"},
		{name: "seen after", seen: time.Second, missed: 20 * time.Second, answer: status(8), by: SessionRunning, ended: time.Second, state: SessionLost, withoutInReason: "maxRecordingHour"},
		{name: "a notification says when", seen: -100 * time.Second, missed: 20 * time.Second, answer: gone, by: SessionRunning, told: -30 * time.Second, ended: -30 * time.Second, state: SessionLost, withoutInReason: "maxRecordingHour"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := lesson()
			s.Phase, s.End, s.Until = Recording, over.Add(time.Hour), over.Add(time.Hour)
			x := Session{
				Attempt: 1, UID: "11", SID: "sid1", ResourceID: "r", State: tt.by,
				StartFacts: StartFacts{StartedAt: bell},
				Evidence:   Evidence{RecordingAt: bell, LastGood: over.Add(tt.seen), HealthyFrom: bell},
				Request:    Request{Asked: agora.OpQuery, AskedAt: over.Add(tt.missed)},
				Limits:     Limits{MaxHour: hours, ExpireHour: 30},
			}
			now := over.Add(tt.missed)
			switch {
			case tt.by == SessionSuspect:
				x.SuspectAt, x.Tries = now, 100
				now = now.Add(2 * time.Minute)
			case tt.by == SessionStopping:
				x.Asked, x.StopAskedAt, x.FinalState = agora.OpStop, now, SessionEnded
			case tt.told != 0:
				x.ReportedEnd, x.ReportedEndAt, x.StoppedAt = "the recording stopped, code 6", over.Add(tt.told), over.Add(tt.told)
			}
			s.Sessions = []Session{x}
			next, _, _ := decideOne(s, observation{Attempt: 1, Op: x.Asked, Answer: *tt.answer}, now)
			got := next.Sessions[0]
			if got.State != tt.state || !got.StoppedAt.Equal(over.Add(tt.ended)) || !strings.Contains(got.Reason, tt.reason) || tt.withoutInReason != "" && strings.Contains(got.Reason, tt.withoutInReason) {
				t.Errorf("%s, ended %v after its hours (%s), want %s, %v", got.State, got.StoppedAt.Sub(over), got.Reason, tt.state, tt.ended)
			}
		})
	}
}

func TestASessionThatCannotBeStoppedEndsByItsHours(t *testing.T) {
	s, _ := play(t, lesson(), func(r request) *Answer {
		if r.op == agora.OpStop {
			return refusal(agora.Permanent, 401, 0, "Unauthorized")
		}
		return nil
	})
	if x := s.Sessions[0]; !x.StoppedAt.Equal(x.Deadline()) || s.Outcome != Recorded {
		t.Errorf("%s: %s; ended at %v, its hours at %v", s.Outcome, s.Reason, x.StoppedAt, x.Deadline())
	}
}
