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

// wrote is a session that is over and wrote from one minute to another.
func wrote(from, until float64) Session {
	return Session{UID: "11", SID: "sid", State: SessionEnded, StartFacts: StartFacts{StartedAt: at(from)}, Evidence: Evidence{RecordingAt: at(from), FromNamed: true, LastGood: at(until)}, StopFacts: StopFacts{StoppedAt: at(until)}, Limits: Limits{MaxHour: 2}}
}

// TestAnOutcome is settled at the end of the lesson by what its sessions wrote.
func TestAnOutcome(t *testing.T) {
	whole, half := wrote(-0.5, 52), wrote(-0.5, 25)
	failed := Session{UID: "11", State: SessionFailed, Reason: "start: HTTP 500", ReasonCode: reason.ServiceError}
	orphan := Session{UID: "11", State: SessionOrphan, Reason: "orphan: session 1", ReasonCode: reason.OrphanSID, ResourceID: "res", Limits: Limits{MaxHour: 2}}
	lost := func(x Session, code reason.Code) Session {
		x.State, x.Reason, x.ReasonCode = SessionLost, "it was lost", code
		return x
	}
	gaveUp := func(s *State) {
		s.Replicas[0].abandon(reason.Because(reason.AttemptsUsedUp, "3 sessions in a row failed"))
	}
	delayed := func(acquired float64) Session { // its first acquire was refused
		x := wrote(25, 52)
		x.AcquiredAt, x.SentAt, x.DelayedBy, x.DelayCode = at(acquired), at(24), "acquire: HTTP 503", reason.ServiceError
		return x
	}
	cancel := func(minute float64, why string, code reason.Code) func(*State) {
		return func(s *State) { s.Cancel = &Cancel{At: at(minute), Who: "ops", Reason: why, ReasonCode: code} }
	}
	all := []Gap{{bell, at(50)}}
	for _, tt := range []struct {
		name     string
		sessions []Session
		set      func(*State)
		outcome  Outcome
		code     reason.Code
		gaps     []Gap
		told     []string
		not      string
	}{
		{"whole", []Session{whole}, nil, Recorded, "", nil, []string{"recorded from 2031-09-17 16:59:30Z (start reported by the service) to 2031-09-17 17:52:00Z"}, "late"},
		{"seen running", []Session{func() Session { x := whole; x.FromNamed = false; return x }()}, nil, Recorded, "", nil, []string{"(start as first seen by a query)"}, "reported"},
		{"with a failover", []Session{func() Session { x := whole; x.Failover = 61 * time.Second; return x }()}, nil, Recorded, "", nil, []string{", answering 404 for 1m1s in between"}, ""},
		{"with a reason", []Session{func() Session { x := whole; x.Reason, x.ReasonCode = "stop: HTTP 401", reason.StopFailed; return x }()}, nil, Recorded, "", nil, []string{"17:52:00Z: stop: HTTP 401"}, ""},
		{"as long as anybody knows", []Session{func() Session { x := whole; x.StoppedAt, x.LastGood = time.Time{}, time.Time{}; return x }()}, nil, Partial, reason.Incomplete, all, []string{"its end is unknown"}, "to 2031"},
		{"as long as it was seen", []Session{func() Session { x := whole; x.StoppedAt, x.LastGood = time.Time{}, at(51); return x }()}, nil, Recorded, "", nil, []string{"to 2031-09-17 17:51:00Z"}, ""},
		{"half, and the session was lost", []Session{lost(half, reason.SessionLost)}, nil, Partial, reason.SessionLost, []Gap{{at(25), at(50)}}, []string{"25m of the class are missing", "17:25:00Z: it was lost"}, "late"},
		{"half, and one failed before", []Session{failed, lost(wrote(25, 49), reason.SessionLost)}, nil, Partial, reason.ServiceError, []Gap{{bell, at(25)}, {at(49), at(50)}}, []string{"26m of the class are missing"}, ""},
		{"half, and it ended early", []Session{func() Session { x := half; x.Reason, x.ReasonCode = "it was over", reason.EndedByService; return x }()}, nil, Partial, reason.EndedByService, []Gap{{at(25), at(50)}}, nil, ""},
		{"half, and nobody knows why", []Session{half}, nil, Partial, reason.Incomplete, []Gap{{at(25), at(50)}}, nil, "00Z: "},
		{"half, and begun just in time", []Session{half}, func(s *State) { s.Begin = bell.Add(-catalog.StartLead()) }, Partial, reason.Incomplete, []Gap{{at(25), at(50)}}, nil, "late"},
		{"half, and one ended early before another was lost", []Session{func() Session {
			x := wrote(-0.5, 20)
			x.Reason, x.ReasonCode = "it was over", reason.EndedByService
			return x
		}(), lost(wrote(20, 25), reason.SessionLost)}, nil, Partial, reason.SessionLost, []Gap{{at(25), at(50)}}, nil, ""},
		{"half, and one failed that never wrote", []Session{failed, half}, nil, Partial, reason.ServiceError, []Gap{{at(25), at(50)}}, nil, "0001"},
		{"an instant", []Session{wrote(25, 25)}, nil, Partial, reason.Incomplete, all, []string{"its end is unknown"}, ""},
		{"half, by an orphan that was not seen to end", []Session{func() Session {
			x := half
			x.State, x.Reason, x.ReasonCode = SessionOrphan, "orphan: session 1", reason.OrphanGone
			return x
		}()}, nil, Partial, reason.OrphanGone, []Gap{{at(25), at(50)}}, []string{"; orphan: session 1"}, "00Z: orphan"},
		{"half, by an orphan that was heard of and stopped", []Session{func() Session { x := half; x.Reason, x.ReasonCode = "orphan: heard of", reason.OrphanHeard; return x }()}, nil, Partial, reason.OrphanHeard, []Gap{{at(25), at(50)}}, []string{"an unconfirmed session may hold it (orphan: session 1"}, ""},
		{"half, and given up", []Session{lost(half, reason.SessionLost)}, gaveUp, Partial, reason.AttemptsUsedUp, []Gap{{at(25), at(50)}}, []string{"3 sessions in a row failed"}, ""},
		{"half, and begun late", []Session{wrote(25, 52)}, func(s *State) { s.Begin = at(24.9) }, Partial, reason.BegunLate, []Gap{{bell, at(25)}}, []string{"it was begun late"}, ""},
		{"half, and its start was sent late", []Session{wrote(25, 52)}, nil, Partial, reason.BegunLate, []Gap{{bell, at(25)}}, []string{"its start was sent late"}, "begun"},
		{"half, and its start was answered late", []Session{func() Session { x := wrote(25, 52); x.SentAt = at(-0.5); return x }()}, nil, Partial, reason.Incomplete, []Gap{{bell, at(25)}}, nil, "late"},
		{"half, and its start was sent late and answered later", []Session{func() Session { x := wrote(25, 52); x.SentAt = at(24); return x }()}, nil, Partial, reason.BegunLate, []Gap{{bell, at(25)}}, []string{"its start was sent late"}, "begun"},
		{"half, and its resource id, refused at first, came too late", []Session{delayed(1)}, nil, Partial, reason.ServiceError, []Gap{{bell, at(25)}}, []string{"its start was sent late: acquire: HTTP 503"}, ""},
		{"half, and its start was sent late with a resource id that was there in time", []Session{delayed(-10)}, nil, Partial, reason.BegunLate, []Gap{{bell, at(25)}}, []string{"its start was sent late"}, "503"},
		{"half, and its start was sent in time", []Session{func() Session { x := wrote(25, 52); x.StartedAt = at(-0.5); return x }()}, nil, Partial, reason.Incomplete, []Gap{{bell, at(25)}}, nil, "late"},
		{"half, and an orphan may have the rest", []Session{half, orphan}, func(s *State) { s.Prefix = "a/b/" }, Partial, reason.OrphanSID, []Gap{{at(25), at(50)}}, []string{"what is missing is not in a session of ours, an unconfirmed session may hold it (orphan: session 2, resource id res): look under a/b/ for files of lingua-german-a1", "orphan: session 1"}, "sid "},
		{"half, and an orphan whose sid is known", []Session{half, func() Session { x := orphan; x.SID = "sid7"; return x }()}, nil, Partial, reason.OrphanSID, []Gap{{at(25), at(50)}}, []string{"(orphan: session 2, resource id res, sid sid7)"}, "look under"},
		{"only padding, after a start that was sent late", []Session{wrote(50.5, 52)}, nil, Failed, reason.BegunLate, all, []string{"nothing of the class was recorded, only padding; its start was sent late; recorded from 2031-09-17 17:50:30Z"}, "missing"},
		{"only padding, before a session that was lost", []Session{lost(wrote(-0.5, 0), reason.SessionLost)}, nil, Failed, reason.SessionLost, all, []string{"nothing of the class was recorded, only padding; recorded from", "it was lost"}, "late"},
		{"only padding, and given up", []Session{lost(wrote(-0.5, 0), reason.SessionLost)}, gaveUp, Failed, reason.AttemptsUsedUp, all, []string{"only padding; 3 sessions in a row failed; recorded from"}, "missing"},
		{"relieved before it was to begin", []Session{wrote(-0.5, -0.25)}, func(s *State) {
			s.Absent, s.Relieved, s.End, s.Until = true, at(-0.25), at(-0.25), at(-0.25) // as View lays it over the plan
		}, Recorded, "", nil, []string{"recorded from 2031-09-17 16:59:30Z"}, "padding"},
		{"nothing, and it failed", []Session{failed}, nil, Failed, reason.ServiceError, all, []string{"nothing was recorded; start: HTTP 500"}, "unconfirmed"},
		{"nothing, and given up", []Session{failed}, gaveUp, Failed, reason.AttemptsUsedUp, all, []string{"3 sessions in a row failed; start: HTTP 500"}, "nothing was recorded"},
		{"nothing, and given up for what the last one met", []Session{failed}, func(s *State) {
			s.Replicas[0].abandon(reason.Because(reason.ServiceRefused, "the service refuses it: start: HTTP 500"))
		}, Failed, reason.ServiceRefused, all, []string{"the service refuses it: start: HTTP 500"}, "HTTP 500; start"},
		{"nothing, and nobody knows why", []Session{{UID: "11", State: SessionEnded, SID: "sid", Limits: Limits{MaxHour: 2}}}, nil, Failed, reason.NothingRecorded, all, []string{"nothing was recorded"}, ";"},
		{"nothing, and an orphan may have it", []Session{orphan}, nil, Failed, reason.OrphanSID, all, []string{"nothing of ours recorded, an unconfirmed session may hold it"}, "session 1; orphan: session 1"},
		{"nothing, and something else answered", []Session{func() Session {
			x := failed
			x.Reason, x.ReasonCode, x.Foreign = "start: HTTP 403", reason.ForeignAnswer, []Foreign{{Op: agora.OpStart, Times: 1, First: at(0), Last: at(0), Text: "HTTP 403"}}
			return x
		}()}, nil, Failed, reason.ForeignAnswer, all, []string{"nothing was recorded; the answer to start at 17:00:00Z was not the service's own: HTTP 403"}, "start: HTTP 403"},
		{"nothing, and both replicas were given up", []Session{failed}, func(s *State) {
			s.UIDs = redundant(2).UIDs
			gaveUp(s)
			s.Replicas[1] = s.Replicas[0]
		}, Failed, reason.AttemptsUsedUp, all, nil, "one of the 2"},
		{"nothing, and nothing was begun", nil, nil, Missed, reason.BegunLate, all, []string{"it came up too late: the class was over"}, ""},
		{"nothing, and nothing was begun since it was given up", nil, func(s *State) { s.Replicas[0].abandon(reason.Because(reason.DaemonDown, "rundown did not run")) }, Missed, reason.DaemonDown, all, []string{"rundown did not run"}, "too late"},
		{"cancelled before it began", nil, cancel(-5, "snow", reason.CancelledByPlan), Cancelled, reason.CancelledByPlan, nil, []string{"cancelled by ops: snow"}, ""},
		{"cancelled while it was recorded", []Session{half}, cancel(25, "", ""), Cancelled, reason.EndedByOperator, []Gap{{at(25), at(50)}}, []string{"ended early by ops at 2031-09-17 17:25:00Z; recorded from 2031-09-17 16:59:30Z (start reported by the service) to 2031-09-17 17:25:00Z"}, "cancelled"},
		{"stopped while it was recorded, with a reason", []Session{half}, cancel(25, "the room is empty", reason.CancelledByOperator), Cancelled, reason.EndedByOperator, []Gap{{at(25), at(50)}}, []string{"ended early by ops at 2031-09-17 17:25:00Z: the room is empty; recorded"}, "cancelled"},
		{"cancelled by the plan while it was recorded", []Session{half}, cancel(25, "snow", reason.CancelledByPlan), Cancelled, reason.CancelledByPlan, []Gap{{at(25), at(50)}}, []string{"cancelled by ops: snow; recorded from"}, "early"},
		{"cancelled before anything was recorded", []Session{failed}, cancel(25, "", ""), Cancelled, reason.CancelledByOperator, nil, []string{"cancelled by ops"}, ""},
		{"cancelled at its end", []Session{wrote(-0.5, 50)}, cancel(50, "", ""), Recorded, "", nil, nil, "cancelled"},
		{"moved, and begun again", []Session{wrote(-60, -30), whole}, func(s *State) { s.EarlierSessions = 1 }, Recorded, "", nil, []string{"before it was moved, session 1 recorded from 2031-09-17 16:00:00Z to 2031-09-17 16:30:00Z"}, ""},
		{"moved, and not begun again", []Session{wrote(-60, -30)}, func(s *State) { s.EarlierSessions = 1 }, Missed, reason.BegunLate, all, []string{"before it was moved, session 1 recorded"}, ""},
		{"moved, and what was recorded lies within", []Session{wrote(-60, 40)}, func(s *State) { s.EarlierSessions = 1 }, Partial, reason.Incomplete, []Gap{{at(40), at(50)}}, []string{"before it was moved"}, ""},
		{"moved, and what was recorded ends where it begins", []Session{wrote(-60, 0)}, func(s *State) { s.EarlierSessions = 1 }, Missed, reason.BegunLate, all, nil, ""},
		{"moved, and what was recorded begins where it ends", []Session{wrote(50, 60)}, func(s *State) { s.EarlierSessions = 1 }, Missed, reason.BegunLate, all, nil, ""},
		{"moved, and an earlier one failed for another reason", []Session{failed, half}, func(s *State) { s.EarlierSessions = 1 }, Partial, reason.Incomplete, []Gap{{at(25), at(50)}}, nil, "before it was moved"},
		{"dropped after it was moved", []Session{wrote(-60, -30)}, func(s *State) { s.EarlierSessions, s.Absent = 1, true }, Cancelled, reason.LeftPlan, nil, []string{"the plan no longer holds it"}, ""},
		{"whole, and the upload failed", []Session{func() Session { x := whole; x.UploadError, x.UploadedLate = "upload error 47", true; return x }()}, nil, Recorded, "", nil, []string{"; upload error 47; session 1: the service reported the upload as complete after the error"}, ""},
		{"whole, and something is remarked", []Session{func() Session { x := whole; x.Remarks = []string{"the push broke"}; return x }()}, nil, Recorded, "", nil, []string{"; the push broke"}, "upload"},
		{"whole by one replica, and the other was given up", []Session{whole}, func(s *State) {
			s.UIDs = redundant(2).UIDs
			s.Replicas[1].abandon(reason.Because(reason.AttemptsUsedUp, "3 sessions in a row failed"))
		}, Recorded, "", nil, []string{"one of the 2 recordings at once was given up: 3 sessions in a row failed"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := lesson()
			s.Phase, s.Sessions = Recording, slices.Clone(tt.sessions)
			for i := range s.Sessions {
				s.Sessions[i].Attempt, s.Sessions[i].Cname = i+1, s.Cname
			}
			if tt.set != nil {
				tt.set(&s)
			}
			s, _ = step(s, observation{}, 52*time.Minute)
			if s.Phase != Ended || s.Outcome != tt.outcome || s.ReasonCode != tt.code || !s.EndedAt.Equal(at(52)) {
				t.Errorf("%s as %s (%s): %s", s.Phase, s.Outcome, s.ReasonCode, s.Reason)
			}
			if diff := cmp.Diff(tt.gaps, s.Gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			for _, want := range tt.told {
				if !strings.Contains(s.Reason, want) {
					t.Errorf("%q lacks %q", s.Reason, want)
				}
			}
			if tt.not != "" && strings.Contains(s.Reason, tt.not) {
				t.Errorf("%q has %q", s.Reason, tt.not)
			}
		})
	}
}

// TestAGapLastsASecond looks at gaps of about that, and at pauses.
func TestAGapLastsASecond(t *testing.T) {
	second := func(n float64) time.Time { return bell.Add(time.Duration(n * float64(time.Second))) }
	for _, tt := range []struct {
		name     string
		sessions []Session
		want     []Gap
	}{
		{"less than a second", []Session{{Evidence: Evidence{RecordingAt: second(0.999)}, StopFacts: StopFacts{StoppedAt: second(30)}}, {Evidence: Evidence{RecordingAt: second(30.999)}, StopFacts: StopFacts{StoppedAt: second(59.001)}}}, nil},
		{"a second", []Session{{Evidence: Evidence{RecordingAt: second(1)}, StopFacts: StopFacts{StoppedAt: second(30)}}, {Evidence: Evidence{RecordingAt: second(31)}, StopFacts: StopFacts{StoppedAt: second(59)}}}, []Gap{{second(0), second(1)}, {second(30), second(31)}, {second(59), second(60)}}},
		{"a pause that was never ended", []Session{{Evidence: Evidence{RecordingAt: second(0)}, StopFacts: StopFacts{StoppedAt: second(60)}, HoldFacts: HoldFacts{Paused: []Gap{{From: second(20)}}}}}, []Gap{{second(20), second(60)}}},
		{"a pause from the beginning", []Session{{Evidence: Evidence{RecordingAt: second(0)}, StopFacts: StopFacts{StoppedAt: second(60)}, HoldFacts: HoldFacts{Paused: []Gap{{second(0), second(20)}}}}}, []Gap{{second(0), second(20)}}},
		{"a pause from its late beginning", []Session{{Evidence: Evidence{RecordingAt: second(10)}, StopFacts: StopFacts{StoppedAt: second(60)}, HoldFacts: HoldFacts{Paused: []Gap{{second(10), second(20)}}}}}, []Gap{{second(0), second(20)}}},
		{"two pauses", []Session{{Evidence: Evidence{RecordingAt: second(0)}, StopFacts: StopFacts{StoppedAt: second(60)}, HoldFacts: HoldFacts{Paused: []Gap{{second(10), second(20)}, {second(30), second(40)}}}}}, []Gap{{second(10), second(20)}, {second(30), second(40)}}},
		{"a pause that began after it ended", []Session{{Evidence: Evidence{RecordingAt: second(0)}, StopFacts: StopFacts{StoppedAt: second(30)}, HoldFacts: HoldFacts{Paused: []Gap{{second(40), second(50)}}}}}, []Gap{{second(30), second(60)}}},
		{"nothing", []Session{{}}, []Gap{{second(0), second(60)}}},
		{"out of order", []Session{{Evidence: Evidence{RecordingAt: second(30)}, StopFacts: StopFacts{StoppedAt: second(70)}}, {Evidence: Evidence{RecordingAt: second(-10)}, StopFacts: StopFacts{StoppedAt: second(30)}}}, nil},
	} {
		if diff := cmp.Diff(tt.want, gaps(second(0), second(60), tt.sessions)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestAStartThatALaterOneRefutes had no effect: one recording of a cname and a uid lives at most.
func TestAStartThatALaterOneRefutes(t *testing.T) {
	doubtful := Session{UID: "11", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true}}
	foreign := doubtful
	foreign.Foreign = []Foreign{{Op: agora.OpStart, Times: 1, Last: at(1), Text: "HTTP 403"}}
	refused := foreign
	refused.OnlyBlocked = true
	accepted := wrote(-0.5, 52)
	other := accepted
	other.UID = "12"
	for _, tt := range []struct {
		name     string
		sessions []Session
		want     []int // orphans
	}{
		{"alone", []Session{doubtful}, []int{1}},
		{"and a later one was accepted", []Session{doubtful, accepted}, nil},
		{"and an earlier one was accepted", []Session{accepted, doubtful}, []int{2}},
		{"and a later one with the other uid was accepted", []Session{doubtful, other}, []int{1}},
		{"and a later one is in doubt, too", []Session{doubtful, doubtful}, []int{1, 2}},
		{"and it was answered by something else, as a later one was", []Session{foreign, foreign}, []int{2}},
		{"and it was answered by something else, and a later one was only refused", []Session{foreign, refused}, []int{1}},
		{"and it was only refused", []Session{refused}, nil},
		{"and it was settled", []Session{{UID: "11", State: SessionFailed}}, nil},
	} {
		s := lesson()
		s.Phase, s.Sessions = Recording, slices.Clone(tt.sessions)
		for i := range s.Sessions {
			s.Sessions[i].Attempt, s.Sessions[i].ReasonCode = i+1, reason.ServiceError
		}
		s, _ = step(s, observation{}, 52*time.Minute)
		var got []int
		for _, x := range s.Sessions {
			if x.State == SessionOrphan {
				got = append(got, x.Attempt)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: orphans %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestWhatIsHeardAfterTheEndIsAdded to the reason of an outcome that is settled.
func TestWhatIsHeardAfterTheEndIsAdded(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    Notice
		set  func(*Session)
		want string
	}{
		{"an upload error", Notice{Type: agora.EventError, Code: 47, Upload: "wrong keys", At: at(53)}, nil, "written; session 1: upload error 47 at 2031-09-17 17:53:00Z: wrong keys; there may be nothing in the bucket"},
		{"an upload error that was told", Notice{Type: agora.EventError, Code: 47, Upload: "wrong keys", At: at(53)}, func(x *Session) { x.UploadError = "told" }, "written"},
		{"an upload after an error", Notice{Type: agora.EventUploaded}, func(x *Session) { x.UploadStatus = uploadFailed }, "written; session 1: the service reported the upload as complete after the error; check the bucket"},
		{"an upload after an error that was told", Notice{Type: agora.EventUploaded}, func(x *Session) { x.UploadStatus, x.UploadedLate = uploadFailed, true }, "written"},
		{"an upload", Notice{Type: agora.EventUploaded}, nil, "written"},
	} {
		s := lesson()
		x := wrote(-0.5, 52)
		x.Attempt = 1
		if tt.set != nil {
			tt.set(&x)
		}
		s.Phase, s.Outcome, s.Reason, s.Sessions = Ended, Recorded, "written", []Session{x}
		tt.n.SID = "sid"
		if s, _ = step(s, observation{Notice: &tt.n}, 54*time.Minute); s.Reason != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s.Reason, tt.want)
		}
	}
}

// TestWherePhasesBegin looks at an occurrence between its requests.
func TestWherePhasesBegin(t *testing.T) {
	running, starting := Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Next: at(12)}}, Session{UID: "11", State: SessionConfirming, Request: Request{Next: at(12)}}
	stopping := Session{UID: "11", State: SessionStopping, SID: "sid1", StopFacts: StopFacts{StopAskedAt: at(9)}, Request: Request{Next: at(12)}}
	moved := func(s *State) {
		s.EarlierSessions = 1
		s.Start, s.End, s.From, s.Until, s.Begin = at(60), at(110), at(59), at(112), at(59)
	}
	for _, tt := range []struct {
		name     string
		sessions []Session
		set      func(*State)
		want     Phase
	}{
		{"nothing was sent", nil, func(s *State) { s.Begin = at(20) }, Planned},
		{"on its way", []Session{starting}, nil, Starting},
		{"seen recording", []Session{running}, nil, Recording},
		{"the one that recorded is replaced", []Session{{UID: "11", State: SessionLost, SID: "sid1", ReasonCode: reason.SessionLost, Evidence: Evidence{RecordingAt: at(1)}}, starting}, nil, Recording},
		{"cancelled", []Session{running}, func(s *State) { s.Cancel = &Cancel{At: at(10), Who: "ops"} }, Stopping},
		{"given up, and it is being stopped", []Session{stopping}, func(s *State) { s.Replicas[0].abandon(reason.Because(reason.PageFault, "the page")) }, Stopping},
		{"moved ahead, and it is being stopped", []Session{stopping}, moved, Stopping},
		{"moved ahead, and it is stopped", []Session{wrote(1, 9)}, moved, Planned},
		{"moved ahead, and begun again", []Session{wrote(1, 9), starting}, func(s *State) { s.EarlierSessions = 1 }, Starting},
		{"left to another App ID", []Session{wrote(1, 9)}, func(s *State) { s.EarlierSessions, s.OtherApp = 1, true }, Planned},
	} {
		s := inHand(slices.Clone(tt.sessions)...)
		if tt.set != nil {
			tt.set(&s)
		}
		if s, _ = step(s, observation{}, 10*time.Minute); s.Phase != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s.Phase, tt.want)
		}
	}
}
