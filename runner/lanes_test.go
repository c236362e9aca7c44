package runner

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
)

func redundant() State {
	s := lesson()
	s.SecondUIDs = [2]string{"13", "14"}
	return s
}

func TestARedundantClassHasTwoSessionsWithUIDsOfTheirOwn(t *testing.T) {
	s, trace := play(t, redundant(), nil)
	want := []string{
		"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 13", "-43s start 2 uid 13", "52m0s stop 1 uid 11", "52m0s stop 2 uid 13",
	}
	if diff := cmp.Diff(want, without(trace, agora.OpQuery)); diff != "" || s.Outcome != Recorded {
		t.Errorf("%s: %s (-want +got):\n%s", s.Outcome, s.Reason, diff)
	}
}

func TestARedundantSessionThatDiesIsReplacedOnItsOwnOtherUIDAndLeavesNoGap(t *testing.T) {
	for lane, uid := range map[int]string{0: "12", 1: "14"} {
		s, _ := play(t, redundant(), func(r request) *Answer {
			if r.op == agora.OpQuery && r.session.Attempt == lane+1 && r.at > 20*time.Minute {
				return status(20)
			}
			return nil
		})
		if s.Outcome != Recorded || len(s.Gaps) > 0 || len(s.Sessions) != 3 || s.Sessions[2].UID != uid || s.Sessions[2].Lane != lane {
			t.Errorf("lane %d: %s, gaps %v, sessions %+v", lane, s.Outcome, s.Gaps, s.Sessions)
		}
	}
}

func TestGapsAreWhatNeitherSessionWrote(t *testing.T) {
	minute := func(n int) time.Time { return bell.Add(time.Duration(n) * time.Minute) }
	got := gaps(bell, minute(50), []Session{
		{RecordingAt: minute(-1), StoppedAt: minute(10)},
		{Lane: 1, RecordingAt: minute(5), StoppedAt: minute(20)},
		{RecordingAt: minute(22), StoppedAt: minute(52), Paused: []Gap{{minute(30), minute(40)}}},
		{Lane: 1, RecordingAt: minute(35), StoppedAt: minute(52)},
	})
	want := []Gap{{minute(20), minute(22)}, {minute(30), minute(35)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

func TestOneLaneThatIsGivenUpDoesNotEndTheOther(t *testing.T) {
	s, _ := play(t, redundant(), func(r request) *Answer {
		if r.op == agora.OpStart && r.session.Lane == 1 {
			return refusal(agora.Pair, 500, 502, "Failed to allocate worker")
		}
		return nil
	})
	if s.Outcome != Recorded || !strings.Contains(s.Reason, "one of the two recordings was given up: 3 sessions in a row failed") {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
}

func TestAnExtendedClassIsHandedToASuccessorBeforeTheHoursRunOut(t *testing.T) {
	begun := time.Duration(0)
	s, trace := play(t, lesson(), func(r request) *Answer {
		if r.session.Attempt == 2 && r.op == agora.OpStart {
			begun = r.at
		}
		return nil
	}, change{at: 40 * time.Minute, do: func(s *State) { s.End, s.Until = bell.Add(5*time.Hour), bell.Add(5*time.Hour+2*time.Minute) }})
	if s.Outcome != Recorded || len(s.Sessions) != 2 {
		t.Fatalf("%s: %s after %v", s.Outcome, s.Reason, without(trace, agora.OpQuery))
	}
	first, second := s.Sessions[0], s.Sessions[1]
	if limit := first.outlived().Sub(bell); begun > limit-handover+time.Second || begun < limit-2*handover {
		t.Errorf("the successor began at %v, the hours ran out at %v", begun, limit)
	}
	if first.StoppedAt.Before(second.RecordingAt) || first.State != SessionEnded || second.MaxHour < 5 || second.UID != "12" {
		t.Errorf("the first was stopped at %v, the second writes from %v for at most %d h on uid %s", first.StoppedAt, second.RecordingAt, second.MaxHour, second.UID)
	}
}

func TestASuccessorThatFailsLeavesTheOldSessionToItsEnd(t *testing.T) {
	s, _ := play(t, lesson(), func(r request) *Answer {
		if r.session.Attempt > 1 && r.op == agora.OpStart {
			return refusal(agora.Pair, 500, 502, "Failed to allocate worker")
		}
		if r.session.Attempt == 1 && r.op != agora.OpStart && r.op != agora.OpAcquire && bell.Add(r.at).After(r.session.outlived()) {
			return gone
		}
		return nil
	}, change{at: 40 * time.Minute, do: func(s *State) { s.End, s.Until = bell.Add(3*time.Hour), bell.Add(3*time.Hour+2*time.Minute) }})
	if s.Outcome != Partial || len(s.Gaps) != 1 || s.Gaps[0].From.Sub(bell) < 110*time.Minute {
		t.Errorf("%s, gaps %v: %s", s.Outcome, s.Gaps, s.Reason)
	}
}
