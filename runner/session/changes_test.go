package session

import (
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
)

// TestWhichUpdateIsDue looks at a running session ten minutes after the bell, of which several things may have changed.
func TestWhichUpdateIsDue(t *testing.T) {
	held := func(x *Session) { x.Held, x.RecordingAt = true, time.Time{} }
	push := func(x *Session) { x.CDN = "main" } // the plan wants another
	keys := func(x *Session) { x.RenewAt = at(9) }
	also := func(all ...func(*Session)) func(*Session) {
		return func(x *Session) {
			for _, f := range all {
				f(x)
			}
		}
	}
	set := func(f func(*Session), more func(*Session)) func(*Session) { return also(f, more) }
	for _, tt := range []struct {
		name string
		set  func(*Session)
		s    func(*State)
		want Change // "": none is due
		op   agora.Op
	}{
		{"nothing", func(*Session) {}, nil, "", ""},
		{"its hold is to be ended", held, nil, ChangeHold, agora.OpUpdate},
		{"its hold is to be ended before it was seen running", set(held, func(x *Session) { x.State = SessionConfirming }), nil, ChangeHold, agora.OpUpdate},
		{"its hold is to be ended while a query is out", set(held, func(x *Session) { x.Asked = agora.OpQuery }), nil, ChangeHold, agora.OpUpdate},
		{"its hold is to be ended while an update is out", set(held, func(x *Session) { x.Asked, x.Change = agora.OpUpdate, ChangePush }), nil, "", ""},
		{"its hold was ended", set(held, func(x *Session) { x.ResumedAt = at(9) }), nil, "", ""},
		{"its hold is to be ended later", held, func(s *State) { s.Start = at(11) }, "", ""},
		{"its hold is to be ended again later", set(held, func(x *Session) { x.Change, x.UpdateAt = ChangeHold, at(11) }), nil, "", ""},
		{"its hold is to be ended, and another update is not due yet", set(held, func(x *Session) { x.Change, x.UpdateAt = ChangePush, at(11) }), nil, ChangeHold, agora.OpUpdate},
		{"another push", push, nil, ChangePush, agora.OpUpdate},
		{"another push while it is not known to run", set(push, func(x *Session) { x.State, x.SuspectAt = SessionSuspect, at(9.9) }), nil, "", ""},
		{"another push while a query is out", set(push, func(x *Session) { x.Asked = agora.OpQuery }), nil, "", ""},
		{"another push that was refused", set(push, func(x *Session) { x.RejectedTarget = "new" }), nil, "", ""},
		{"another push than one that was refused", set(push, func(x *Session) { x.RejectedTarget = "old" }), nil, ChangePush, agora.OpUpdate},
		{"another push again later", set(push, func(x *Session) { x.Change, x.UpdateAt = ChangePush, at(11) }), nil, "", ""},
		{"a push where there was none", func(*Session) {}, func(s *State) { s.CDN = "new" }, "", ""},
		{"no push any more", push, func(s *State) { s.CDN = "" }, "", ""},
		{"the same push", push, func(s *State) { s.CDN = "main" }, "", ""},
		{"keys", keys, nil, ChangeCredentials, agora.OpUpdate},
		{"keys later", func(x *Session) { x.RenewAt = at(11) }, nil, "", ""},
		{"keys while a query is out", set(keys, func(x *Session) { x.Asked = agora.OpQuery }), nil, "", ""},
		{"keys while it is not known to run", set(keys, func(x *Session) { x.State, x.SuspectAt = SessionSuspect, at(9.9) }), nil, "", ""},
		{"keys, which are due longer, and another push", also(keys, push), nil, ChangePush, agora.OpUpdate},
		{"keys, which are due longer, and a hold", also(keys, held), nil, ChangeHold, agora.OpUpdate},
		{"another push, and a hold", also(push, held), nil, ChangeHold, agora.OpUpdate},
		{"a hold, which is due first, while a query is out, and another push", also(push, held, func(x *Session) { x.Asked = agora.OpQuery }), nil, ChangeHold, agora.OpUpdate},
		{"keys of a class that is over", keys, func(s *State) { s.Cancel = &Cancel{At: at(9), Who: "ops"} }, "", agora.OpStop},
		{"keys of one that is being stopped", set(keys, func(x *Session) { x.State, x.StopAskedAt = SessionStopping, at(9) }), nil, "", agora.OpAcquire},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Next: at(12)}})
			s.CDN = "new"
			s.Sessions[0].CDN = ""
			if tt.s != nil {
				tt.s(&s)
			}
			tt.set(&s.Sessions[0])
			before := s.Sessions[0].Change
			s, act := step(s, observation{}, 10*time.Minute)
			x := s.Sessions[0]
			if act.Op != tt.op {
				t.Fatalf("next is %+v, want %q: %+v", act, tt.op, x)
			}
			if tt.op == agora.OpUpdate && (x.Change != tt.want || x.Asked != agora.OpUpdate || !x.AskedAt.Equal(at(10)) || x.AskedCDN != s.CDN) || tt.op != agora.OpUpdate && x.Change != before {
				t.Errorf("%+v, want a change of %q", x, tt.want)
			}
		})
	}
}

// TestWhatComesOfAnUpdate has each change meet each kind of answer.
func TestWhatComesOfAnUpdate(t *testing.T) {
	done := &Answer{Result: agora.Done, CredentialsUntil: at(120)}
	refused, over := refusal(agora.Permanent, 400, 2, "url"), refusal(agora.Ended, 400, 49, "")
	cut := &Answer{Result: agora.Unknown, Interrupted: true, Reason: "rundown ended"}
	slow := &Answer{Result: agora.Wait, Status: 429, RetryAfter: 20 * time.Second}
	for _, tt := range []struct {
		name   string
		change Change
		a      *Answer
		set    func(*Session)
		state  SessionState
		again  time.Duration // to the next update; 0: not looked at
		check  func(Session) bool
	}{
		{"hold, done", ChangeHold, done, nil, SessionRunning, 0, func(x Session) bool {
			return x.ResumedAt.Equal(at(10)) && x.Held && x.Next.Equal(at(10).Add(time.Second)) && x.UpdateTries == 0
		}},
		{"hold, refused", ChangeHold, refused, nil, SessionStopping, 0, func(x Session) bool {
			return x.FinalState == SessionFailed && x.ReasonCode == reason.HoldNotEnded && x.Asked == agora.OpStop
		}},
		{"hold, not answered", ChangeHold, noAnswer, nil, SessionRunning, time.Second, nil},
		{"hold, not answered a second time", ChangeHold, noAnswer, func(x *Session) { x.UpdateTries = 1 }, SessionRunning, 2 * time.Second, func(x Session) bool { return x.UpdateTries == 2 }},
		{"hold, and the account is refused", ChangeHold, refusal(agora.Permanent, 401, 0, ""), nil, SessionRunning, time.Second, nil},
		{"hold, and it is over", ChangeHold, over, nil, SessionRunning, 0, func(x Session) bool { return x.Asked == agora.OpQuery }},
		{"hold, and it is gone", ChangeHold, gone, nil, SessionSuspect, 0, func(x Session) bool { return x.Asked == agora.OpQuery && x.SuspectAt.Equal(at(10)) && x.Tries == 0 }},
		{"hold, and it is gone before it was confirmed", ChangeHold, gone, func(x *Session) { x.State = SessionConfirming }, SessionConfirming, time.Second, func(x Session) bool { return x.SuspectAt.IsZero() }},
		{"hold, and it is gone while it is suspect", ChangeHold, gone, func(x *Session) { x.State, x.SuspectAt = SessionSuspect, at(9) }, SessionSuspect, time.Second, func(x Session) bool { return x.SuspectAt.Equal(at(9)) }},
		{"push, done", ChangePush, done, func(x *Session) { x.Connecting, x.Push = 2, "connecting" }, SessionRunning, 0, func(x Session) bool {
			return x.CDN == "new" && x.Asked == agora.OpQuery && x.Connecting == 0 && x.Push == ""
		}},
		{"push, refused", ChangePush, refused, func(x *Session) { x.UpdateTries = 3 }, SessionRunning, 0, func(x Session) bool {
			return x.RejectedTarget == "new" && x.CDN == "main" && x.UpdateTries == 0 && x.Asked == "" && strings.Contains(x.Remarks[0], "the push could not be moved to new")
		}},
		{"push, not answered", ChangePush, noAnswer, nil, SessionRunning, 5 * time.Second, func(x Session) bool { return x.RejectedTarget == "" && len(x.Remarks) == 0 }},
		{"push, and it is to wait", ChangePush, slow, nil, SessionRunning, 20 * time.Second, nil},
		{"keys, done", ChangeCredentials, done, nil, SessionRunning, 0, func(x Session) bool {
			return x.CredentialsUntil.Equal(at(120)) && x.RenewAt.Equal(at(65)) && x.RenewalError == "" && !x.CredentialsExpired && x.UpdateAt.IsZero()
		}},
		{"keys, refused", ChangeCredentials, refused, nil, SessionRunning, 30 * time.Second, func(x Session) bool {
			return strings.HasPrefix(x.RenewalError, "the storage credentials run out at 2031-09-17 18:00:00Z and could not be renewed") && strings.Contains(x.Remarks[0], "new storage credentials were refused") && x.RenewAt.Equal(x.UpdateAt)
		}},
		{"keys, not answered", ChangeCredentials, noAnswer, nil, SessionRunning, 30 * time.Second, func(x Session) bool { return x.RenewalError != "" && len(x.Remarks) == 0 }},
		{"keys, not answered, and told before", ChangeCredentials, noAnswer, func(x *Session) { x.RenewalError = "told" }, SessionRunning, 30 * time.Second, func(x Session) bool { return x.RenewalError == "told" }},
		{"keys that never run out, not answered", ChangeCredentials, noAnswer, func(x *Session) { x.CredentialsUntil = time.Time{} }, SessionRunning, 30 * time.Second, func(x Session) bool { return x.RenewalError == "the storage credentials could not be renewed: timeout" }},
		{"keys that are about to run out", ChangeCredentials, noAnswer, func(x *Session) { x.CredentialsUntil = at(10).Add(10 * time.Second) }, SessionRunning, 10 * time.Second, nil},
		{"keys that are about to run out, and it is to wait", ChangeCredentials, slow, func(x *Session) { x.CredentialsUntil = at(10).Add(10 * time.Second) }, SessionRunning, 20 * time.Second, nil},
		{"keys that have just run out", ChangeCredentials, noAnswer, func(x *Session) { x.CredentialsUntil = at(10) }, SessionRunning, 30 * time.Second, func(x Session) bool {
			return x.CredentialsExpired && strings.HasPrefix(x.RenewalError, "the storage credentials ran out at") && x.Remarks[0] == x.RenewalError
		}},
		{"keys that ran out, as was told", ChangeCredentials, refused, func(x *Session) { x.CredentialsUntil, x.CredentialsExpired, x.RenewalError = at(9), true, "told" }, SessionRunning, 30 * time.Second, func(x Session) bool { return x.RenewalError == "told" && len(x.Remarks) == 0 }},
		{"keys, and it is over", ChangeCredentials, over, nil, SessionRunning, 30 * time.Second, func(x Session) bool { return x.RenewalError == "" && x.Asked == agora.OpQuery }},
		{"keys, and it is gone", ChangeCredentials, gone, nil, SessionSuspect, 30 * time.Second, func(x Session) bool { return x.RenewalError == "" }},
		{"keys, and rundown ended", ChangeCredentials, cut, nil, SessionRunning, 30 * time.Second, func(x Session) bool { return x.RenewalError == "" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Next: at(12), Asked: agora.OpUpdate}, UpdateFacts: UpdateFacts{Change: tt.change}, PushFacts: PushFacts{CDN: "main", AskedCDN: "new"}, CredentialFacts: CredentialFacts{CredentialsUntil: at(60)}})
			s.CDN = "new"
			if x := &s.Sessions[0]; tt.change == ChangeHold {
				x.Held, x.CDN = true, ""
			} else if tt.change == ChangeCredentials {
				x.RenewAt, x.CDN = at(9), "new"
			}
			if tt.set != nil {
				tt.set(&s.Sessions[0])
			}
			s, _ = step(s, observation{Attempt: 1, Op: agora.OpUpdate, Answer: *tt.a}, 10*time.Minute)
			x := s.Sessions[0]
			if x.State != tt.state || tt.check != nil && !tt.check(x) {
				t.Errorf("%+v", x)
			}
			if wait := x.UpdateAt.Sub(at(10)); tt.again > 0 && wait != tt.again {
				t.Errorf("the next update %v later, want %v", wait, tt.again)
			}
		})
	}
}

// TestAHoldThatIsSeen has a query say whether a session is on hold.
func TestAHoldThatIsSeen(t *testing.T) {
	on, off := true, false
	for _, tt := range []struct {
		name  string
		seen  *bool // nil: it says nothing
		set   func(*Session)
		held  bool
		check func(Session) bool
	}{
		{"nothing is said", nil, nil, false, func(x Session) bool { return len(x.Paused) == 0 && x.ResumedAt.IsZero() }},
		{"nothing is said of one that is on hold", nil, func(x *Session) { x.Held = true }, true, nil},
		{"nothing is said of one whose hold was ended", nil, func(x *Session) { x.Held, x.ResumedAt = true, at(9) }, false, func(x Session) bool { return x.ResumedAt.Equal(at(9)) }},
		{"it is not", &off, nil, false, func(x Session) bool { return x.ResumedAt.IsZero() }},
		{"it is not any more", &off, func(x *Session) { x.Held = true }, false, func(x Session) bool { return x.ResumedAt.Equal(at(10)) }},
		{"it is not any more, after an update", &off, func(x *Session) { x.Held, x.ResumedAt, x.Paused = true, at(9), []Gap{{From: at(7)}} }, false, func(x Session) bool { return x.Paused[0].Until.Equal(at(9)) }},
		{"it is not any more, and was paused twice", &off, func(x *Session) {
			x.Held, x.ResumedAt, x.Paused = true, at(9), []Gap{{From: at(3), Until: at(4)}, {From: at(7)}}
		}, false, func(x Session) bool { return x.Paused[0].Until.Equal(at(4)) && x.Paused[1].Until.Equal(at(9)) }},
		{"it is not any more, and that pause was ended", &off, func(x *Session) { x.Held, x.ResumedAt, x.Paused = true, at(9), []Gap{{From: at(3), Until: at(4)}} }, false, func(x Session) bool { return x.Paused[0].Until.Equal(at(4)) }},
		{"it is, though nobody asked for that", &on, nil, true, func(x Session) bool {
			return len(x.Paused) == 1 && x.Paused[0].From.Equal(at(8)) && len(x.Remarks) == 1
		}},
		{"it is, before it wrote", &on, func(x *Session) { x.RecordingAt = time.Time{} }, true, func(x Session) bool { return len(x.Paused) == 0 && len(x.Remarks) == 1 }},
		{"it is, and was never seen writing", &on, func(x *Session) { x.LastGood = time.Time{} }, true, func(x Session) bool { return x.Paused[0].From.Equal(x.RecordingAt) }},
		{"it is, as is known", &on, func(x *Session) { x.Held = true }, true, func(x Session) bool { return len(x.Remarks) == 0 }},
		{"it still is after an update", &on, func(x *Session) { x.Held, x.ResumedAt = true, at(9) }, true, func(x Session) bool { return x.ResumedAt.IsZero() && x.UpdateAt.Equal(at(10)) }},
		{"it still was before an update", &on, func(x *Session) { x.Held, x.ResumedAt = true, at(9.95) }, true, func(x Session) bool { return x.ResumedAt.Equal(at(9.95)) }},
		{"it still was when an update was answered", &on, func(x *Session) { x.Held, x.ResumedAt = true, at(9.9) }, true, func(x Session) bool { return x.ResumedAt.Equal(at(9.9)) }},
	} {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1"})
		d := Decision{S: s, now: at(10)}
		x := &d.S.Sessions[0]
		if x.AskedAt = at(9.9); tt.set != nil {
			tt.set(x)
		}
		if d.onHoldState(x, tt.seen); x.Held != tt.held || tt.check != nil && !tt.check(*x) {
			t.Errorf("%s: %+v", tt.name, x)
		}
	}
}

// TestAPushIsLookedAt has queries tell of the push of a session.
func TestAPushIsLookedAt(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   string
		fallback string
		set      func(*Session)
		fell     string
		remarks  string
		next     time.Duration
	}{
		{"it is up", "publishing", "spare", func(x *Session) { x.Connecting = 2 }, "", "", 2 * time.Minute},
		{"it is coming up", agora.PushConnecting, "spare", nil, "", "", 30 * time.Second},
		{"it is still coming up", agora.PushConnecting, "spare", func(x *Session) { x.Connecting = 1 }, "", "", 30 * time.Second},
		{"it does not come up", agora.PushConnecting, "spare", func(x *Session) { x.Connecting = 2 }, "", "the push to main was still connecting at 2031-09-17 17:10:00Z", 2 * time.Minute},
		{"it does not come up, as was told", agora.PushConnecting, "spare", func(x *Session) { x.Connecting = 3 }, "", "", 2 * time.Minute},
		{"it broke", agora.PushDisconnected, "spare", nil, "main", "the push to main broke at 2031-09-17 17:10:00Z and moved to its fallback", 2 * time.Minute},
		{"it broke, and there is no fallback", agora.PushDisconnected, "", nil, "", "the push to main broke at 2031-09-17 17:10:00Z", 2 * time.Minute},
		{"it broke, and there is no fallback, as was told", agora.PushDisconnected, "", func(x *Session) { x.Push = agora.PushDisconnected }, "", "", 2 * time.Minute},
		{"its fallback broke", agora.PushDisconnected, "spare", func(x *Session) { x.CDN = "spare" }, "", "the push to spare broke", 2 * time.Minute},
	} {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", PushFacts: PushFacts{CDN: "main"}, Request: Request{Next: at(12)}})
		s.CDN, s.Fallback = "main", tt.fallback
		d := Decision{S: s, now: at(10)}
		x := &d.S.Sessions[0]
		if tt.set != nil {
			tt.set(x)
		}
		if d.onPushStatus(x, pushing(request{}, tt.status).Server); d.S.FailedOverFrom != tt.fell || !strings.Contains(strings.Join(x.Remarks, "; "), tt.remarks) || (len(x.Remarks) > 0) != (tt.remarks != "") || x.Next.Sub(at(10)) != tt.next {
			t.Errorf("%s: fell from %q, the next look %v later: %+v", tt.name, d.S.FailedOverFrom, x.Next.Sub(at(10)), x)
		}
		if x.Push != tt.status || tt.status != agora.PushConnecting && x.Connecting != 0 {
			t.Errorf("%s: %+v", tt.name, x)
		}
	}
}

// TestWhereAReplicaPushes tells the address by the replica and by what broke.
func TestWhereAReplicaPushes(t *testing.T) {
	for _, tt := range []struct {
		replica                   int
		cdn, fallback, fell, want string
	}{
		{0, "main", "", "", "main"},
		{0, "main", "spare", "", "main"},
		{0, "main", "spare", "main", "spare"},
		{0, "main", "", "main", "main"},
		{0, "new", "spare", "main", "new"},
		{1, "main", "spare", "main", ""},
	} {
		s := State{Target: Target{CDN: tt.cdn, Fallback: tt.fallback}, Status: Status{FailedOverFrom: tt.fell}}
		if got := s.Push(tt.replica); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// TestWhenKeysAreSentAnew halves what is left of them, with bounds.
func TestWhenKeysAreSentAnew(t *testing.T) {
	for until, want := range map[time.Duration]time.Duration{
		0: 0, 10 * time.Second: 30 * time.Second, 40 * time.Minute: 20 * time.Minute, 10 * time.Hour: time.Hour,
	} {
		d := Decision{now: bell}
		x := Session{CredentialFacts: CredentialFacts{RenewalError: "told", CredentialsExpired: true, RenewAt: at(5)}}
		var keys time.Time
		if until > 0 {
			keys = bell.Add(until)
		}
		d.credentialsSent(&x, keys)
		if wait := x.RenewAt.Sub(bell); (want > 0 || !x.RenewAt.IsZero()) && wait != want || x.RenewalError != "" || x.CredentialsExpired || !x.CredentialsUntil.Equal(keys) {
			t.Errorf("%v: renewed after %v, want %v: %+v", until, wait, want, x)
		}
	}
}
