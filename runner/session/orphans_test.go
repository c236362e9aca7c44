package session

import (
	"slices"
	"testing"
	"time"

	"rundown/agora"
)

// always is longer than any class.
const always = 100 * time.Hour

var (
	alreadyStarted = refusal(agora.Unknown, 201, 7, "already started")
	taskConflict   = refusal(agora.NewResource, 400, 53, "task conflict")
)

// beset is a service at which the first two sessions become orphans, of which that with uid 11 lives until one instant
// since the bell and that with uid 12 until another. Of the starts that meet them those in lost go unanswered.
func beset(first, second time.Duration, lost ...int) service {
	met := 0
	return func(r request) *Answer {
		switch {
		case r.op != agora.OpStart:
			return nil
		case r.session.Attempt <= 2:
			return alreadyStarted
		case r.session.UID == "11" && r.at >= first, r.session.UID == "12" && r.at >= second:
			return nil
		}
		if met++; slices.Contains(lost, met) {
			return noAnswer
		}
		return taskConflict
	}
}

// unknownTasks is a service at which recordings that nobody here began have uid 11 until one instant since the bell and uid
// 12 until another.
func unknownTasks(first, second time.Duration) service {
	return func(r request) *Answer {
		if r.op == agora.OpStart && (r.session.UID == "11" && r.at < first || r.session.UID == "12" && r.at < second) {
			return taskConflict
		}
		return nil
	}
}

func TestOrphansOnBothUIDsAreReplacedSoonAfterTheyEnd(t *testing.T) {
	const poll = 2 * time.Minute
	for _, tt := range []struct {
		name    string
		serve   service
		longest time.Duration // from when one has ended, after twenty minutes, to the start
	}{
		{"both at once", beset(20*time.Minute, 20*time.Minute), poll},
		{"the first", beset(20*time.Minute, always), 2 * poll},
		{"the second", beset(always, 20*time.Minute), 2 * poll},
		{"both at once, and answers were lost meanwhile", beset(20*time.Minute, 20*time.Minute, 3, 6, 9), poll},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, trace := play(t, lesson(), tt.serve)
			i := slices.IndexFunc(s.Sessions, func(x Session) bool { return x.SID != "" })
			if i < 0 || s.Replicas[0].AbandonReason != "" {
				t.Fatalf("%s, gave up: %q after %v", s.Reason, s.Replicas[0].AbandonReason, without(trace, agora.OpQuery))
			}
			if late := s.Sessions[i].StartedAt.Sub(bell.Add(20 * time.Minute)); late < 0 || late > tt.longest+time.Second {
				t.Errorf("a session takes over %v after an orphan has ended, want %v at most: %v", late, tt.longest, without(trace, agora.OpQuery))
			}
		})
	}
}

// TestASessionOfOursKeepsItsUIDFromTheNext has an orphan under one uid and a session under the other that still runs, or
// is not stopped yet, when the next is to begin: that takes the orphan's uid, or waits until one of them is free.
func TestASessionOfOursKeepsItsUIDFromTheNext(t *testing.T) {
	const hours = 2*time.Hour - 43*time.Second
	longer := change{at: 40 * time.Minute, do: func(s *State) { s.End, s.Until = bell.Add(5*time.Hour), bell.Add(5*time.Hour+2*time.Minute) }}
	for _, tt := range []struct {
		name    string
		orphan  time.Duration // lives until then
		dies    time.Duration // session 2
		looks   *Answer       // to its queries from then on
		stopped time.Duration // when its stop is taken
		unheard int           // of the starts after it, the one that goes unanswered
		changes []change
		missing time.Duration // at most
	}{
		{"it is followed, and the orphan has ended", 0, always, nil, 0, 0, []change{longer}, 0},
		{"it is followed, and the orphan's hours end with its own", hours, hours, gone, 0, 0, []change{longer}, 2*time.Minute + 6*time.Second},
		{"and an answer is lost", hours, hours, gone, 0, 1, []change{longer}, 2*time.Minute + 6*time.Second},
		{"its recorder exits, and the orphan lives", always, 10 * time.Minute, status(agora.StatusExited), 0, 0, nil, 2*time.Minute + 6*time.Second},
		{"it is gone, and the orphan lives", always, 10 * time.Minute, gone, 0, 0, nil, 10 * time.Second},
		{"and an answer is lost meanwhile", always, 10 * time.Minute, gone, 0, 1, nil, 10 * time.Second},
		{"its stop is refused for minutes, and the orphan has ended", 0, 10 * time.Minute, gone, 16 * time.Minute, 0, nil, 6 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			starts := 0
			s, trace := play(t, lesson(), func(r request) *Answer {
				second := r.session.Attempt == 2
				switch {
				case r.op == agora.OpStart && r.session.Attempt == 1:
					return alreadyStarted
				case r.op == agora.OpStart && !second && (r.session.UID == "11" && r.at < tt.orphan || r.session.UID == "12" && r.at < max(tt.dies, tt.stopped)):
					if starts++; starts == tt.unheard {
						return noAnswer
					}
					return taskConflict
				case r.op == agora.OpQuery && second && r.at >= tt.dies:
					return tt.looks
				case r.op == agora.OpStop && second && r.at < tt.stopped:
					return broken
				}
				return nil
			}, tt.changes...)
			if missing(s.Gaps) > tt.missing || s.Replicas[0].AbandonReason != "" {
				t.Errorf("%v missing, gave up: %q: %s after %v", missing(s.Gaps), s.Replicas[0].AbandonReason, s.Reason, without(trace, agora.OpQuery))
			}
			if n := s.Replicas[0].Failures; n > 2 {
				t.Errorf("%d failures were counted after %v", n, without(trace, agora.OpQuery))
			}
		})
	}
}

// TestASessionThatWaitsGivesWayToAnOrphanWhoseSIDTurnsUp has a notification tell the sid of an orphan while a session
// waits for the orphans to end: where that one records, it is all there is, and the only one that can be stopped. Where
// it has ended, that says until when it recorded.
func TestASessionThatWaitsGivesWayToAnOrphanWhoseSIDTurnsUp(t *testing.T) {
	for _, tt := range []struct {
		name    string
		says    agora.EventType
		at      time.Duration
		dies    time.Duration // the orphan that was found
		files   []agora.File
		missing time.Duration // at most; the orphan that was not found lives on and is not counted
		gives   bool          // way: the session that waits
	}{
		{"it records", agora.EventWebRecorderStarted, time.Minute, always, nil, 0, true},
		{"it records, and its files are being stored", agora.EventUploadingProgress, time.Minute, always, nil, 66 * time.Second, true},
		{"it records, and a start meets it", agora.EventWebRecorderStarted, 107*time.Second + 75*time.Millisecond, always, nil, 2 * time.Minute, false},
		{"it records and dies", agora.EventWebRecorderStarted, -5 * time.Second, 5 * time.Minute, nil, 4*time.Minute + 6*time.Second, true},
		{"it has ended", agora.EventWebRecorderStopped, 5 * time.Minute, 5 * time.Minute, []agora.File{{SliceStartTime: bell.Add(-30 * time.Second).UnixMilli()}}, 6 * time.Second, false},
		{"its files were stored", agora.EventUploaded, 5 * time.Minute, 4 * time.Minute, nil, 5*time.Minute + 10*time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dies := tt.dies
			s, trace := play(t, lesson(), func(r request) *Answer {
				switch {
				case r.op == agora.OpStart && r.session.Attempt <= 2:
					return alreadyStarted
				case r.op == agora.OpStart && (r.session.UID == "11" || r.at < dies):
					return taskConflict
				case r.session.Attempt == 2 && r.at >= dies:
					return gone
				case r.session.Attempt == 2 && r.op == agora.OpStop:
					dies = min(dies, r.at)
				}
				return nil
			}, change{at: tt.at, notice: &Notice{Type: tt.says, Cname: "lingua-german-a1", UID: "12", SID: "turned up", At: bell.Add(tt.at), RecordingAt: bell.Add(-35 * time.Second), Files: tt.files, Text: "told"}})
			if missing(s.Gaps) > tt.missing || s.Replicas[0].AbandonReason != "" {
				t.Errorf("%v missing, gave up: %q: %s after %v", missing(s.Gaps), s.Replicas[0].AbandonReason, s.Reason, without(trace, agora.OpQuery))
			}
			if x := s.Sessions[2]; (x.State == SessionFailed) != tt.gives {
				t.Errorf("the session that waited is %s: %s", x.State, x.Reason)
			}
			if x := s.Sessions[1]; x.SID != "turned up" || !x.State.Final() || x.State == SessionOrphan {
				t.Errorf("the session that was found is %s: %s", x.State, x.Reason)
			}
		})
	}
}

// TestAnOrphanThatIsFoundEndedIsAFailureStill finds one so late that nothing sets the count back.
func TestAnOrphanThatIsFoundEndedIsAFailureStill(t *testing.T) {
	at := 45 * time.Minute
	s, trace := play(t, lesson(), beset(always, at), change{at: at, notice: &Notice{
		Type: agora.EventWebRecorderStopped, Cname: "lingua-german-a1", UID: "12", SID: "turned up", At: bell.Add(at), Text: "told",
	}})
	if s.Replicas[0].Failures != 2 || s.Sessions[1].SID != "turned up" || s.Sessions[2].SID == "" {
		t.Errorf("%d failures, want those of the two orphans: %s after %v", s.Replicas[0].Failures, s.Reason, without(trace, agora.OpQuery))
	}
}

// TestAConflictThatNobodyExplainsLeavesTheOtherUIDToTry has an orphan that has ended under one uid, and under the other a
// task that is none of ours, or is thought to be over.
func TestAConflictThatNobodyExplainsLeavesTheOtherUIDToTry(t *testing.T) {
	for name, dies := range map[string]time.Duration{"a stranger": -always, "a session that the service still holds": 10 * time.Minute} {
		s, trace := play(t, lesson(), func(r request) *Answer {
			switch {
			case r.op == agora.OpStart && r.session.Attempt == 1:
				return alreadyStarted
			case r.op == agora.OpStart && r.session.UID == "12" && r.at > dies:
				return taskConflict
			case r.op == agora.OpQuery && r.session.UID == "12" && r.at > dies:
				return status(agora.StatusExitedFaulty)
			}
			return nil
		})
		if last := s.Sessions[len(s.Sessions)-1]; last.UID != "11" || last.State != SessionEnded || s.Replicas[0].AbandonReason != "" {
			t.Errorf("%s: %s: %s after %v", name, s.Outcome, s.Reason, without(trace, agora.OpQuery))
		}
	}
}

// TestANotificationIsAboutTheStartThatIsOut has a start without answer under the uid of an orphan that has ended: what
// began after it was sent is its own.
func TestANotificationIsAboutTheStartThatIsOut(t *testing.T) {
	at := -12500 * time.Millisecond // the start was sent at -13 s, and is repeated at -12 s
	s, trace := play(t, lesson(), func(r request) *Answer {
		switch {
		case r.op == agora.OpStart && (r.session.Attempt <= 2 || r.session.Attempt == 3 && r.n > 0):
			return alreadyStarted
		case r.op == agora.OpStart && r.session.Attempt == 3:
			return noAnswer
		}
		return nil
	}, change{at: at, notice: &Notice{Type: agora.EventWebRecorderStarted, Cname: "lingua-german-a1", UID: "11", SID: "third", At: bell.Add(at), RecordingAt: bell.Add(at - 100*time.Millisecond), Text: "told"}})
	if s.Outcome != Recorded || len(s.Sessions) != 3 || s.Sessions[2].SID != "third" || s.Sessions[0].State != SessionOrphan {
		t.Errorf("%s: %s; session 1 is %s after %v", s.Outcome, s.Reason, s.Sessions[0].State, without(trace, agora.OpQuery))
	}
}

// TestAnOrphanIsFoundRatherThanAStartThatMetIt has a start go unanswered whose repeat met an orphan: a notification with
// their uid is about the orphan.
func TestAnOrphanIsFoundRatherThanAStartThatMetIt(t *testing.T) {
	s, trace := play(t, lesson(), beset(always, always, 1), change{at: 0, notice: &Notice{
		Type: agora.EventWebRecorderStarted, Cname: "lingua-german-a1", UID: "11", SID: "turned up", At: bell, RecordingAt: bell.Add(-35 * time.Second), Text: "told",
	}})
	if s.Outcome != Recorded || s.Sessions[0].SID != "turned up" {
		t.Errorf("%s: %s; session 1 is %q after %v", s.Outcome, s.Reason, s.Sessions[0].SID, without(trace, agora.OpQuery))
	}
}

// TestAConflictInAReplicaThatIsNoLongerWantedEndsTheSession takes a replica away while a start of it is out that meets an
// orphan.
func TestAConflictInAReplicaThatIsNoLongerWantedEndsTheSession(t *testing.T) {
	s := redundant(2)
	s.Phase = Starting
	uids := s.UIDs[1]
	s.Sessions = []Session{
		{Attempt: 1, Replica: 1, Cname: s.Cname, UID: uids[0], ResourceID: "r1", State: SessionOrphan, Request: Request{AskedAt: bell}, Limits: Limits{MaxHour: 2}},
		{Attempt: 2, Replica: 1, Cname: s.Cname, UID: uids[0], ResourceID: "r2", State: SessionStarting, Request: Request{Asked: agora.OpStart, AskedAt: bell}, Limits: Limits{MaxHour: 2}},
	}
	s.UIDs = s.UIDs[:1]
	next, _, _ := decideOne(s, observation{Attempt: 2, Op: agora.OpStart, Answer: *taskConflict}, bell)
	if x := next.Sessions[1]; x.State != SessionFailed {
		t.Errorf("the session is %s: %s", x.State, x.Reason)
	}
}
