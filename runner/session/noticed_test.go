package session

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/runner/reason"
)

// TestANotificationInWords reads one of each kind.
func TestANotificationInWords(t *testing.T) {
	began := at(1).Truncate(time.Millisecond)
	long := strings.Repeat("long ", 50)
	for _, tt := range []struct {
		kind    agora.EventType
		details string
		want    Notice
	}{
		{agora.EventError, `{"module":0,"errorLevel":4,"errorCode":47,"errorMsg":"oops"}`, Notice{Code: 47, Text: "error 47 of module 0, level 4: oops"}},
		{agora.EventError, `{"module":6,"errorLevel":5,"errorCode":2,"errorMsg":"could not open https://school.example/?token=x now"}`, Notice{Code: 2, Fatal: true, Text: "error 2 of module 6, level 5: could not open [redacted] now"}},
		{agora.EventWarning, `{"module":0,"warnCode":3}`, Notice{Text: "warning 3 of module 0"}},
		{agora.EventStatusUpdate, `{"status":3}`, Notice{Text: "a call did not fit the state, status 3"}},
		{agora.EventUploaderStarted, `{"status":0}`, Notice{Text: "uploader started, status 0"}},
		{agora.EventUploaded, `{"status":0}`, Notice{Text: "uploaded, status 0"}},
		{agora.EventBackuped, `{"status":0}`, Notice{Text: "backuped, status 0"}},
		{agora.EventRecorderStarted, `{"status":4}`, Notice{Text: "recorder started, status 4"}},
		{agora.EventSessionExit, `{"exitStatus":1}`, Notice{Text: "the session exited, status 1"}},
		{agora.EventSessionFailover, `{"newUid":7}`, Notice{Text: "a failover has begun"}},
		{agora.EventWebRecorderStarted, `{"recorderStartTime":` + fmtMillis(began) + `}`, Notice{RecordingAt: began, Text: "the recording began"}},
		{agora.EventWebRecorderStopped, `{"code":5,"message":"access_url_failed"}`, Notice{Code: 5, Text: "the recording stopped, code 5 access_url_failed"}},
		{agora.EventWebRecorderStopped, `{"code":5,"message":"access_url_failed","details":"it timed out","fileList":[{"fileName":"a.mp4"}]}`, Notice{Code: 5, Files: []agora.File{{Filename: "a.mp4"}}, Text: "the recording stopped, code 5 access_url_failed: it timed out"}},
		{agora.EventCapabilityLimit, `{"limitType":"WebGL"}`, Notice{Text: "the page is beyond what can be recorded: WebGL"}},
		{agora.EventWebRecorderReload, `{"reason":"audio_silence"}`, Notice{Text: "the page was reloaded: audio_silence"}},
		{agora.EventWebRecorderReload, `{"reason":"` + long + `"}`, Notice{Text: "the page was reloaded: " + strings.TrimSpace(long)[:200] + "…"}},
		{agora.EventWebRecorderReload, `{"reason":"` + long[:200] + `"}`, Notice{Text: "the page was reloaded: " + strings.TrimSpace(long[:200])}},
		{agora.EventWebRecorderReload, `{"reason":"` + strings.Repeat("x", 200) + `"}`, Notice{Text: "the page was reloaded: " + strings.Repeat("x", 200)}},
		{agora.EventWebRecorderReload, `{"reason":"of https://school.example/room or room?id or id=7"}`, Notice{Text: "the page was reloaded: of [redacted] or [redacted] or [redacted]"}},
		{agora.EventRTMPPublishStatus, `{"rtmpUrl":"rtmps://x.example/key","status":"publishing"}`, Notice{Push: "publishing", Text: "push: publishing"}},
		{agora.EventRecorderLeave, `{"leaveCode":2}`, Notice{Text: "event 41"}},
		{99, `{"anything":1}`, Notice{Text: "event 99"}},
		{agora.EventError, `["no object"]`, Notice{Text: "event 1: details not understood"}},
	} {
		e := agora.Event{NoticeID: "n", Type: tt.kind, Cname: "c", UID: "11", SID: "sid", Sequence: 3, RawDetails: []byte(tt.details)}
		tt.want.ID, tt.want.Type, tt.want.Cname, tt.want.UID, tt.want.SID, tt.want.Sequence = "n", tt.kind, "c", "11", "sid", 3
		got := NewNotice(e, strings.TrimSpace)
		got.RecordingAt = got.RecordingAt.UTC()
		if tt.want.RecordingAt.IsZero() {
			got.RecordingAt = time.Time{}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("event %d, %s (-want +got):\n%s", tt.kind, tt.details, diff)
		}
	}
}

// TestWhichSessionANotificationIsAbout has the sid be known, or only cname and uid.
func TestWhichSessionANotificationIsAbout(t *testing.T) {
	orphan := func(uid string) Session { return Session{UID: uid, State: SessionOrphan} }
	doubtful := Session{UID: "11", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true}}
	starting := Session{UID: "11", State: SessionStarting, StartFacts: StartFacts{StartUncertain: true}} // asked for nine minutes after the bell
	known := Session{UID: "11", State: SessionRunning, SID: "sid1"}
	n := Notice{Cname: lesson().Cname, UID: "11", SID: "new", At: at(9.5)}
	with := func(f func(*Notice)) Notice {
		m := n
		f(&m)
		return m
	}
	for _, tt := range []struct {
		name     string
		sessions []Session
		n        Notice
		want     int // attempt; 0: none
	}{
		{"the one with its sid", []Session{orphan("11"), known}, with(func(n *Notice) { n.SID = "sid1" }), 2},
		{"none has its sid, and none lacks one", []Session{known}, n, 0},
		{"it tells no sid", []Session{orphan("11")}, with(func(n *Notice) { n.SID = "" }), 0},
		{"another cname", []Session{orphan("11")}, with(func(n *Notice) { n.Cname = "other" }), 0},
		{"another uid", []Session{orphan("12")}, n, 0},
		{"one that was settled", []Session{{UID: "11", State: SessionFailed}}, n, 0},
		{"the start that is in doubt", []Session{orphan("11"), doubtful, starting}, n, 3},
		{"a start that is not in doubt", []Session{{UID: "11", State: SessionStarting}}, n, 0},
		{"what happened before the start was sent", []Session{orphan("11"), starting}, with(func(n *Notice) { n.At = at(8.9) }), 1},
		{"what happened a little before, by another clock", []Session{orphan("11"), starting}, with(func(n *Notice) { n.At = at(9).Add(-MaxSkew) }), 2},
		{"it tells when the recording began, too", []Session{orphan("11"), starting}, with(func(n *Notice) { n.RecordingAt = at(8) }), 1},
		{"the latest orphan", []Session{orphan("11"), orphan("11"), orphan("12")}, n, 2},
		{"an orphan rather than a doubtful one", []Session{orphan("11"), doubtful}, n, 1},
		{"the latest doubtful one", []Session{doubtful, doubtful, {UID: "12", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true}}}, n, 2},
		{"an orphan whose hours were over", []Session{orphan("11")}, with(func(n *Notice) { n.At = bell.Add(3 * time.Hour) }), 0},
		{"an orphan whose hours were just over", []Session{orphan("11")}, with(func(n *Notice) { n.At = bell.Add(2*time.Hour - time.Minute) }), 0},
	} {
		s := inHand(tt.sessions...)
		got := 0
		if x := s.About(tt.n); x != nil {
			got = x.Attempt
		}
		if got != tt.want {
			t.Errorf("%s: session %d, want %d", tt.name, got, tt.want)
		}
	}
	s := inHand(orphan("11"))
	if s.Sessions[0].ResourceID = ""; s.About(n) != nil {
		t.Error("it is taken to be about a task that something else began")
	}
}

// TestWhatANotificationChanges has each kind tell of a session that is not due to be looked at for two minutes.
func TestWhatANotificationChanges(t *testing.T) {
	now := at(10)
	for _, tt := range []struct {
		name  string
		state SessionState
		set   func(*Session)
		n     Notice
		look  bool // a query is sent at once
		check func(Session) bool
	}{
		{"it began, while it is confirmed", SessionConfirming, func(x *Session) { x.RecordingAt = time.Time{} }, Notice{Type: agora.EventWebRecorderStarted, RecordingAt: at(9)}, true, func(x Session) bool { return x.RecordingAt.Equal(at(9)) && x.FromNamed }},
		{"it began, while it runs", SessionRunning, nil, Notice{Type: agora.EventWebRecorderStarted, RecordingAt: at(0.05)}, false, func(x Session) bool { return x.RecordingAt.Equal(at(0.05)) && x.FromNamed }},
		{"it began, on hold", SessionConfirming, func(x *Session) { x.Held, x.ResumedAt, x.RecordingAt = true, at(9.9), time.Time{} }, Notice{Type: agora.EventWebRecorderStarted, RecordingAt: at(9)}, true, func(x Session) bool { return x.RecordingAt.IsZero() && !x.FromNamed }},
		{"it began, by a clock that is ahead", SessionConfirming, func(x *Session) { x.RecordingAt = time.Time{} }, Notice{Type: agora.EventWebRecorderStarted, RecordingAt: at(11)}, true, func(x Session) bool { return x.RecordingAt.IsZero() }},
		{"it began just now", SessionConfirming, func(x *Session) { x.RecordingAt = time.Time{} }, Notice{Type: agora.EventWebRecorderStarted, RecordingAt: now}, true, func(x Session) bool { return x.RecordingAt.Equal(now) }},
		{"it began, and nobody says when", SessionConfirming, func(x *Session) { x.RecordingAt = time.Time{} }, Notice{Type: agora.EventWebRecorderStarted}, true, func(x Session) bool { return x.RecordingAt.IsZero() }},
		{"it stopped", SessionRunning, nil, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(9), Text: "stopped"}, true, func(x Session) bool { return x.ReportedEnd == "stopped" && x.Cause == 6 && x.StoppedAt.Equal(at(9)) }},
		{"it stopped before it was last seen running", SessionRunning, nil, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(7), Text: "stopped"}, true, func(x Session) bool { return x.ReportedEnd == "stopped" && x.StoppedAt.IsZero() }},
		{"it stopped when it was last seen running", SessionRunning, nil, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(8), Text: "stopped"}, true, func(x Session) bool { return x.StoppedAt.IsZero() }},
		{"it stopped, by a clock that is ahead", SessionRunning, nil, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(11), Text: "stopped"}, true, func(x Session) bool { return x.StoppedAt.IsZero() }},
		{"it stopped just now", SessionRunning, nil, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: now, Text: "stopped"}, true, func(x Session) bool { return x.StoppedAt.Equal(now) }},
		{"it exited", SessionRunning, nil, Notice{Type: agora.EventSessionExit, At: at(9), Text: "exited"}, true, func(x Session) bool { return x.ReportedEnd == "exited" && x.Cause == 0 }},
		{"it exited, without a word", SessionRunning, nil, Notice{Type: agora.EventSessionExit, At: at(9)}, true, func(x Session) bool { return x.ReportedEnd == "it ended" }},
		{"it exited after it stopped", SessionRunning, func(x *Session) { x.ReportedEnd, x.Cause = "stopped", 6 }, Notice{Type: agora.EventSessionExit, At: at(9), Text: "exited"}, true, func(x Session) bool { return x.ReportedEnd == "stopped" && x.Cause == 6 }},
		{"it stopped after it exited", SessionRunning, func(x *Session) { x.ReportedEnd = "exited" }, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(9), Text: "stopped"}, true, func(x Session) bool { return x.ReportedEnd == "stopped" && x.Cause == 6 }},
		{"it is being stopped", SessionStopping, nil, Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(9), Text: "stopped"}, false, func(x Session) bool { return x.ReportedEnd == "" && x.Cause == 0 }},
		{"the page is too much", SessionRunning, nil, Notice{Type: agora.EventCapabilityLimit, Text: "WebGL"}, true, func(x Session) bool { return slices.Equal(x.Remarks, []string{"session 1: WebGL"}) }},
		{"the page is too much, and it is being stopped", SessionStopping, nil, Notice{Type: agora.EventCapabilityLimit, Text: "WebGL"}, false, nil},
		{"the page was reloaded", SessionRunning, nil, Notice{Type: agora.EventWebRecorderReload, At: at(9), Text: "reloaded"}, false, func(x Session) bool {
			return slices.Equal(x.Remarks, []string{"session 1: at 2031-09-17 17:09:00Z reloaded"})
		}},
		{"an error", SessionRunning, nil, Notice{Type: agora.EventError, Code: 3, Text: "error"}, false, func(x Session) bool { return x.UploadStatus == "" }},
		{"an error of the highest level", SessionRunning, nil, Notice{Type: agora.EventError, Fatal: true, Code: 3}, true, func(x Session) bool { return x.UploadStatus == "" }},
		{"an error of the upload", SessionRunning, nil, Notice{Type: agora.EventError, Code: 47, Upload: "wrong keys", At: at(9)}, false, func(x Session) bool {
			return x.UploadStatus == "failed" && strings.Contains(x.UploadError, "upload error 47 at 2031-09-17 17:09:00Z: wrong keys")
		}},
		{"a second error of the upload", SessionRunning, func(x *Session) { x.UploadError = "the first" }, Notice{Type: agora.EventError, Code: 47, Upload: "wrong keys", At: at(9)}, false, func(x Session) bool { return x.UploadStatus == "failed" && x.UploadError == "the first" }},
		{"a failover", SessionRunning, nil, Notice{Type: agora.EventSessionFailover}, true, nil},
		{"the push broke", SessionRunning, nil, Notice{Type: agora.EventRTMPPublishStatus, Push: "disconnected"}, true, nil},
		{"the push is up", SessionRunning, nil, Notice{Type: agora.EventRTMPPublishStatus, Push: "publishing"}, false, nil},
		{"it is uploaded", SessionStopping, nil, Notice{Type: agora.EventUploaded}, false, func(x Session) bool { return x.UploadStatus == agora.UploadComplete }},
		{"it is uploaded to the backup", SessionStopping, nil, Notice{Type: agora.EventBackuped}, false, func(x Session) bool { return x.UploadStatus == agora.UploadBackup }},
		{"it is uploaded to the backup after it was uploaded", SessionStopping, func(x *Session) { x.UploadStatus = agora.UploadComplete }, Notice{Type: agora.EventBackuped}, false, func(x Session) bool { return x.UploadStatus == agora.UploadComplete }},
		{"it is uploaded after an error", SessionStopping, func(x *Session) { x.UploadStatus = "failed" }, Notice{Type: agora.EventUploaded}, false, func(x Session) bool { return x.UploadStatus == "failed" && x.UploadedLate }},
		{"it is uploaded to the backup after an error", SessionStopping, func(x *Session) { x.UploadStatus = "failed" }, Notice{Type: agora.EventBackuped}, false, func(x Session) bool { return x.UploadStatus == "failed" && !x.UploadedLate }},
		{"something else", SessionRunning, nil, Notice{Type: agora.EventWarning}, false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(Session{UID: "11", State: tt.state, SID: "sid1", Request: Request{Next: at(12)}})
			if tt.set != nil {
				tt.set(&s.Sessions[0])
			}
			if tt.state == SessionStopping {
				s.Sessions[0].Asked, s.Sessions[0].StopAskedAt = agora.OpStop, at(9)
			}
			tt.n.SID = "sid1"
			s, act := step(s, observation{Notice: &tt.n}, 10*time.Minute)
			x := s.Sessions[0]
			if look := act.Op == agora.OpQuery; look != tt.look || x.State != tt.state || tt.check != nil && !tt.check(x) {
				t.Errorf("next is %+v, %+v", act, x)
			}
		})
	}
}

// TestTheCauseOfAnEndThatIsKnownAlready comes with a notification that is late.
func TestTheCauseOfAnEndThatIsKnownAlready(t *testing.T) {
	for _, tt := range []struct {
		name   string
		state  SessionState
		cause  int
		n      Notice
		earler bool
		counts [2]int // failures of the replica, and of these for the page
		reason string
		page   int // of the replica, after it
	}{
		{"lost", SessionLost, 0, Notice{Type: agora.EventWebRecorderStopped, Code: 6, Text: "told"}, false, [2]int{1, 0}, "gone: told", 0},
		{"failed", SessionFailed, 0, Notice{Type: agora.EventWebRecorderStopped, Code: 6, Text: "told"}, false, [2]int{1, 0}, "gone: told", 0},
		{"for the page", SessionLost, 0, Notice{Type: agora.EventWebRecorderStopped, Code: agora.StoppedAccessURL, Text: "told"}, false, [2]int{1, 0}, "gone: told", 1},
		{"for the page, which is too much", SessionFailed, 0, Notice{Type: agora.EventWebRecorderStopped, Code: agora.StoppedCapabilityLimit, Text: "told"}, false, [2]int{1, 0}, "gone: told", 1},
		{"for the page, and was not counted", SessionLost, 0, Notice{Type: agora.EventWebRecorderStopped, Code: agora.StoppedPageLoadTimeout, Text: "told"}, false, [2]int{1, 1}, "gone: told", 1},
		{"for the page, of a time before", SessionLost, 0, Notice{Type: agora.EventWebRecorderStopped, Code: agora.StoppedCapabilityLimit, Text: "told"}, true, [2]int{1, 0}, "gone: told", 0},
		{"by our stop", SessionEnded, 0, Notice{Type: agora.EventWebRecorderStopped, Code: 6, Text: "told"}, false, [2]int{1, 0}, "gone", 0},
		{"by request", SessionLost, 0, Notice{Type: agora.EventWebRecorderStopped, Code: agora.StoppedOK, Text: "told"}, false, [2]int{1, 0}, "gone", 0},
		{"told before", SessionLost, 6, Notice{Type: agora.EventWebRecorderStopped, Code: agora.StoppedAccessURL, Text: "told"}, false, [2]int{1, 0}, "gone", 0},
		{"it exited", SessionLost, 0, Notice{Type: agora.EventSessionExit, Text: "told"}, false, [2]int{1, 0}, "gone", 0},
	} {
		s := inHand(Session{UID: "11", State: tt.state, SID: "sid1", Reason: "gone", ReasonCode: reason.SessionLost, Report: Report{Cause: tt.cause}}, Session{UID: "12", State: SessionRunning, SID: "sid2", Request: Request{Next: at(12)}})
		if s.Replicas[0].Failures, s.Replicas[0].PageFailures = tt.counts[0], tt.counts[1]; tt.earler {
			s.EarlierSessions = 1
		}
		tt.n.SID = "sid1"
		s, _ = step(s, observation{Notice: &tt.n}, 10*time.Minute)
		x := s.Sessions[0]
		if page := tt.reason != "gone" && tt.page+tt.counts[1] > 0; x.Reason != tt.reason || s.Replicas[0].PageFailures != tt.page || x.State != tt.state || page && x.ReasonCode != reason.PageFault {
			t.Errorf("%s: %s (%s), %d failures for the page", tt.name, x.Reason, x.ReasonCode, s.Replicas[0].PageFailures)
		}
	}
	s := inHand(Session{UID: "11", State: SessionLost, SID: "sid1"})
	if s, _ = step(s, observation{Notice: &Notice{SID: "sid1", Type: agora.EventWebRecorderStopped, Code: 6, Text: "told"}}, 10*time.Minute); s.Sessions[0].Reason != "told" {
		t.Errorf("without a reason before: %q", s.Sessions[0].Reason)
	}
}

// TestASIDThatTurnsUp has a notification tell the sid of a session whose start was not answered.
func TestASIDThatTurnsUp(t *testing.T) {
	orphan := Session{UID: "11", State: SessionOrphan, Reason: "orphan: session 1", ReasonCode: reason.OrphanSID, UIDFacts: UIDFacts{CountedFailure: true}, StartFacts: StartFacts{RequestedAt: at(1)}}
	starting := Session{UID: "11", State: SessionStarting, StartFacts: StartFacts{StartUncertain: true, Interrupted: true}, Request: Request{Tries: 3}}
	file := Notice{Type: agora.EventFileInfos, At: at(9.5)}
	stopped := Notice{Type: agora.EventWebRecorderStopped, Code: 6, At: at(9.5), Text: "told"}
	for _, tt := range []struct {
		name     string
		sessions []Session // it is about the first
		set      func(*State)
		n        Notice
		now      time.Duration
		state    SessionState
		op       agora.Op // of the next request
		of       int
		other    SessionState // of the second
		failures int          // more than one
		check    func(State) bool
	}{
		{
			"of a start that is out",
			[]Session{starting},
			nil, file, 0, SessionConfirming, agora.OpQuery, 1, "", 1,
			func(s State) bool {
				x := s.Sessions[0]
				return !x.StartUncertain && !x.Interrupted && x.Tries == 0 && x.StartedAt.Equal(at(10)) && len(x.Remarks) == 1 && x.Reason == ""
			},
		},
		{"of an orphan, where nothing else records", []Session{orphan}, nil, file, 0, SessionConfirming, agora.OpQuery, 1, "", 0, func(s State) bool { return !s.Sessions[0].CountedFailure && len(s.Sessions[0].Remarks) == 2 }},
		{"of an orphan, where another records", []Session{orphan, {UID: "12", State: SessionRunning, SID: "sid2", Request: Request{Next: at(12)}}}, nil, file, 0, SessionStopping, agora.OpStop, 1, SessionRunning, 1, nil},
		{"of an orphan, where another is acquired", []Session{orphan, {UID: "12", State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire, Next: at(12)}}}, nil, file, 0, SessionConfirming, agora.OpQuery, 1, SessionFailed, 0, func(s State) bool { return s.Sessions[1].ReasonCode == reason.NotNeeded && s.Sessions[1].Asked == "" }},
		{"of an orphan that has ended, where another is acquired", []Session{orphan, {UID: "12", State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire, Next: at(12)}}}, nil, stopped, 0, SessionStopping, agora.OpStop, 1, SessionAcquiring, 1, nil},
		{"of an orphan that has ended, where another records", []Session{orphan, {UID: "12", State: SessionRunning, SID: "sid2", Request: Request{Next: at(12)}}}, nil, stopped, 0, SessionStopping, agora.OpStop, 1, SessionRunning, 1, func(s State) bool {
			x := s.Sessions[0]
			return x.Exited && x.FinalState == SessionFailed && x.StoppedAt.Equal(at(9.5)) && x.Cause == 6 && x.Reason == "told"
		}},
		{"of an orphan that exits ahead of our clock, where another records", []Session{orphan, {UID: "12", State: SessionRunning, SID: "sid2", Request: Request{Next: at(12)}}}, nil, Notice{Type: agora.EventSessionExit, At: at(11), Text: "told", Files: []agora.File{{Filename: "a", SliceStartTime: at(2).UnixMilli()}}}, 0, SessionStopping, agora.OpStop, 1, SessionRunning, 1, func(s State) bool {
			x := s.Sessions[0]
			return x.Exited && x.FinalState == SessionLost && x.StoppedAt.IsZero() && x.Cause == 0 && x.RecordingAt.Equal(at(2))
		}},
		{"of an orphan of another replica's", []Session{orphan, {UID: "13", Replica: 1, State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire, Next: at(12)}}}, func(s *State) { s.UIDs = redundant(2).UIDs }, file, 0, SessionConfirming, agora.OpQuery, 1, SessionAcquiring, 0, nil},
		{"of an orphan of a time before", []Session{orphan}, func(s *State) {
			s.EarlierSessions, s.Phase = 1, Planned
			s.Start, s.End, s.From, s.Until, s.Begin = at(60), at(110), at(59), at(112), at(59)
		}, file, 0, SessionStopping, agora.OpStop, 1, "", 1, nil},
		{"of an orphan of a time before, where another is acquired", []Session{orphan, {UID: "12", State: SessionAcquiring, Request: Request{Asked: agora.OpAcquire, Next: at(12)}}}, func(s *State) { s.EarlierSessions = 1 }, file, 0, SessionStopping, agora.OpStop, 1, SessionAcquiring, 1, nil},
		{"of a class that was given up", []Session{orphan}, func(s *State) {
			s.Phase, s.Outcome, s.Reason, s.ReasonCode, s.EndedAt = Ended, Failed, "given up", reason.AttemptsUsedUp, at(5)
			s.Replicas[0].AbandonReason, s.Replicas[0].AbandonCode = "given up", reason.AttemptsUsedUp
		}, file, 0, SessionConfirming, agora.OpQuery, 1, "", 0, func(s State) bool { return s.Phase == Starting && s.Outcome == "" && s.Replicas[0].AbandonReason == "" }},
		{"of a class that is over", []Session{orphan}, func(s *State) {
			s.Phase, s.Outcome, s.Reason, s.ReasonCode, s.EndedAt = Ended, Failed, "nothing was recorded", reason.NothingRecorded, at(52)
		}, file, 53 * time.Minute, SessionStopping, agora.OpStop, 1, "", 1, func(s State) bool {
			return s.Phase == Ended && s.Outcome == Failed && s.Sessions[0].StopAskedAt.Equal(at(53))
		}},
		{"of a class that has just come to its end", []Session{orphan}, nil, file, 52 * time.Minute, SessionStopping, agora.OpStop, 1, "", 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := inHand(slices.Clone(tt.sessions)...)
			s.Replicas[0].Failures = 2
			if tt.set != nil {
				tt.set(&s)
			}
			tt.n.SID, tt.n.Cname, tt.n.UID = "found", s.Cname, "11"
			if tt.now == 0 {
				tt.now = 10 * time.Minute
			}
			s, act := step(s, observation{Notice: &tt.n}, tt.now)
			x := s.Sessions[0]
			if x.SID != "found" || x.State != tt.state || act.Op != tt.op || act.Attempt != tt.of || s.Replicas[0].Failures != tt.failures+1 {
				t.Errorf("it is %s, next is %+v, %d failures", x.State, act, s.Replicas[0].Failures)
			}
			if len(s.Sessions) > 1 && s.Sessions[1].State != tt.other || tt.check != nil && !tt.check(s) {
				t.Errorf("%s: %+v", s.Phase, s.Sessions)
			}
		})
	}
}

// TestAnOrphanWhoseSIDIsKnownIsHeardOf has a notification tell of a session that was given up since its stops were answered
// 404.
func TestAnOrphanWhoseSIDIsKnownIsHeardOf(t *testing.T) {
	for _, tt := range []struct {
		name  string
		n     Notice
		state SessionState
		until time.Time
		op    agora.Op
	}{
		{"it has ended", Notice{Type: agora.EventWebRecorderStopped, At: at(60)}, SessionEnded, at(60), ""},
		{"it was uploaded", Notice{Type: agora.EventUploaded, At: at(60)}, SessionEnded, at(60), ""},
		{"it has ended before it was last seen", Notice{Type: agora.EventSessionExit, At: at(30)}, SessionEnded, at(51), ""},
		{"it has ended, by a clock that is ahead", Notice{Type: agora.EventBackuped, At: at(80)}, SessionEnded, at(51), ""},
		{"it has just ended", Notice{Type: agora.EventBackuped, At: at(70)}, SessionEnded, at(70), ""},
		{"it runs", Notice{Type: agora.EventSessionFailover, At: at(60)}, SessionStopping, time.Time{}, agora.OpStop},
		{"it began", Notice{Type: agora.EventWebRecorderStarted, At: at(60)}, SessionStopping, time.Time{}, agora.OpStop},
	} {
		s := inHand(Session{UID: "11", State: SessionOrphan, SID: "sid1", Reason: "orphan: session 1", ReasonCode: reason.OrphanGone})
		x := &s.Sessions[0]
		x.StoppedAt, x.StopAskedAt, x.StopNotFoundAt, x.SuspectAt, x.Tries = at(51), at(52), at(52), at(52), 7
		s.Phase, s.Outcome, s.Reason = Ended, Recorded, "written"
		tt.n.SID = "sid1"
		s, act := step(s, observation{Notice: &tt.n}, 70*time.Minute)
		got := s.Sessions[0]
		if got.State != tt.state || !got.StoppedAt.Equal(tt.until) || act.Op != tt.op || got.ReasonCode != reason.OrphanHeard || !slices.Contains(got.Remarks, "orphan: session 1") {
			t.Errorf("%s: it is %s until %v, next is %+v: %+v", tt.name, got.State, got.StoppedAt, act, got)
		}
		if tt.op != "" && (!got.StopNotFoundAt.IsZero() || !got.SuspectAt.IsZero() || !got.StopAskedAt.Equal(at(70))) {
			t.Errorf("%s: what was heard before counts: %+v", tt.name, got)
		}
	}
}

func fmtMillis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
