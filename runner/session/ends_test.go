package session

import (
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// TestAStopTellsUntilWhenASessionWrote has the stop of a session that was last seen eight minutes after the bell be answered
// at ten.
func TestAStopTellsUntilWhenASessionWrote(t *testing.T) {
	sent := at(9.5)
	with := func(a *Answer) Answer {
		b := *a
		b.SentAt = sent
		return b
	}
	done := with(ordinary(request{op: agora.OpStop}))
	for _, tt := range []struct {
		name   string
		set    func(*Session)
		a      Answer
		state  SessionState
		until  time.Time
		upload string
		check  func(Session) bool
	}{
		{"done", nil, done, SessionEnded, sent, "uploaded", nil},
		{"done, and nobody knows when it was sent", nil, *ordinary(request{op: agora.OpStop}), SessionEnded, at(9), "uploaded", nil},
		{"the upload goes on", nil, with(refusal(agora.Ended, 200, 50, "")), SessionEnded, sent, "pending", nil},
		{"its recorder had exited", func(x *Session) { x.Exited, x.FinalState = true, SessionLost }, done, SessionLost, at(8), "uploaded", nil},
		{"it was over", nil, with(refusal(agora.Ended, 400, 49, "")), SessionEnded, at(8), "", func(x Session) bool { return x.ReasonCode == reason.EndedByService }},
		{"it was over by an earlier stop", func(x *Session) { x.StopUnansweredAt = at(9.2) }, with(refusal(agora.Ended, 400, 49, "")), SessionEnded, at(9.2), "", func(x Session) bool { return x.Reason == "" }},
		{"it was lost before an earlier stop", func(x *Session) { x.StopUnansweredAt, x.FinalState, x.StoppedAt = at(9.2), SessionLost, at(7) }, with(refusal(agora.Ended, 400, 49, "")), SessionLost, at(7), "", nil},
		{"nothing was recorded", nil, with(refusal(agora.Ended, 206, 435, "")), SessionEnded, sent, "", func(x Session) bool {
			return x.NothingWritten && x.RecordingAt.IsZero() && x.ReasonCode == reason.NothingRecorded
		}},
		{"no answer", nil, with(noAnswer), SessionStopping, time.Time{}, "", func(x Session) bool { return x.StopUnansweredAt.Equal(sent) }},
		{"no answer for the second time", func(x *Session) { x.StopUnansweredAt = at(9.2) }, with(noAnswer), SessionStopping, time.Time{}, "", func(x Session) bool { return x.StopUnansweredAt.Equal(at(9.2)) }},
		{"the service timed out", nil, with(refusal(agora.Retry, 500, 62, "")), SessionStopping, time.Time{}, "", func(x Session) bool { return x.StopUnansweredAt.Equal(sent) }},
		{"something else answered", nil, with(foreign(agora.Retry, 502)), SessionStopping, time.Time{}, "", func(x Session) bool { return x.StopUnansweredAt.Equal(sent) }},
		{"an error", nil, with(broken), SessionStopping, time.Time{}, "", func(x Session) bool { return x.StopUnansweredAt.IsZero() }},
		{"the service is still at it", nil, with(refusal(agora.Retry, 206, 65, "")), SessionStopping, time.Time{}, "", func(x Session) bool { return x.StopUnansweredAt.IsZero() }},
		{"refused", nil, with(refusal(agora.Permanent, 401, 0, "Unauthorized")), SessionStopping, time.Time{}, "", func(x Session) bool { return x.ReasonCode == reason.StopFailed && x.StopUnansweredAt.IsZero() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", Request: Request{Asked: agora.OpStop, AskedAt: at(9)}, StopFacts: StopFacts{StopAskedAt: at(9)}})
			if tt.set != nil {
				tt.set(&s.Sessions[0])
			}
			s, _ = step(s, observation{Attempt: 1, Op: agora.OpStop, Answer: tt.a}, 10*time.Minute)
			x := s.Sessions[0]
			if x.State != tt.state || !x.StoppedAt.Equal(tt.until) || x.UploadStatus != tt.upload || tt.check != nil && !tt.check(x) {
				t.Errorf("it is %s, until %v, upload %q: %+v", x.State, x.StoppedAt, x.UploadStatus, x)
			}
		})
	}
}

// TestASessionThatNothingStopsEndsByItsHours has the hours of a session be over without an answer to its stop.
func TestASessionThatNothingStopsEndsByItsHours(t *testing.T) {
	over := bell.Add(2 * time.Hour)
	for _, tt := range []struct {
		name  string
		set   func(*Session)
		until time.Time
	}{
		{"its stops were refused", func(x *Session) { x.StopAskedAt = at(52) }, over},
		{"its stop went without an answer", func(x *Session) { x.StopAskedAt, x.StopUnansweredAt = at(52), at(53) }, at(53)},
		{"it was lost before", func(x *Session) { x.StopAskedAt, x.StoppedAt = at(52), at(40) }, at(40)},
		{"it was first asked to stop as its hours ended, and seen long before", func(x *Session) { x.StopAskedAt, x.LastGood = over, at(60) }, at(60)},
		{"it was first asked to stop after its hours, and seen until then", func(x *Session) { x.StopAskedAt, x.LastGood = at(121), at(119) }, over},
		{"it was first asked to stop after its hours, and seen long before", func(x *Session) { x.StopAskedAt, x.LastGood = at(121), at(60) }, at(60)},
	} {
		s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", Request: Request{Next: at(121)}})
		s.End, s.Until = at(50), at(52)
		tt.set(&s.Sessions[0])
		s, _ = step(s, observation{}, 122*time.Minute)
		if x := s.Sessions[0]; x.State != SessionEnded || !x.StoppedAt.Equal(tt.until) || x.ReasonCode != reason.StopFailed {
			t.Errorf("%s: it is %s, until %v (%s: %s)", tt.name, x.State, x.StoppedAt, x.ReasonCode, x.Reason)
		}
	}
}

// TestAClassThatIsBegunLate looks at what is left of it to the second.
func TestAClassThatIsBegunLate(t *testing.T) {
	lead := catalog.StartLead()
	for _, tt := range []struct {
		name  string
		least time.Duration // min_remainder
		left  time.Duration // of the class, once it can write
		begun bool
		told  string
	}{
		{"as much as is wanted is left", 5 * time.Minute, 5 * time.Minute, true, ""},
		{"less than is wanted is left", 5 * time.Minute, 5*time.Minute - time.Second, false, "4m59s of the class were left, less than the min_remainder of 5m"},
		{"anything is wanted", 0, time.Second, true, ""},
		{"nothing is left", 0, 0, false, "no class time was left for another session"},
		{"nothing is left of what is wanted", 5 * time.Minute, 0, false, "it came up too late: no time of the class was left"},
		{"late starts are not wanted", -1, 40 * time.Minute, false, "the class had begun, and min_remainder is never"},
	} {
		s := lesson()
		s.MinRemainder = tt.least
		s, act := step(s, observation{}, 50*time.Minute-tt.left-lead)
		if begun := act.Op == agora.OpAcquire; begun != tt.begun || !strings.Contains(s.Replicas[0].AbandonReason, tt.told) {
			t.Errorf("%s: next is %+v, gave up: %q", tt.name, act, s.Replicas[0].AbandonReason)
		}
	}
}

// TestAStartThatWouldRecordPaddingAloneIsNotSent has a start wait, as for a store that cannot be written, until the class is over.
func TestAStartThatWouldRecordPaddingAloneIsNotSent(t *testing.T) {
	waits := Session{UID: "11", State: SessionStarting, Reason: "it was not sent", ReasonCode: reason.IssueStoreFailed, Request: Request{Next: bell}}
	for _, tt := range []struct {
		name    string
		session func(x *Session)
		after   time.Duration
		want    agora.Op
		outcome Outcome
		code    reason.Code
	}{
		{"the class is not over", nil, 50*time.Minute - time.Second, agora.OpStart, "", ""},
		{"the class is over", nil, 50 * time.Minute, "", Failed, reason.IssueStoreFailed},
		{"the class is over, and nothing was acquired", func(x *Session) { x.State = SessionAcquiring }, 50 * time.Minute, "", Failed, reason.IssueStoreFailed},
		{"the class is over, and nothing says why it waited", func(x *Session) { x.Reason, x.ReasonCode = "", "" }, 50 * time.Minute, "", Failed, reason.ClassOver},
		{"the start may have had an effect", func(x *Session) { x.StartUncertain = true }, 50 * time.Minute, agora.OpStart, "", ""},
		{"the start was answered by an error of the service, which may have come after its effect", func(x *Session) { x.StartErrored = true }, 50 * time.Minute, agora.OpStart, "", ""},
		{"it was answered by an error, and is acquired anew", func(x *Session) { x.State, x.StartErrored = SessionAcquiring, true }, 50 * time.Minute, "", Failed, reason.IssueStoreFailed},
	} {
		x := waits
		if tt.session != nil {
			tt.session(&x)
		}
		s := inHand(x)
		s.Sessions[0].Asked, s.Sessions[0].AcquiredAt = "", bell.Add(tt.after-time.Second)
		s, act := step(s, observation{}, tt.after)
		if act.Op != tt.want || s.Outcome != tt.outcome || s.ReasonCode != tt.code {
			t.Errorf("%s: next is %+v, %s, %s: %s", tt.name, act, s.Outcome, s.ReasonCode, s.Reason)
		}
	}
	x := waits
	x.Next = bell.Add(51 * time.Minute)
	s := inHand(x)
	s.Sessions[0].Asked, s.Sessions[0].AcquiredAt = "", bell.Add(49*time.Minute)
	if _, _, _, wake := Decide(Spec{Target: s.Target}, s.Status, TimePassed{}, bell.Add(49*time.Minute)); !wake.Equal(s.End) {
		t.Errorf("looks again at %v, want the end of the class", wake)
	}
}

// TestNoSessionIsBegunWhereNoClassTimeIsLeft has a session die near the end.
func TestNoSessionIsBegunWhereNoClassTimeIsLeft(t *testing.T) {
	lead := catalog.StartLead()
	for left, want := range map[time.Duration]reason.Code{time.Second: "", 0: reason.NoTimeLeft, -time.Second: reason.NoTimeLeft} {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Asked: agora.OpQuery}})
		s, act := step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *status(20)}, 50*time.Minute-left-lead)
		if s.Replicas[0].AbandonCode != want || (act.Op == agora.OpAcquire) != (want == "") {
			t.Errorf("%v before the end: next is %+v, gave up: %q", left, act, s.Replicas[0].AbandonReason)
		}
	}
}

// TestAHoldThatNothingEndsIsTold has an exact start whose updates are refused at the bell, to its end.
func TestAHoldThatNothingEndsIsTold(t *testing.T) {
	for _, tt := range []struct {
		name     string
		held     bool
		recorded bool
		code     reason.Code
	}{
		{"on hold, and nothing is written", true, false, reason.HoldNotEnded},
		{"paused after it had written", true, true, ""},
		{"not seen writing", false, false, ""},
	} {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", HoldFacts: HoldFacts{Held: tt.held}})
		if !tt.recorded {
			s.Sessions[0].RecordingAt = time.Time{}
		}
		s, act := step(s, observation{}, 52*time.Minute)
		if x := s.Sessions[0]; act.Op != agora.OpStop || x.ReasonCode != tt.code {
			t.Errorf("%s: next is %+v, %s: %s", tt.name, act, x.ReasonCode, x.Reason)
		}
	}
}

// TestAtTheInstant looks at what is decided at the very instant of a bound.
func TestAtTheInstant(t *testing.T) {
	t.Run("a class that is not cancelled any more, at its end", func(t *testing.T) {
		for before, reopened := range map[time.Duration]bool{time.Second: true, 0: false} {
			s := lesson()
			s.Phase, s.Outcome = Ended, Cancelled
			if s, _ = step(s, observation{}, 50*time.Minute-before); (s.Outcome != Cancelled) != reopened {
				t.Errorf("%v before it: %s as %s", before, s.Phase, s.Outcome)
			}
		}
	})
	t.Run("a resource id that grows too old", func(t *testing.T) {
		for age, want := range map[time.Duration]agora.Op{catalog.ResourceLife(): agora.OpStart, catalog.ResourceLife() + time.Nanosecond: agora.OpAcquire} {
			s := inHand(Session{UID: "11", State: SessionStarting})
			s.Sessions[0].Asked, s.Sessions[0].AcquiredAt = "", at(10).Add(-age)
			if _, act := step(s, observation{}, 10*time.Minute); act.Op != want {
				t.Errorf("at %v: %+v, want %s", age, act, want)
			}
		}
	})
	t.Run("a class that is written from its bell on is started", func(t *testing.T) {
		for before, want := range map[time.Duration]bool{time.Nanosecond: true, 0: false} {
			s := inHand(Session{UID: "11", State: SessionStarting})
			s.Exact, s.Sessions[0].Asked, s.Sessions[0].AcquiredAt, s.Sessions[0].RequestedAt = true, "", at(-1), time.Time{}
			if s, _ = step(s, observation{}, -before); s.Sessions[0].Held != want {
				t.Errorf("%v before it: on hold %v", before, s.Sessions[0].Held)
			}
		}
	})
	t.Run("a session whose hours end", func(t *testing.T) {
		for after, want := range map[time.Duration]SessionState{0: SessionStopping, time.Nanosecond: SessionEnded} {
			s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", StopFacts: StopFacts{StopAskedAt: at(52)}})
			if s, _ = step(s, observation{}, 2*time.Hour+after); s.Sessions[0].State != want {
				t.Errorf("%v after: %s, want %s", after, s.Sessions[0].State, want)
			}
		}
	})
	t.Run("files of a session are looked for as what is healthy is", func(t *testing.T) {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Asked: agora.OpQuery}})
		s.PollOffset, s.Sessions[0].StartedAt = 1, at(8)
		s, _ = step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *status(agora.StatusInProgress)}, 10*time.Minute)
		d := Decision{S: s, now: at(10)}
		if x := &s.Sessions[0]; !x.Next.Equal(d.nextPoll(x)) {
			t.Errorf("at %v, want %v", x.Next, d.nextPoll(x))
		}
	})
}

// TestAnAnswerIsAwaitedForAsLongAsTimersAreTrusted has the last stop of a class be out, which nothing else wakes.
func TestAnAnswerIsAwaitedForAsLongAsTimersAreTrusted(t *testing.T) {
	s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", Request: Request{Asked: agora.OpStop}, StopFacts: StopFacts{StopAskedAt: at(52)}})
	if _, act := step(s, observation{}, 52*time.Minute+time.Second); act.Op != "" || act.Wake.Sub(at(52)) != time.Second+TrustTimers {
		t.Errorf("%+v", act)
	}
}

// TestAnOrphanThatWasHeardOfKeepsItsCode however its stop is answered.
func TestAnOrphanThatWasHeardOfKeepsItsCode(t *testing.T) {
	s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", Reason: "orphan: heard of", ReasonCode: reason.OrphanHeard, Request: Request{Asked: agora.OpStop, AskedAt: at(120)}, StopFacts: StopFacts{StopAskedAt: at(120)}})
	s.Sessions[0].LastGood = at(119)
	s, _ = step(s, observation{Attempt: 1, Op: agora.OpStop, Answer: *gone}, 121*time.Minute)
	if x := s.Sessions[0]; x.State != SessionEnded || x.ReasonCode != reason.OrphanHeard || !strings.HasPrefix(x.Reason, "orphan: heard of: its 2 h (maxRecordingHour)") {
		t.Errorf("%s (%s): %s", x.State, x.ReasonCode, x.Reason)
	}
}
