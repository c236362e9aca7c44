package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// answered is a session in a state that an answer reaches ten minutes after the bell, in the lesson.
func answered(x Session, op agora.Op, a Answer) (State, Session, decided) {
	x.Asked = op
	s, act := step(inHand(x), observation{Attempt: 1, Op: op, Answer: a}, 10*time.Minute)
	return s, s.Sessions[0], act
}

func at(minutes float64) time.Time { return bell.Add(time.Duration(minutes * float64(time.Minute))) }

// TestARetryAfterIsBounded has each request be answered with an hour to wait, early in the class and near its end.
func TestARetryAfterIsBounded(t *testing.T) {
	const left = 3 * time.Minute // of the class, at the late instant
	for _, tt := range []struct {
		op     agora.Op
		state  SessionState
		change Change
		late   time.Duration // the wait that is obeyed then
	}{
		{agora.OpAcquire, SessionAcquiring, "", left / 9},
		{agora.OpStart, SessionStarting, "", left / 9},
		{agora.OpUpdate, SessionRunning, ChangeHold, left / 9},
		{agora.OpUpdate, SessionRunning, ChangePush, 30 * time.Second},
		{agora.OpStop, SessionStopping, "", 30 * time.Second},
	} {
		for _, early := range []bool{true, false} {
			now, want := -30*time.Second, 30*time.Second
			if !early {
				now, want = 50*time.Minute-left/3, tt.late
			}
			x := Session{UID: "11", State: tt.state, Request: Request{Asked: tt.op, AskedAt: bell.Add(now)}, UpdateFacts: UpdateFacts{Change: tt.change}, StartFacts: StartFacts{AcquiredAt: bell.Add(now)}, StopFacts: StopFacts{StopAskedAt: bell.Add(now)}}
			if tt.state != SessionAcquiring && tt.state != SessionStarting {
				x.SID = "sid1"
			}
			if tt.change == ChangeHold {
				x.Held = true
			}
			s := inHand(x)
			s.CDN = "main"
			next, _ := step(s, observation{Attempt: 1, Op: tt.op, Answer: Answer{Result: agora.Wait, Status: 429, RetryAfter: time.Hour}}, now)
			got := next.Sessions[0].Next
			if tt.op == agora.OpUpdate {
				got = next.Sessions[0].UpdateAt
			}
			if wait := got.Sub(bell.Add(now)); wait != want {
				t.Errorf("%s %s, early %v: the next one %v later, want %v", tt.op, tt.change, early, wait, want)
			}
		}
	}
}

// TestNoWaitIsOwedOnceTheClassIsOver has an acquire be answered after the end of its class, which lasts on in its padding.
func TestNoWaitIsOwedOnceTheClassIsOver(t *testing.T) {
	s := inHand(Session{UID: "11", State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire}})
	s.Until = at(60)
	next, _ := step(s, observation{Attempt: 1, Op: agora.OpAcquire, Answer: Answer{Result: agora.Wait, Status: 429, RetryAfter: time.Hour}}, 51*time.Minute)
	if wait := next.Sessions[0].Next.Sub(at(51)); wait < 0 || wait > time.Second {
		t.Errorf("the next one %v later", wait)
	}
}

// TestAnAcquireThatWasNotSent has the plan not hold the class when its acquire was to be sent.
func TestAnAcquireThatWasNotSent(t *testing.T) {
	unplanned := Answer{Result: agora.Permanent, Unplanned: true, Reason: "the plan no longer holds it, so its settings are not known"}
	for _, tt := range []struct {
		name    string
		change  func(*State)
		retry   time.Duration // 0: no other session is begun
		gaveUp  bool
		counted int
	}{
		{"while the plan says nothing yet", func(*State) {}, UnansweredEvery, false, 0},
		{"since the plan dropped it", func(s *State) { s.Absent = true }, 0, true, 0},
		{"for times that the plan has left since", func(s *State) { s.EarlierSessions, s.Begin = 1, at(60) }, 50 * time.Minute, false, 0},
	} {
		s := inHand(Session{UID: "11", State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire}})
		s.End, s.Until = at(150), at(152)
		tt.change(&s)
		s, act := step(s, observation{Attempt: 1, Op: agora.OpAcquire, Answer: unplanned}, 10*time.Minute)
		l, x := s.Replicas[0], s.Sessions[0]
		if x.State != SessionFailed || x.ReasonCode != reason.LeftPlan || l.Failures != tt.counted || (l.AbandonReason != "") != tt.gaveUp {
			t.Errorf("%s: it is %s (%s), %d failures, gave up: %q", tt.name, x.State, x.Reason, l.Failures, l.AbandonReason)
		}
		if wait := act.Wake.Sub(at(10)); act.Op != "" || tt.retry > 0 && wait != tt.retry || tt.gaveUp != (s.Outcome == Failed) {
			t.Errorf("%s: next is %+v, %v later; %s", tt.name, act, wait, s.Outcome)
		}
	}
}

// TestAStartThatACrashCut is asked again at once, and whatever comes of it is no failure of the service or the page.
func TestAStartThatACrashCut(t *testing.T) {
	cut := Answer{Result: agora.Unknown, Interrupted: true, Reason: "rundown ended"}
	s, x, act := answered(Session{UID: "11", State: SessionStarting, StartFacts: StartFacts{OnlyBlocked: true}}, agora.OpStart, cut)
	if act.Op != agora.OpStart || act.Attempt != 1 || !x.StartUncertain || x.OnlyBlocked || x.ReasonCode != reason.Interrupted {
		t.Fatalf("next is %+v; %+v", act, x)
	}
	for name, a := range map[string]*Answer{"conflict": taskConflict, "another resource id is needed": refusal(agora.NewResource, 500, 502, ""), "no sid": alreadyStarted} {
		next, _ := step(s, observation{Attempt: 1, Op: agora.OpStart, Answer: *a}, 10*time.Minute+time.Second)
		if l := next.Replicas[0]; !next.Sessions[0].State.Final() || l.Failures != 0 || !l.RetryAt.IsZero() || len(next.Sessions) != 2 {
			t.Errorf("%s: %d failures, the next one not before %v: %+v", name, l.Failures, l.RetryAt, next.Sessions)
		}
	}
	s, _ = step(s, observation{Attempt: 1, Op: agora.OpStart, Answer: Answer{Result: agora.Done, SID: "sid1"}}, 10*time.Minute+time.Second)
	if x := s.Sessions[0]; x.Interrupted || x.StartUncertain || x.State != SessionConfirming {
		t.Errorf("once it was answered: %+v", x)
	}
	s.Sessions[0].Asked = agora.OpQuery
	if s, _ = step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *status(20)}, 10*time.Minute+2*time.Second); s.Replicas[0].Failures != 1 {
		t.Errorf("%d failures after it died", s.Replicas[0].Failures)
	}
}

// TestWhatComesOfAnEarlierSessionIsNoFailure has the plan move a class ahead while each of its requests is out.
func TestWhatComesOfAnEarlierSessionIsNoFailure(t *testing.T) {
	for _, tt := range []struct {
		op    agora.Op
		state SessionState
		a     *Answer
	}{
		{agora.OpAcquire, SessionAcquiring, refusal(agora.Permanent, 400, 2, "url")},
		{agora.OpStart, SessionStarting, refusal(agora.Permanent, 400, 2, "url")},
		{agora.OpStart, SessionStarting, refusal(agora.NewResource, 500, 502, "")},
		{agora.OpStart, SessionStarting, alreadyStarted},
		{agora.OpStart, SessionStarting, taskConflict},
	} {
		s := inHand(Session{UID: "11", State: tt.state, Request: Request{Asked: tt.op}})
		s.EarlierSessions, s.Phase = 1, Stopping
		s.Start, s.End, s.From, s.Until, s.Begin = at(60), at(110), at(59.5), at(112), at(59)
		s, act := step(s, observation{Attempt: 1, Op: tt.op, Answer: *tt.a}, 10*time.Minute)
		if l := s.Replicas[0]; l.Failures != 0 || l.AbandonReason != "" || !l.RetryAt.IsZero() || act.Op != "" || !act.Wake.Equal(at(59)) || s.Phase != Planned {
			t.Errorf("%s, %v: %s, next is %+v, replica %+v", tt.op, tt.a, s.Phase, act, l)
		}
	}
}

// TestASessionThatIsNotStartedYetWhenItsClassIsOver ends it, and tells which of two reasons it had; what may live is an
// orphan at once.
func TestASessionThatIsNotStartedYetWhenItsClassIsOver(t *testing.T) {
	for _, tt := range []struct {
		name  string
		x     Session
		left  bool
		state SessionState
		code  reason.Code
	}{
		{"its end has come", Session{State: SessionAcquiring}, false, SessionFailed, reason.ClassOver},
		{"it was moved", Session{State: SessionAcquiring}, true, SessionFailed, reason.ClassMoved},
		{"it had another reason", Session{State: SessionAcquiring, Reason: "HTTP 429", ReasonCode: reason.RateLimited}, false, SessionFailed, reason.RateLimited},
		{"its start may have had an effect", Session{State: SessionStarting, StartFacts: StartFacts{StartUncertain: true}}, false, SessionOrphan, reason.OrphanSID},
		{"its start may have had an effect, and it was moved", Session{State: SessionStarting, StartFacts: StartFacts{StartUncertain: true}}, true, SessionOrphan, reason.OrphanSID},
		{"its start was refused by something else, and it was moved", Session{State: SessionStarting, StartFacts: StartFacts{StartUncertain: true, OnlyBlocked: true}}, true, SessionFailed, reason.ClassMoved},
	} {
		tt.x.UID, tt.x.Next = "11", at(60)
		s := inHand(tt.x)
		s.Sessions[0].Asked = ""
		now := s.Until
		if tt.left {
			s.EarlierSessions, now = 1, at(10)
			s.Start, s.End, s.From, s.Until, s.Begin = at(60), at(110), at(59.5), at(112), at(59)
		}
		s, act := step(s, observation{}, now.Sub(bell))
		if x := s.Sessions[0]; x.State != tt.state || x.ReasonCode != tt.code || act.Op != "" {
			t.Errorf("%s: it is %s (%s: %s), next is %+v", tt.name, x.State, x.ReasonCode, x.Reason, act)
		}
	}
}

// TestAQueryTellsWhereASessionStands has each state meet the answers that its other tests leave out.
func TestAQueryTellsWhereASessionStands(t *testing.T) {
	bare := status(agora.StatusInProgress) // without files
	holding := func(on bool) *Answer {
		return &Answer{Result: agora.Done, Server: agora.ServerResponse{Status: agora.StatusInProgress, Services: []agora.ServiceState{{
			ServiceName: agora.ServiceWebRecorder, Payload: agora.ServicePayload{State: "inProgress", OnHold: &on},
		}}}}
	}
	now := at(10)
	trouble, _ := catalog.MonitorBackoff().Next(0, 0)
	for _, tt := range []struct {
		name   string
		x      Session
		set    func(*Session) // after what a session in hand has
		a      *Answer
		state  SessionState
		check  func(Session) bool
		next   time.Duration // to the next query; 0: not looked at
		others int           // sessions that are begun
	}{
		{
			name: "one that is not known to write is seen running", x: Session{State: SessionConfirming, SID: "sid1"}, set: func(x *Session) {
				x.RecordingAt, x.HealthyFrom, x.LastGood, x.StartedAt = time.Time{}, time.Time{}, time.Time{}, at(9)
			}, a: bare,
			state: SessionRunning, check: func(x Session) bool {
				return x.RecordingAt.Equal(now) && !x.FromNamed && x.HealthyFrom.Equal(now) && x.LastGood.Equal(now)
			}, next: time.Minute,
		},
		{
			name: "files are looked for after sixteen seconds at the soonest", x: Session{State: SessionConfirming, SID: "sid1"}, set: func(x *Session) { x.StartedAt = now.Add(-5 * time.Second) }, a: bare,
			state: SessionRunning, next: 16 * time.Second,
		},
		{
			name: "and not sooner than what is healthy is looked at", x: Session{State: SessionRunning, SID: "sid1"}, set: func(x *Session) { x.StartedAt = now.Add(-3 * time.Minute) }, a: bare,
			state: SessionRunning, next: 2 * time.Minute,
		},
		{
			name: "files are known", x: Session{State: SessionRunning, SID: "sid1"}, set: func(x *Session) { x.StartedAt, x.FromNamed = now.Add(-time.Minute), true }, a: bare,
			state: SessionRunning, next: 2 * time.Minute,
		},
		{
			name: "one whose hold was ended writes from then on", x: Session{State: SessionRunning, SID: "sid1"}, set: func(x *Session) { x.RecordingAt, x.Held, x.ResumedAt, x.FromNamed = time.Time{}, true, at(9.5), true }, a: holding(false),
			state: SessionRunning, check: func(x Session) bool { return !x.Held && x.RecordingAt.Equal(at(9.5)) }, next: 2 * time.Minute,
		},
		{
			name: "one that is on hold does not write", x: Session{State: SessionRunning, SID: "sid1"}, set: func(x *Session) { x.RecordingAt, x.Held = time.Time{}, true }, a: holding(true),
			state: SessionRunning, check: func(x Session) bool { return x.Held && x.RecordingAt.IsZero() },
		},
		{
			name: "one whose hold was ended while the query was out is looked at again soon", x: Session{State: SessionRunning, SID: "sid1"}, set: func(x *Session) {
				x.RecordingAt, x.Held, x.ResumedAt, x.AskedAt = time.Time{}, true, at(9.99), at(9.98)
			}, a: holding(true),
			state: SessionRunning, check: func(x Session) bool { return x.Held && x.ResumedAt.Equal(at(9.99)) }, next: time.Second,
		},
		{
			name: "one is over, says the service", x: Session{State: SessionRunning, SID: "sid1"}, a: refusal(agora.Ended, 400, 49, "invalid operation"),
			state: SessionLost, check: func(x Session) bool { return x.ReasonCode == reason.EndedByService && x.StoppedAt.Equal(at(8)) }, others: 1,
		},
		{
			name: "an error", x: Session{State: SessionRunning, SID: "sid1"}, a: broken,
			state: SessionRunning, check: func(x Session) bool { return !x.UnclearAnswer }, next: trouble,
		},
		{
			name: "an error before it was confirmed", x: Session{State: SessionConfirming, SID: "sid1"}, set: func(x *Session) { x.StartedAt, x.NotFoundAt = at(9.9), at(9.95) }, a: broken,
			state: SessionConfirming, check: func(x Session) bool { return x.UnclearAnswer && x.NotFoundAt.IsZero() },
		},
		{
			name: "nothing runs before it was confirmed", x: Session{State: SessionConfirming, SID: "sid1"}, set: func(x *Session) { x.StartedAt, x.NotFoundAt, x.SuspectAt = at(9.9), at(9.95), at(9.95) }, a: status(2),
			state: SessionConfirming, check: func(x Session) bool { return !x.UnclearAnswer && x.NotFoundAt.IsZero() && x.SuspectAt.IsZero() },
		},
		{
			name: "nothing runs any more", x: Session{State: SessionRunning, SID: "sid1"}, a: status(2),
			state: SessionSuspect, check: func(x Session) bool { return x.SuspectAt.Equal(now) }, next: 5 * time.Second,
		},
		{
			name: "it is back after a while", x: Session{State: SessionSuspect, SID: "sid1"}, set: func(x *Session) { x.SuspectAt, x.Failover = at(9), 10*time.Second }, a: bare,
			state: SessionRunning, check: func(x Session) bool {
				return x.Failover == time.Minute && x.HealthyFrom.Equal(now) && x.SuspectAt.IsZero()
			},
		},
		{
			name: "it is back sooner than another time", x: Session{State: SessionSuspect, SID: "sid1"}, set: func(x *Session) { x.SuspectAt, x.Failover = at(9), 80*time.Second }, a: bare,
			state: SessionRunning, check: func(x Session) bool { return x.Failover == 80*time.Second },
		},
		{
			name: "it has ended, as a notification told", x: Session{State: SessionRunning, SID: "sid1", Report: Report{ReportedEnd: "the recording stopped", Cause: 6}}, set: func(x *Session) { x.StoppedAt = at(9) }, a: refusal(agora.Ended, 400, 49, ""),
			state: SessionLost, check: func(x Session) bool { return x.Reason == "the recording stopped" && x.StoppedAt.Equal(at(9)) }, others: 1,
		},
		{
			name: "it is not known, as a notification told", x: Session{State: SessionRunning, SID: "sid1", Report: Report{ReportedEnd: "the recording stopped", Cause: 6}}, set: func(x *Session) { x.StoppedAt = at(9) }, a: gone,
			state: SessionLost, check: func(x Session) bool { return x.Reason == "the recording stopped" && x.StoppedAt.Equal(at(9)) }, others: 1,
		},
		{
			name: "it runs, although a notification told that it ended", x: Session{State: SessionRunning, SID: "sid1", Report: Report{ReportedEnd: "the recording stopped", Cause: 6, ReportedEndAt: at(9.5)}}, set: func(x *Session) { x.StoppedAt, x.AskedAt = at(9), at(9.6) }, a: bare,
			state: SessionRunning, check: func(x Session) bool { return x.ReportedEnd == "" && x.Cause == 0 && x.StoppedAt.IsZero() },
		},
		{
			name: "it ran before a notification told that it ended", x: Session{State: SessionRunning, SID: "sid1", Report: Report{ReportedEnd: "the recording stopped", Cause: 6, ReportedEndAt: at(9.6)}}, set: func(x *Session) { x.StoppedAt, x.AskedAt = at(9), at(9.6) }, a: bare,
			state: SessionRunning, check: func(x Session) bool {
				return x.ReportedEnd != "" && x.Cause == 6 && x.StoppedAt.Equal(at(9)) && x.Asked == agora.OpQuery
			},
		},
		{
			name: "its credentials are others now", x: Session{State: SessionRunning, SID: "sid1"}, set: func(x *Session) { x.RenewAt = at(60) }, a: &Answer{Result: agora.Done, Rotated: true, Server: bare.Server},
			state: SessionRunning, check: func(x Session) bool { return x.Asked == agora.OpUpdate && x.Change == ChangeCredentials },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.x.UID = "11"
			s := inHand(tt.x)
			s.Sessions[0].Asked, s.Sessions[0].AskedAt = agora.OpQuery, at(9.9)
			if tt.set != nil {
				tt.set(&s.Sessions[0])
			}
			s, _ = step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *tt.a}, 10*time.Minute)
			x := s.Sessions[0]
			if x.State != tt.state || tt.check != nil && !tt.check(x) || len(s.Sessions) != 1+tt.others {
				t.Errorf("%+v", x)
			}
			if tt.next > 0 && x.State != SessionLost && x.Next.Sub(now) != tt.next {
				t.Errorf("the next query %v later, want %v", x.Next.Sub(now), tt.next)
			}
		})
	}
}

// TestALostSessionSaysWhatTheServiceAnswered has one that the service does not know, and one that it says does not run.
func TestALostSessionSaysWhatTheServiceAnswered(t *testing.T) {
	for _, tt := range []struct {
		a    *Answer
		want string
	}{{gone, "the service did not know the recording any more when it was asked from "}, {status(2), "the service did not show the recording running (status 2) when it was asked from "}} {
		s := inHand(Session{UID: "11", State: SessionSuspect, SID: "sid1", Request: Request{Asked: agora.OpQuery, AskedAt: at(9.9)}})
		s.Sessions[0].SuspectAt, s.Sessions[0].LastGood, s.Sessions[0].RecordingAt = at(5), at(5), at(0)
		s, _ = step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *tt.a}, 10*time.Minute)
		if x := s.Sessions[0]; x.ReasonCode != reason.SessionLost || !strings.Contains(x.Reason, tt.want) {
			t.Errorf("%s: %s", x.ReasonCode, x.Reason)
		}
	}
}

// TestTenMinutesWithoutABreakForgetFailures looks at the instant before and at the instant itself.
func TestTenMinutesWithoutABreakForgetFailures(t *testing.T) {
	for healthy, want := range map[time.Duration]int{10*time.Minute - time.Nanosecond: 2, 10 * time.Minute: 0} {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Asked: agora.OpQuery}})
		s.Sessions[0].HealthyFrom = at(20).Add(-healthy)
		s.Replicas[0].Failures, s.Replicas[0].PageFailures = 2, 2
		s, _ = step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *running(bell)}, 20*time.Minute)
		if l := s.Replicas[0]; l.Failures != want || l.PageFailures != want {
			t.Errorf("after %v: %+v", healthy, l)
		}
	}
}

// TestWhatIsKnownOfFiles has queries name files, some of them twice, and some without a name.
func TestWhatIsKnownOfFiles(t *testing.T) {
	list := func(names ...string) *Answer {
		a := running(at(1))
		a.Server.Services[0].Payload.FileList = nil
		for _, n := range names {
			a.Server.Services[0].Payload.FileList = append(a.Server.Services[0].Payload.FileList, agora.File{Filename: n, SliceStartTime: at(1).UnixMilli()})
		}
		return a
	}
	s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1"})
	s.Sessions[0].RecordingAt = at(2)
	for i, a := range []*Answer{list("a", "", "b"), list("b", "c", "")} {
		s.Sessions[0].Asked = agora.OpQuery
		s, _ = step(s, observation{Attempt: 1, Op: agora.OpQuery, Answer: *a}, time.Duration(10+i)*time.Minute)
	}
	if x := s.Sessions[0]; !slices.Equal(x.Files, []string{"a", "b", "c"}) || !x.RecordingAt.Equal(at(1)) || !x.FromNamed {
		t.Errorf("files %v, from %v on, named: %v", x.Files, x.RecordingAt, x.FromNamed)
	}
}

// TestTheFirstFileTellsTheBeginning has files begin before and after what was known.
func TestTheFirstFileTellsTheBeginning(t *testing.T) {
	for _, tt := range []struct {
		name        string
		known, file time.Time
		named       bool
		empty       bool
		want        time.Time
		wantNamed   bool
	}{
		{"nothing was known", time.Time{}, at(1), false, false, at(1), true},
		{"it was seen running later", at(2), at(1), false, false, at(1), true},
		{"it was seen running then", at(1), at(1), false, false, at(1), true},
		{"it was seen running before, so that the service's clock is ahead", at(1), at(2), false, false, at(1), false},
		{"a later file", at(1), at(2), true, false, at(1), true},
		{"an earlier file", at(2), at(1), true, false, at(1), true},
		{"a file without a time", at(1), time.Time{}, false, false, at(1), false},
		{"it begins after now", time.Time{}, at(11), false, false, time.Time{}, false},
		{"and in microseconds", time.Time{}, time.UnixMilli(at(1).UnixMicro()), false, false, time.Time{}, false},
		{"nothing was written, says the stop", time.Time{}, at(1), false, true, time.Time{}, false},
	} {
		d := Decision{S: inHand(Session{UID: "11", State: SessionRunning, SID: "sid1"}), now: at(10)}
		x := &d.S.Sessions[0]
		x.RecordingAt, x.FromNamed, x.NothingWritten = tt.known, tt.named, tt.empty
		f := agora.File{Filename: "a"}
		if !tt.file.IsZero() {
			f.SliceStartTime = tt.file.UnixMilli()
		}
		if d.noteFiles(x, []agora.File{f}); !x.RecordingAt.Equal(tt.want) || x.FromNamed != tt.wantNamed {
			t.Errorf("%s: from %v on, named: %v", tt.name, x.RecordingAt, x.FromNamed)
		}
	}
}

// TestAnAnswerInWords holds what is told of an answer.
func TestAnAnswerInWords(t *testing.T) {
	for _, tt := range []struct {
		a    Answer
		want string
		code reason.Code
	}{
		{Answer{Result: agora.Done, Status: 200}, "done", ""},
		{Answer{Result: agora.Done}, "done", ""},
		{Answer{}, "no answer", reason.NoAnswer},
		{Answer{Reason: "timeout"}, "timeout", reason.NoAnswer},
		{Answer{Reason: "rundown ended", Interrupted: true}, "rundown ended", reason.Interrupted},
		{Answer{Result: agora.Permanent, Reason: "not in the plan", Unplanned: true}, "not in the plan", reason.LeftPlan},
		{Answer{Result: agora.Wait, Reason: "sts", Why: reason.IssueCredentialsFailing}, "sts", reason.IssueCredentialsFailing},
		{Answer{Result: agora.Retry, Status: 500}, "HTTP 500", reason.ServiceError},
		{Answer{Result: agora.Permanent, Status: 400, Code: 2}, "HTTP 400, code 2", reason.ServiceRefused},
		{Answer{Result: agora.Permanent, Status: 400, Code: 2, Reason: "url"}, `HTTP 400, code 2 "url"`, reason.ServiceRefused},
	} {
		if got := tt.a.String(); got != tt.want || tt.a.ReasonCode() != tt.code {
			t.Errorf("%+v is %q (%s), want %q (%s)", tt.a, got, tt.a.ReasonCode(), tt.want, tt.code)
		}
	}
}

// TestWhatDecideTells holds the notes of a day on which much happens.
func TestWhatDecideTells(t *testing.T) {
	note := func(s State, o observation, d time.Duration) string {
		_, _, note := decideOne(s, o, bell.Add(d))
		return note
	}
	acquiring := inHand(Session{UID: "11", State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire}})
	got := []string{
		note(acquiring, observation{Attempt: 1, Op: agora.OpAcquire, Answer: *broken}, time.Minute),
		note(acquiring, observation{Attempt: 1, Op: agora.OpAcquire, Answer: Answer{Result: agora.Done, ResourceID: "r"}}, time.Minute),
		note(acquiring, observation{Attempt: 2, Op: agora.OpAcquire, Answer: *broken}, time.Minute),
		note(acquiring, observation{Attempt: 1, Op: agora.OpStart, Answer: *broken}, time.Minute),
	}
	if diff := cmp.Diff([]string{`session 1: acquire: HTTP 500 "oops"`, "", "", ""}, got); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}
