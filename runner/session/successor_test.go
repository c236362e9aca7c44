package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// TestASessionWhoseHoursRunOut is followed by another in time. Its hours are over two hours after the bell; the class lasts
// three.
func TestASessionWhoseHoursRunOut(t *testing.T) {
	minute := time.Minute
	first := Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Next: at(400)}}
	leaving := first
	leaving.Draining = true
	next := Session{UID: "12", State: SessionRunning, SID: "sid2", Limits: Limits{MaxHour: 6, ExpireHour: 30}, Request: Request{Next: at(400)}}
	with := func(x Session, f func(*Session)) Session {
		f(&x)
		return x
	}
	for _, tt := range []struct {
		name     string
		sessions []Session
		set      func(*State)
		now      time.Duration
		op       agora.Op
		of       int
		leaving  bool
		lapsed   bool
		state    SessionState // of the first
	}{
		{"not yet", []Session{first}, nil, 115*minute - time.Second, "", 0, false, false, SessionRunning},
		{"five minutes before", []Session{first}, nil, 115 * minute, agora.OpAcquire, 2, true, false, SessionRunning},
		{"the class ends before", []Session{first}, func(s *State) { s.End, s.Until = at(118), at(120) }, 115 * minute, "", 0, false, false, SessionRunning},
		{"the end was taken back", []Session{leaving}, func(s *State) { s.End, s.Until = at(118), at(120) }, 116 * minute, "", 0, false, false, SessionRunning},
		{"the end was taken back once another was begun", []Session{leaving, with(next, func(x *Session) { x.State, x.Asked = SessionAcquiring, agora.OpAcquire })}, func(s *State) { s.End, s.Until = at(118), at(120) }, 116 * minute, "", 0, true, false, SessionRunning},
		{"the next one writes", []Session{leaving, next}, nil, 116 * minute, agora.OpStop, 1, true, false, SessionStopping},
		{"the next one writes, and an update is out", []Session{with(leaving, func(x *Session) { x.Asked = agora.OpUpdate }), next}, nil, 116 * minute, "", 0, true, false, SessionRunning},
		{"the next one is being confirmed", []Session{leaving, with(next, func(x *Session) { x.State = SessionConfirming })}, nil, 116 * minute, "", 0, true, false, SessionRunning},
		{"its hours are over, and no other was begun", []Session{leaving}, func(s *State) { s.Replicas[0].RetryAt = at(130) }, 120 * minute, "", 0, true, true, SessionRunning},
		{"its hours are not quite over", []Session{leaving}, func(s *State) { s.Replicas[0].RetryAt = at(130) }, 120*minute - time.Second, "", 0, true, false, SessionRunning},
		{"its hours are over, and the class with them", []Session{first}, func(s *State) { s.End, s.Until = at(118), at(120) }, 120 * minute, agora.OpStop, 1, false, false, SessionStopping},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(slices.Clone(tt.sessions)...)
			s.End, s.Until = at(178), at(180)
			for i := range s.Sessions {
				s.Sessions[i].StartedAt, s.Sessions[i].LastGood = bell, bell.Add(tt.now-minute)
			}
			if tt.set != nil {
				tt.set(&s)
			}
			s, act := step(s, observation{}, tt.now)
			x := s.Sessions[0]
			if act.Op != tt.op || act.Attempt != tt.of || x.Draining != tt.leaving || x.Expired != tt.lapsed || x.State != tt.state || s.HasExpired() != tt.lapsed {
				t.Errorf("next is %+v, leaving %v, lapsed %v, %s", act, x.Draining, x.Expired, x.State)
			}
			if tt.name == "not yet" && !act.Wake.Equal(at(115)) {
				t.Errorf("it is woken at %v", act.Wake)
			}
			if tt.lapsed != slices.ContainsFunc(x.Remarks, func(r string) bool { return strings.Contains(r, "its hours ended at") }) {
				t.Errorf("remarks: %v", x.Remarks)
			}
		})
	}
}

// TestASuccessorThatDoesNotWriteYet leaves the session before it as it is.
func TestASuccessorThatDoesNotWriteYet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		from   time.Time
		now    float64
		ended  bool
		lapsed bool
	}{
		{"it writes", at(116), 117, true, false},
		{"it writes from now on", at(117), 117, true, false},
		{"it is on hold", time.Time{}, 117, false, false},
		{"it is named to write later", at(118), 117, false, false},
		{"it is on hold, and the hours are over", time.Time{}, 121, false, true},
		{"it is named to write later, and the hours are over", at(122), 121, false, false},
	} {
		s := inHand(Session{UID: "11", State: SessionRunning, SID: "sid1", Limits: Limits{Draining: true}, Request: Request{Next: at(400)}}, Session{UID: "12", State: SessionRunning, SID: "sid2", Limits: Limits{MaxHour: 6}, Request: Request{Next: at(400)}})
		s.End, s.Until = at(178), at(180)
		s.Sessions[1].RecordingAt, s.Sessions[1].FromNamed = tt.from, true
		s, act := step(s, observation{}, time.Duration(tt.now*float64(time.Minute)))
		if x := s.Sessions[0]; (act.Op == agora.OpStop) != tt.ended || x.Expired != tt.lapsed {
			t.Errorf("%s: next is %+v, lapsed %v", tt.name, act, x.Expired)
		}
	}
}

// TestALaneThatIsNotWantedAnyMore ends once each of those that are writes.
func TestALaneThatIsNotWantedAnyMore(t *testing.T) {
	writes := Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Next: at(12)}}
	surplus := Session{UID: "13", Replica: 1, State: SessionRunning, SID: "sid2", Request: Request{Next: at(12)}}
	with := func(x Session, f func(*Session)) Session {
		f(&x)
		return x
	}
	for _, tt := range []struct {
		name    string
		wanted  Session
		surplus Session
		set     func(*State)
		state   SessionState // of the surplus
		code    reason.Code
	}{
		{"the other writes", writes, surplus, nil, SessionStopping, reason.NotNeeded},
		{"the other writes from now on", with(writes, func(x *Session) { x.RecordingAt = at(10) }), surplus, nil, SessionStopping, reason.NotNeeded},
		{"the other is to write later", with(writes, func(x *Session) { x.RecordingAt, x.FromNamed = at(11), true }), surplus, nil, SessionRunning, ""},
		{"the other is on hold", with(writes, func(x *Session) { x.RecordingAt = time.Time{} }), surplus, nil, SessionRunning, ""},
		{"the other is suspect", with(writes, func(x *Session) { x.State, x.SuspectAt = SessionSuspect, at(9) }), surplus, nil, SessionRunning, ""},
		{"the other is lost", with(writes, func(x *Session) { x.State, x.ReasonCode = SessionLost, reason.SessionLost }), surplus, nil, SessionRunning, ""},
		{"the other writes, and an update is out", writes, with(surplus, func(x *Session) { x.Asked = agora.OpUpdate }), nil, SessionRunning, ""},
		{"the other writes, and it is being acquired", writes, with(surplus, func(x *Session) { x.State, x.SID = SessionAcquiring, "" }), nil, SessionFailed, reason.NotNeeded},
		{"the other writes, and an acquire is out", writes, with(surplus, func(x *Session) { x.State, x.SID, x.Asked = SessionAcquiring, "", agora.OpAcquire }), nil, SessionAcquiring, ""},
		{"the other writes, and its start is in doubt", writes, with(surplus, func(x *Session) { x.State, x.SID, x.StartUncertain = SessionStarting, "", true }), nil, SessionOrphan, reason.OrphanSID},
		{"it is wanted", writes, surplus, func(s *State) { s.UIDs = redundant(2).UIDs }, SessionRunning, ""},
	} {
		s := inHand(tt.wanted, tt.surplus)
		if !tt.wanted.RecordingAt.IsZero() || tt.name == "the other is on hold" {
			s.Sessions[0].RecordingAt = tt.wanted.RecordingAt
		}
		if x := &s.Sessions[1]; x.State == SessionStarting {
			x.Asked = ""
		}
		if tt.set != nil {
			tt.set(&s)
		}
		s, _ = step(s, observation{}, 10*time.Minute)
		if x := s.Sessions[1]; x.State != tt.state || x.ReasonCode != tt.code {
			t.Errorf("%s: it is %s (%s)", tt.name, x.State, x.ReasonCode)
		}
	}
}

// TestHowManyHoursASessionAsksFor leaves an hour, and is never less than the plan's.
func TestHowManyHoursASessionAsksFor(t *testing.T) {
	for _, tt := range []struct {
		lasts        time.Duration
		max, expire  int
		hours, until int
	}{
		{50 * time.Minute, 2, 26, 2, 26},
		{time.Hour, 2, 26, 2, 26},
		{time.Hour + time.Second, 2, 26, 3, 27},
		{5 * time.Hour, 2, 26, 6, 30},
		{5 * time.Hour, 9, 33, 9, 33},
		{5 * time.Hour, 9, 5, 9, 9},
		{1000 * time.Hour, 2, 26, 720, 720},
		{700 * time.Hour, 2, 26, 701, 720},
	} {
		target := Target{MaxHour: tt.max, ExpireHour: tt.expire, Interval: Interval{Until: bell.Add(tt.lasts)}}
		if hours, until := target.hours(bell); hours != tt.hours || until != tt.until {
			t.Errorf("%v with %d and %d: %d and %d, want %d and %d", tt.lasts, tt.max, tt.expire, hours, until, tt.hours, tt.until)
		}
	}
}

// TestA404ToAStop tells a failover from an end.
func TestA404ToAStop(t *testing.T) {
	window := catalog.FailoverWindow()
	for _, tt := range []struct {
		name  string
		set   func(*Session)
		state SessionState
		until time.Time // of what is over
	}{
		{"the first", nil, SessionStopping, time.Time{}},
		{"the last within the window", func(x *Session) {
			x.StopNotFoundAt, x.SuspectAt = at(10).Add(-window+time.Second), at(10).Add(-window+time.Second)
		}, SessionStopping, time.Time{}},
		{"after the window", func(x *Session) { x.StopNotFoundAt, x.SuspectAt = at(10).Add(-window), at(10).Add(-window) }, SessionOrphan, at(8)},
		{"after the window, and queries were answered so before", func(x *Session) { x.StopNotFoundAt, x.SuspectAt = at(9.9), at(10).Add(-window) }, SessionOrphan, at(8)},
		{"and one to a query was so long ago that another may have begun", func(x *Session) { x.SuspectAt = at(10).Add(-window - time.Second) }, SessionStopping, time.Time{}},
		{"and one to a query was just as long ago as a failover lasts", func(x *Session) { x.SuspectAt = at(10).Add(-window) }, SessionOrphan, at(8)},
		{"and the window was waited for by queries", func(x *Session) {
			x.SuspectAt, x.FinalState, x.StoppedAt = at(10).Add(-window-time.Second), SessionLost, at(7)
		}, SessionLost, at(7)},
		{"after an earlier stop that was not answered", func(x *Session) {
			x.StopNotFoundAt, x.SuspectAt, x.StopUnansweredAt = at(10).Add(-window), at(10).Add(-window), at(8.1)
		}, SessionEnded, at(8.1)},
		{"and its recorder had exited", func(x *Session) { x.Exited, x.StoppedAt = true, at(7) }, SessionEnded, at(7)},
		{"and a notification told its end", func(x *Session) { x.ReportedEnd = "stopped" }, SessionEnded, at(8)},
		{"and it was uploaded", func(x *Session) { x.UploadStatus = "uploaded" }, SessionEnded, at(8)},
		{"and its upload failed", func(x *Session) { x.UploadStatus = uploadFailed }, SessionStopping, time.Time{}},
		{"and its upload failed and was done", func(x *Session) { x.UploadStatus, x.UploadedLate = uploadFailed, true }, SessionEnded, at(8)},
		{"and its hours are just over", func(x *Session) { x.StartedAt = at(10).Add(-2 * time.Hour); x.LastGood = at(8) }, SessionEnded, at(10)},
		{"and it was answered so from its start on", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood = at(8.5), time.Time{}, time.Time{}
			x.SuspectAt, x.NotFoundAt, x.StopNotFoundAt = at(8.5), at(9), at(9)
		}, SessionEnded, time.Time{}},
		{"and it was answered so from its start on, but for one", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood, x.UnclearAnswer = at(8.5), time.Time{}, time.Time{}, true
			x.SuspectAt, x.NotFoundAt, x.StopNotFoundAt = at(8.5), at(9), at(9)
		}, SessionOrphan, time.Time{}},
		{"and no query was answered so", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood = at(8.5), time.Time{}, time.Time{}
			x.SuspectAt, x.StopNotFoundAt = at(8.5), at(8.5)
		}, SessionOrphan, time.Time{}},
		{"and the last query that was answered so is half a minute old", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood = at(8.4), time.Time{}, time.Time{}
			x.SuspectAt, x.NotFoundAt, x.StopNotFoundAt = at(8.5), at(8.5), at(9)
		}, SessionEnded, time.Time{}},
		{"and the last query that was answered so is older", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood = at(8.4), time.Time{}, time.Time{}
			x.SuspectAt, x.NotFoundAt, x.StopNotFoundAt = at(8.5), at(8.49), at(9)
		}, SessionOrphan, time.Time{}},
		{"and it was named to write", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood = at(8.5), at(8.6), time.Time{}
			x.SuspectAt, x.NotFoundAt, x.StopNotFoundAt = at(8.5), at(9), at(9)
		}, SessionOrphan, time.Time{}},
		{"and it was started longer ago than that", func(x *Session) {
			x.StartedAt, x.RecordingAt, x.LastGood = at(7), time.Time{}, time.Time{}
			x.SuspectAt, x.NotFoundAt, x.StopNotFoundAt = at(8.5), at(9), at(9)
		}, SessionOrphan, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", Request: Request{Asked: agora.OpStop, AskedAt: at(9.9), Tries: 3}, StopFacts: StopFacts{StopAskedAt: at(8.4)}})
			if tt.set != nil {
				tt.set(&s.Sessions[0])
			}
			s.Cancel = &Cancel{At: at(8.4), Who: "ops"}
			s, _ = step(s, observation{Attempt: 1, Op: agora.OpStop, Answer: *gone}, 10*time.Minute)
			x := s.Sessions[0]
			if x.State != tt.state || !x.StoppedAt.Equal(tt.until) {
				t.Errorf("it is %s until %v, want %s until %v: %+v", x.State, x.StoppedAt, tt.state, tt.until, x)
			}
			if tt.state == SessionStopping && (x.StopNotFoundAt.IsZero() || x.SuspectAt.IsZero() || !x.Next.After(at(10))) {
				t.Errorf("%+v", x)
			}
		})
	}
}

// TestAnOrphanOfAClassThatIsOverIsAddedToItsReason has the stop of a session that turned up late be answered 404 to the end.
func TestAnOrphanOfAClassThatIsOverIsAddedToItsReason(t *testing.T) {
	for _, known := range []bool{false, true} {
		s := inHand(Session{UID: "11", State: SessionStopping, SID: "sid1", Request: Request{Asked: agora.OpStop, AskedAt: at(60)}, StopFacts: StopFacts{StopAskedAt: at(58), StopNotFoundAt: at(58)}, Evidence: Evidence{SuspectAt: at(58)}})
		s.Phase, s.Outcome, s.Reason = Ended, Recorded, "written"
		if s.Sessions[0].StoppedAt = (time.Time{}); known {
			s.Sessions[0].StoppedAt = at(57)
		}
		s, _ = step(s, observation{Attempt: 1, Op: agora.OpStop, Answer: *gone}, time.Hour)
		x := s.Sessions[0]
		want := at(8)
		if known {
			want = at(57)
		}
		if x.State != SessionOrphan || s.Reason != "written; "+x.Reason || !x.StoppedAt.Equal(want) {
			t.Errorf("it is %s until %v: %q", x.State, x.StoppedAt, s.Reason)
		}
	}
}
