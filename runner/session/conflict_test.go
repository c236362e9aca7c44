package session

import (
	"slices"
	"testing"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
)

// step has decide take in one observation.
func step(s State, o observation, at time.Duration) (State, decided) {
	next, act, _ := decideOne(s, o, bell.Add(at))
	return next, act
}

// inHand is a lesson that is being recorded, with these sessions. What they leave out is as of a session that was begun in
// time.
func inHand(sessions ...Session) State {
	s := lesson()
	s.Phase = Starting
	for i := range sessions {
		x := &sessions[i]
		x.Attempt, x.Cname = i+1, s.Cname
		if x.MaxHour == 0 {
			x.MaxHour, x.ExpireHour = 2, 26
		}
		if x.AskedAt.IsZero() {
			x.AskedAt = bell.Add(-time.Minute)
		}
		if x.ResourceID == "" {
			x.ResourceID, x.AcquiredAt = "r", bell.Add(-time.Minute)
		}
		if x.SID != "" {
			s.Phase = Recording
			x.StartedAt, x.RecordingAt, x.HealthyFrom, x.LastGood = bell, bell.Add(5*time.Second), bell.Add(5*time.Second), bell.Add(8*time.Minute)
		}
		if x.State == SessionStarting {
			x.Asked, x.AcquiredAt, x.RequestedAt = agora.OpStart, bell.Add(9*time.Minute), bell.Add(9*time.Minute)
		}
	}
	s.Sessions = sessions
	return s
}

// TestWhoseATaskThatIsMetIs has a start with uid 11 meet a live task, ten minutes after the bell.
func TestWhoseATaskThatIsMetIs(t *testing.T) {
	minute := time.Minute
	starting := func(f func(*Session)) Session {
		x := Session{UID: "11", State: SessionStarting}
		if f != nil {
			f(&x)
		}
		return x
	}
	doubtful := Session{UID: "11", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true}}
	over := Session{UID: "11", SID: "sid", State: SessionEnded}
	for _, tt := range []struct {
		name     string
		before   []Session
		x        Session
		state    SessionState // of x
		code     reason.Code
		orphan   int // another session that becomes one
		failures int
		next     string // the uid of the next request's session
		taken    bool
	}{
		{
			name: "nobody's", x: starting(nil),
			state: SessionOrphan, code: reason.OrphanForeign, failures: 1, next: "12", taken: true,
		},
		{
			name: "one of ours that was thought to be over", before: []Session{over}, x: starting(nil),
			state: SessionFailed, code: reason.UIDConflict, failures: 1, next: "12", taken: true,
		},
		{
			name: "its own, of a start that was not answered", x: starting(func(x *Session) { x.StartUncertain = true }),
			state: SessionOrphan, code: reason.OrphanSID, failures: 1, next: "12",
		},
		{
			name: "its own, of a start that failed after its effect", x: starting(func(x *Session) { x.StartErrored = true }),
			state: SessionOrphan, code: reason.OrphanSID, failures: 1, next: "12",
		},
		{
			name: "that of a start before, which was not answered", before: []Session{doubtful}, x: starting(nil),
			state: SessionFailed, code: reason.UIDConflict, orphan: 1, next: "12",
		},
		{
			name: "that of the start before with this uid", before: []Session{{UID: "12", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true}}, doubtful}, x: starting(nil),
			state: SessionFailed, code: reason.UIDConflict, orphan: 2, next: "12",
		},
		{
			name: "not that of a start with the other uid", before: []Session{{UID: "12", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true}}}, x: starting(nil),
			state: SessionOrphan, code: reason.OrphanForeign, failures: 1, next: "12", taken: true,
		},
		{
			name: "not that of a start that was answered", before: []Session{{UID: "11", State: SessionFailed}}, x: starting(nil),
			state: SessionFailed, code: reason.UIDConflict, failures: 1, next: "12", taken: true,
		},
		{
			name: "an orphan's, and the other uid is free", before: []Session{{UID: "11", State: SessionOrphan, ReasonCode: reason.OrphanSID}}, x: starting(nil),
			state: SessionAcquiring, code: reason.UIDConflict, next: "12",
		},
		{
			name: "an orphan's or its own", before: []Session{{UID: "11", State: SessionOrphan, ReasonCode: reason.OrphanSID}}, x: starting(func(x *Session) { x.StartUncertain = true }),
			state: SessionFailed, code: reason.UIDConflict, next: "11", // the next start tells
		},
		{
			name: "an orphan's whose hours are over, so that it is nobody's", before: []Session{{UID: "11", State: SessionOrphan, ReasonCode: reason.OrphanSID, Request: Request{AskedAt: bell.Add(10*minute - 2*time.Hour)}}}, x: starting(nil),
			state: SessionFailed, code: reason.UIDConflict, failures: 1, next: "12", taken: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(append(slices.Clone(tt.before), tt.x)...)
			n := len(s.Sessions)
			answer := *taskConflict
			s, act := step(s, observation{Attempt: n, Op: agora.OpStart, Answer: answer}, 10*minute)
			x := s.Session(n)
			if x.State != tt.state || x.ReasonCode != tt.code || x.UIDConflict != tt.taken {
				t.Errorf("it is %s (%s: %s), its uid taken: %v; want %s (%s), %v", x.State, x.ReasonCode, x.Reason, x.UIDConflict, tt.state, tt.code, tt.taken)
			}
			for _, y := range s.Sessions[:n-1] {
				if was := tt.before[y.Attempt-1].State; y.Attempt == tt.orphan && y.State != SessionOrphan || y.Attempt != tt.orphan && y.State != was {
					t.Errorf("session %d is %s and was %s", y.Attempt, y.State, was)
				}
			}
			if s.Replicas[0].Failures != tt.failures {
				t.Errorf("%d failures, want %d", s.Replicas[0].Failures, tt.failures)
			}
			if next := s.Session(act.Attempt); act.Op != agora.OpAcquire || next.UID != tt.next {
				t.Errorf("next is %+v, want an acquire with uid %s", act, tt.next)
			}
		})
	}
}

// TestAStartThatNeverLeftIsNotWhatALaterOneMeets repeats a start that had no effect, or may have had one, and has the repeat meet a live
// task.
func TestAStartThatNeverLeftIsNotWhatALaterOneMeets(t *testing.T) {
	for name, tt := range map[string]struct {
		first Answer
		code  reason.Code
	}{
		"the service failed":               {Answer{Result: agora.Retry, Status: 500, Code: 501, Reason: "internal"}, reason.OrphanSID},
		"it did not reach the service":     {Answer{Result: agora.Retry, Reason: "connection refused"}, reason.OrphanForeign},
		"the credentials cannot be read":   {Answer{Result: agora.Retry, Reason: "no such file", Why: reason.SecretUnreadable}, reason.OrphanForeign},
		"the gate was shut, so it is held": {Answer{Result: agora.Wait, Why: reason.NodeUnconfirmed}, reason.OrphanForeign},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inHand(Session{UID: "11", State: SessionStarting})
			s, act := step(s, observation{Attempt: 1, Op: agora.OpStart, Answer: tt.first}, 10*time.Minute)
			again := act.Wake.Sub(bell)
			if s, act = step(s, observation{}, again); act.Op != agora.OpStart {
				t.Fatalf("%v after the bell it asks for %+v", again, act)
			}
			s, act = step(s, observation{Attempt: 1, Op: agora.OpStart, Answer: *taskConflict}, again+time.Second)
			if x := s.Session(1); x.State != SessionOrphan || x.ReasonCode != tt.code {
				t.Errorf("it is %s (%s: %s), want an %s", x.State, x.ReasonCode, x.Reason, tt.code)
			}
			if next := s.Session(act.Attempt); act.Op != agora.OpAcquire || next.UID != "12" {
				t.Errorf("next is %+v, want an acquire with uid 12", act)
			}
		})
	}
}

// TestAnErrorIsOfTheResourceIDThatItAnswered has a start that the service answered by an error meet the task of another session, and the
// start after that, with another resource id and uid, meet a task that is nobody's.
func TestAnErrorIsOfTheResourceIDThatItAnswered(t *testing.T) {
	t.Parallel()
	s := inHand(Session{UID: "11", State: SessionOrphan, ReasonCode: reason.OrphanSID}, Session{UID: "11", State: SessionStarting, StartFacts: StartFacts{StartErrored: true}})
	s, act := step(s, observation{Attempt: 2, Op: agora.OpStart, Answer: *taskConflict}, 10*time.Minute)
	if x := s.Session(2); act.Op != agora.OpAcquire || x.UID != "12" {
		t.Fatalf("next is %+v with uid %s, want an acquire with uid 12", act, x.UID)
	}
	s, act = step(s, observation{Attempt: 2, Op: agora.OpAcquire, Answer: Answer{Result: agora.Done, ResourceID: "another"}}, 11*time.Minute)
	if x := s.Session(2); act.Op != agora.OpStart || !x.OnItsWay() {
		t.Errorf("next is %+v, a start that can have had no effect: %v", act, x.OnItsWay())
	}
	s, _ = step(s, observation{Attempt: 2, Op: agora.OpStart, Answer: *taskConflict}, 12*time.Minute)
	if x := s.Session(2); x.State != SessionOrphan || x.ReasonCode != reason.OrphanForeign {
		t.Errorf("it is %s (%s: %s), want an %s", x.State, x.ReasonCode, x.Reason, reason.OrphanForeign)
	}
}

// TestATaskThatIsMetUnderBothUIDsIsWaitedFor has a start meet a task while something lives under the other uid, too.
func TestATaskThatIsMetUnderBothUIDsIsWaitedFor(t *testing.T) {
	orphan := func(uid string) Session { return Session{UID: uid, State: SessionOrphan, ReasonCode: reason.OrphanSID} }
	for _, tt := range []struct {
		name  string
		doubt bool
		left  bool // the plan has moved the class ahead since
		wait  bool
	}{
		{"", false, false, true},
		{"and its own may be the one", true, false, true},
		{"and its own may be the one, of a class that was moved", true, true, false},
	} {
		s := inHand(orphan("11"), orphan("12"), Session{UID: "11", State: SessionStarting, StartFacts: StartFacts{StartUncertain: tt.doubt}})
		if tt.left {
			s.EarlierSessions = 3
		}
		s, act := step(s, observation{Attempt: 3, Op: agora.OpStart, Answer: *taskConflict}, 10*time.Minute)
		waits := act.Op == "" && !act.Wake.After(bell.Add(12*time.Minute)) && act.Wake.After(bell.Add(11*time.Minute))
		if waits != tt.wait || s.Replicas[0].RetryAt.IsZero() != (!tt.wait || !tt.doubt) {
			t.Errorf("%s: next is %+v, no session before %v", tt.name, act, s.Replicas[0].RetryAt)
		}
	}
}

// TestATaskIsMetInAReplicaThatIsNoLongerWanted has a class want one session at once while the second of two is being started.
func TestATaskIsMetInAReplicaThatIsNoLongerWanted(t *testing.T) {
	for _, doubt := range []bool{false, true} {
		s := inHand(Session{UID: "11", State: SessionConfirming, SID: "sid1"}, Session{UID: "13", Replica: 1, State: SessionOrphan, ReasonCode: reason.OrphanSID}, Session{UID: "13", Replica: 1, State: SessionStarting, StartFacts: StartFacts{StartUncertain: doubt}})
		s, act := step(s, observation{Attempt: 3, Op: agora.OpStart, Answer: *taskConflict}, 10*time.Minute)
		if x := s.Session(3); x.State != SessionFailed || x.UID != "13" || act.Attempt == 3 {
			t.Errorf("in doubt %v: it is %s with uid %s, next is %+v", doubt, x.State, x.UID, act)
		}
	}
}

// TestTheUIDOfTheNextSession has a session die of which others with one of the two uids are told here.
func TestTheUIDOfTheNextSession(t *testing.T) {
	const at = 10 * time.Minute
	dead := func(uid string) Session { return Session{UID: uid, State: SessionRunning, SID: "sid9"} }
	for _, tt := range []struct {
		name     string
		sessions []Session
		want     string
	}{
		{"the other", []Session{dead("11")}, "12"},
		{"the other, and back", []Session{{UID: "11", State: SessionLost, SID: "sid1"}, dead("12")}, "11"},
		{"its own where an orphan has the other", []Session{{UID: "12", State: SessionOrphan}, dead("11")}, "11"},
		{"the other where its hours are over", []Session{{UID: "12", State: SessionOrphan, Request: Request{AskedAt: bell.Add(at - 2*time.Hour)}}, dead("11")}, "12"},
		{"its own where somebody has the other", []Session{{UID: "12", State: SessionFailed, UIDFacts: UIDFacts{UIDConflict: true}}, dead("11")}, "11"},
		{"the other where somebody had it and it was free since", []Session{{UID: "12", State: SessionFailed, UIDFacts: UIDFacts{UIDConflict: true}}, {UID: "12", State: SessionLost, SID: "sid2"}, dead("11")}, "12"},
		{"an orphan's rather than that of a session that is being stopped", []Session{{UID: "12", State: SessionOrphan}, {UID: "11", State: SessionStopping, SID: "sid2", StopFacts: StopFacts{StopAskedAt: bell}, Request: Request{Asked: agora.OpStop}}, dead("12")}, "12"},
		{"its own after a start that nothing has settled", []Session{{UID: "11", State: SessionStarting, StartFacts: StartFacts{StartUncertain: true}}}, "11"},
		{"that of an orphan where the replica before is not looked at", []Session{{UID: "13", Replica: 1, State: SessionOrphan}, dead("11")}, "12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := inHand(tt.sessions...)
			n := len(s.Sessions)
			x := s.Session(n)
			answer := *status(20)
			if x.Asked = agora.OpQuery; x.State == SessionStarting {
				x.Asked, answer = agora.OpStart, *refusal(agora.NewResource, 500, 502, "")
			}
			s, act := step(s, observation{Attempt: n, Op: x.Asked, Answer: answer}, at)
			if next := s.Session(act.Attempt); act.Op != agora.OpAcquire || act.Attempt != n+1 || next.UID != tt.want {
				t.Errorf("next is %+v, %+v, want an acquire with uid %s", act, next, tt.want)
			}
		})
	}
}
