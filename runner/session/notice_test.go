package session

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

// told plays a class in which notifications come at instants after the bell.
func told(t *testing.T, s State, serve service, notices map[time.Duration]Notice) (State, []string) {
	t.Helper()
	var changes []change
	for _, at := range slices.Sorted(maps.Keys(notices)) {
		n := notices[at]
		n.At = cmp.Or(n.At, bell.Add(at))
		changes = append(changes, change{at: at, notice: &n})
	}
	return play(t, s, serve, changes...)
}

func TestAStopThatANotificationTellsOfIsConfirmedByAQueryAndReplacedAtOnce(t *testing.T) {
	died := 20*time.Minute + 3*time.Second
	s, _ := told(t, lesson(), func(r request) *Answer {
		if r.session.Attempt == 1 && r.at > 20*time.Minute && (r.op == agora.OpQuery || r.op == agora.OpStop) {
			return gone
		}
		return nil
	}, map[time.Duration]Notice{died: {Type: agora.EventWebRecorderStopped, SID: "sid1", Code: agora.StoppedRecorderError, At: bell.Add(20 * time.Minute), Text: "the recording stopped, code 6 recorder_error"}})
	if s.Outcome != Partial || len(s.Gaps) != 1 || !s.Gaps[0].From.Equal(bell.Add(20*time.Minute)) || s.Gaps[0].Until.Sub(s.Gaps[0].From) > 10*time.Second {
		t.Errorf("%s with the gaps %v: %s", s.Outcome, s.Gaps, s.Reason)
	}
	if !strings.Contains(s.Reason, "recorder_error") {
		t.Errorf("the reason does not name the cause: %s", s.Reason)
	}
}

// TestANotificationCannotMoveTheEndPastWhatIsKnown has one that dates the end before a query that found the session
// running, and one that dates it ahead of our clock: what was seen last counts.
func TestANotificationCannotMoveTheEndPastWhatIsKnown(t *testing.T) {
	died := 20*time.Minute + 3*time.Second
	for name, says := range map[string]time.Duration{"in the past": -time.Hour, "in the future": 40 * time.Minute} {
		seen := time.Duration(0) // running, for the last time
		s, _ := told(t, lesson(), func(r request) *Answer {
			switch {
			case r.session.Attempt == 1 && r.at >= died && (r.op == agora.OpQuery || r.op == agora.OpStop):
				return gone
			case r.session.Attempt == 1 && r.op == agora.OpQuery:
				seen = r.at + latency
			}
			return nil
		}, map[time.Duration]Notice{died: {Type: agora.EventWebRecorderStopped, SID: "sid1", Code: agora.StoppedRecorderError, At: bell.Add(says), Text: "the recording stopped"}})
		if s.Outcome != Partial || len(s.Gaps) != 1 || !s.Gaps[0].From.Equal(bell.Add(seen)) {
			t.Errorf("%s: %s with the gaps %v, seen running until %v", name, s.Outcome, s.Gaps, bell.Add(seen))
		}
	}
}

func TestANotificationThatAQueryContradictsEndsNothing(t *testing.T) {
	s, trace := told(t, lesson(), nil, map[time.Duration]Notice{
		10 * time.Minute: {Type: agora.EventWebRecorderStopped, SID: "sid1", Code: agora.StoppedRecorderError, Text: "stopped"},
		20 * time.Minute: {Type: agora.EventSessionExit, SID: "sid1", Text: "exited"},
		30 * time.Minute: {Type: agora.EventWebRecorderStopped, SID: "another", Text: "stopped"},
	})
	if s.Outcome != Recorded || len(s.Sessions) != 1 || s.Sessions[0].Cause != 0 {
		t.Errorf("%s: %s after %v", s.Outcome, s.Reason, without(trace, agora.OpQuery))
	}
}

func TestSessionsThatFailForThePageAreTriedOnceMoreOnly(t *testing.T) {
	s := lesson()
	s.Attempts = 10
	died := map[int]bool{}
	notices := map[time.Duration]Notice{}
	for i, at := range []time.Duration{0, 10 * time.Second} {
		sid := []string{"sid1", "sid2"}[i]
		notices[at] = Notice{Type: agora.EventWebRecorderStopped, SID: sid, Code: agora.StoppedAccessURL, Text: "the recording stopped, code 5 access_url_failed"}
	}
	s, _ = told(t, s, func(r request) *Answer {
		if r.op == agora.OpQuery && r.at >= -time.Second {
			died[r.session.Attempt] = true
			return gone
		}
		return nil
	}, notices)
	if len(s.Sessions) != 2 || !strings.Contains(s.Replicas[0].AbandonReason, "lies in the page") {
		t.Errorf("%d sessions, gave up: %q", len(s.Sessions), s.Replicas[0].AbandonReason)
	}
}

func TestTheSIDOfAnOrphanTurnsUpAndItIsStoppedAndStillNamed(t *testing.T) {
	starts := 0
	lost := func(r request) *Answer {
		if r.op == agora.OpStart {
			if starts++; starts == 1 {
				return noAnswer
			} else if starts == 2 {
				return refusal(agora.Unknown, 201, 7, "already started")
			}
		}
		return nil
	}
	for name, at := range map[string]time.Duration{"during the class": 5 * time.Minute, "after its end": 55 * time.Minute} {
		starts = 0
		s, trace := told(t, lesson(), lost, map[time.Duration]Notice{at: {Type: agora.EventFileInfos, Cname: "lingua-german-a1", UID: "11", SID: "lost", Text: "event 4"}})
		if s.Outcome != Recorded || s.Sessions[0].SID != "lost" || s.Sessions[0].State != SessionEnded || !strings.Contains(s.Reason, "orphan: session 1") || !strings.Contains(s.Reason, "turned up") && at < 50*time.Minute {
			t.Errorf("%s: %s %q, session 1 is %s after %v", name, s.Outcome, s.Reason, s.Sessions[0].State, without(trace, agora.OpQuery))
		}
		if at > 50*time.Minute && !strings.Contains(s.Reason, "session 1 was found and stopped") {
			t.Errorf("%s: %q", name, s.Reason)
		}
	}
}

func TestAnOrphanCarriesTheClassWhereNothingElseDoes(t *testing.T) {
	s := lesson()
	s.Attempts = 1
	starts := 0
	s, _ = told(t, s, func(r request) *Answer {
		if r.op == agora.OpStart {
			if starts++; starts > 1 {
				return refusal(agora.NewResource, 500, 502, "Failed to allocate worker")
			}
			return refusal(agora.Unknown, 201, 7, "already started")
		}
		return nil
	}, map[time.Duration]Notice{-20 * time.Second: {Type: agora.EventFileInfos, Cname: "lingua-german-a1", UID: "11", SID: "lost", Text: "event 4"}})
	if s.Sessions[0].State != SessionEnded || s.Outcome != Recorded && s.Outcome != Partial {
		t.Errorf("%s %q: session 1 is %s", s.Outcome, s.Reason, s.Sessions[0].State)
	}
}

func TestAnUploadThatIsToldOfAfterTheEndIsKept(t *testing.T) {
	s, _ := told(t, lesson(), nil, map[time.Duration]Notice{54 * time.Minute: {Type: agora.EventBackuped, SID: "sid1", Text: "backuped"}})
	if s.Phase != Ended || s.Sessions[0].UploadStatus != "uploaded" {
		t.Errorf("%s, upload %q: a stop's answer of uploaded is not taken back", s.Phase, s.Sessions[0].UploadStatus)
	}
	s.Sessions[0].UploadStatus = "pending"
	early := s
	early.Sessions = []Session{{Attempt: 1, SID: "sid1", State: SessionStopping, Request: Request{Asked: agora.OpStop}, Report: Report{UploadStatus: "uploaded"}, Limits: Limits{MaxHour: 2}}}
	if early, _, _ = decideOne(early, observation{Attempt: 1, Op: agora.OpStop, Answer: Answer{Code: 50}}, bell.Add(time.Hour)); early.Sessions[0].UploadStatus != "uploaded" {
		t.Errorf("upload %q after a stop whose answer came late", early.Sessions[0].UploadStatus)
	}
	s, act, _ := decideOne(s, observation{Notice: &Notice{Type: agora.EventUploaded, SID: "sid1", Text: "uploaded"}}, bell.Add(time.Hour))
	if s.Sessions[0].UploadStatus != "uploaded" || act.Op != "" {
		t.Errorf("upload %q, action %+v", s.Sessions[0].UploadStatus, act)
	}
}

func TestWhatANotificationSaysHoldsNoAddress(t *testing.T) {
	n := NewNotice(agora.Event{Type: agora.EventWebRecorderStopped, RawDetails: []byte(`{"code":5,"message":"access_url_failed ","details":"could not open https://school.example/room?token=canary"}`)}, strings.TrimSpace)
	if strings.Contains(n.Text, "canary") || !strings.Contains(n.Text, "access_url_failed") {
		t.Errorf("%q", n.Text)
	}
	n = NewNotice(agora.Event{Type: agora.EventRTMPPublishStatus, RawDetails: []byte(`{"rtmpUrl":"rtmps://x.example/canary","status":"disconnected"}`)}, strings.TrimSpace)
	if strings.Contains(n.Text, "canary") || n.Push != "disconnected" {
		t.Errorf("%+v", n)
	}
}

func TestAnErrorOfTheHighestLevelIsFollowedByAQuery(t *testing.T) {
	for level, want := range map[string]bool{"4": false, "5": true} {
		n := NewNotice(agora.Event{Type: agora.EventError, SID: "sid1", RawDetails: []byte(`{"module":4,"errorLevel":` + level + `,"errorCode":50}`)}, strings.TrimSpace)
		_, trace := told(t, lesson(), nil, map[time.Duration]Notice{20*time.Minute + 3*time.Second: n})
		if got := slices.Contains(trace, "20m3s query 1 uid 11"); got != want {
			t.Errorf("level %s: a query at once is %v, want %v", level, got, want)
		}
	}
}

func TestFilesAreAskedForAfterTheFirstSlice(t *testing.T) {
	_, trace := play(t, lesson(), func(r request) *Answer {
		if r.op == agora.OpQuery {
			return status(agora.StatusReady) // without files
		}
		return nil
	})
	var asked []string
	for _, line := range trace {
		if strings.Contains(line, " query ") {
			asked = append(asked, strings.Fields(line)[0])
		}
	}
	if len(asked) < 2 {
		t.Fatalf("queries at %v", asked)
	}
	first, _ := time.ParseDuration(asked[0])
	second, _ := time.ParseDuration(asked[1])
	least, _ := catalog.Bound("query-files-after-first-slice")
	if gap := second - first; gap < time.Duration(*least)*time.Second || gap > time.Minute {
		t.Errorf("files are looked for after %v", gap)
	}
}
