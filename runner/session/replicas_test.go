package session

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan/load"
)

// redundant is a lesson with so many replicas, whose uids are 11 and 12, 13 and 14, and so on.
func redundant(replicas int) State {
	s := lesson()
	s.UIDs = nil
	for n := range replicas {
		s.UIDs = append(s.UIDs, [2]string{fmt.Sprint(11 + 2*n), fmt.Sprint(12 + 2*n)})
	}
	return s
}

func TestARedundantClassHasAsManySessionsAsReplicasWithUIDsOfTheirOwn(t *testing.T) {
	for replicas := 1; replicas <= MaxReplicas; replicas++ {
		s, trace := play(t, redundant(replicas), nil)
		var want []string
		for n := range replicas {
			want = append(want, fmt.Sprintf("-43s acquire %d uid %d", n+1, 11+2*n), fmt.Sprintf("-43s start %d uid %d", n+1, 11+2*n))
		}
		for n := range replicas {
			want = append(want, fmt.Sprintf("52m0s stop %d uid %d", n+1, 11+2*n))
		}
		if diff := cmp.Diff(want, without(trace, agora.OpQuery)); diff != "" || s.Outcome != Recorded {
			t.Errorf("%d replicas: %s: %s (-want +got):\n%s", replicas, s.Outcome, s.Reason, diff)
		}
	}
}

func TestARedundantSessionThatDiesIsReplacedOnItsOwnOtherUIDAndLeavesNoGap(t *testing.T) {
	for replicas := 2; replicas <= MaxReplicas; replicas++ {
		for replica := range replicas {
			s, _ := play(t, redundant(replicas), func(r request) *Answer {
				if r.op == agora.OpQuery && r.session.Attempt == replica+1 && r.at > 20*time.Minute {
					return status(20)
				}
				return nil
			})
			if s.Outcome != Recorded || len(s.Gaps) > 0 || len(s.Sessions) != replicas+1 || s.Sessions[replicas].UID != s.UIDs[replica][1] || s.Sessions[replicas].Replica != replica {
				t.Errorf("replica %d of %d: %s, gaps %v, sessions %+v", replica, replicas, s.Outcome, s.Gaps, s.Sessions)
			}
		}
	}
}

// TestALaneWaitsForTheResourceIDsOfThoseBeforeItButNotForLong has the first acquires of a class, and those of a class
// all of whose sessions died at once, follow each other; one whose answer is a refusal to be tried again holds up none.
func TestALaneWaitsForTheResourceIDsOfThoseBeforeItButNotForLong(t *testing.T) {
	s := redundant(MaxReplicas)
	acquired := map[int]time.Duration{}
	play(t, s, func(r request) *Answer {
		switch {
		case r.op == agora.OpAcquire && r.n == 0:
			acquired[r.session.Attempt] = r.at
			if r.session.Attempt == 7 {
				return broken
			}
		case r.op == agora.OpQuery && r.session.Attempt <= MaxReplicas && r.at > 20*time.Minute:
			return status(20)
		}
		return nil
	})
	for n := 2; n <= 2*MaxReplicas; n++ {
		if n != MaxReplicas+1 && acquired[n]-acquired[n-1] < latency || n <= MaxReplicas && acquired[n]-acquired[n-1] > 2*latency {
			t.Errorf("acquire %d at %v, the one before at %v", n, acquired[n], acquired[n-1])
		}
	}
	if late := acquired[8] - acquired[7]; late > time.Second {
		t.Errorf("the acquire after the refused one came %v later", late)
	}
}

func TestALaneThatFollowsALittleLateIsNoLateStart(t *testing.T) {
	s := redundant(MaxReplicas)
	s.Begin, s.MinRemainder = bell.Add(-catalog.StartLead()), -1
	if s, _ = play(t, s, nil); len(s.Sessions) != MaxReplicas {
		t.Errorf("%d sessions: %s", len(s.Sessions), s.Reason)
	}
}

func TestAPlanAsksForAsManySessionsAtOnceAsTheEngineHasReplicasFor(t *testing.T) {
	for sessions, want := range map[int]int{MaxReplicas: 0, MaxReplicas + 1: 1} {
		text := fmt.Sprintf("version: 1\nname: school\ndefaults: {timezone: UTC, url: https://school.example}\nrecordings: {german: {when: 2031-09-15 09:00-09:50, redundancy: %d}}\n", sessions)
		_, findings, err := load.Load(oneFile(text), "school.yaml")
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for _, f := range findings {
			if f.Rule == "invalid-value" {
				refused++
			}
		}
		if refused != want {
			t.Errorf("redundancy %d: %+v", sessions, findings)
		}
	}
}

func TestGapsAreWhatNoSessionWrote(t *testing.T) {
	minute := func(n int) time.Time { return bell.Add(time.Duration(n) * time.Minute) }
	got := gaps(bell, minute(50), []Session{
		{Evidence: Evidence{RecordingAt: minute(-1)}, StopFacts: StopFacts{StoppedAt: minute(10)}},
		{Replica: 1, Evidence: Evidence{RecordingAt: minute(5)}, StopFacts: StopFacts{StoppedAt: minute(20)}},
		{Evidence: Evidence{RecordingAt: minute(22)}, StopFacts: StopFacts{StoppedAt: minute(52)}, HoldFacts: HoldFacts{Paused: []Gap{{minute(30), minute(40)}}}},
		{Replica: 1, Evidence: Evidence{RecordingAt: minute(35)}, StopFacts: StopFacts{StoppedAt: minute(52)}},
	})
	want := []Gap{{minute(20), minute(22)}, {minute(30), minute(35)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

// TestAnOutcomeIsRecordedIfAnyReplicaWroteEachSecond holds gaps against a count of seconds.
func TestAnOutcomeIsRecordedIfAnyReplicaWroteEachSecond(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const length = 120 // seconds
		second := func(n int) time.Time { return bell.Add(time.Duration(n) * time.Second) }
		wrote := [length]bool{}
		var sessions []Session
		for replica := range rapid.IntRange(1, MaxReplicas).Draw(rt, "replicas") {
			at := rapid.IntRange(-10, 60).Draw(rt, "from")
			for range rapid.IntRange(0, 3).Draw(rt, "sessions") {
				until := at + rapid.IntRange(0, 60).Draw(rt, "length")
				sessions = append(sessions, Session{Replica: replica, Evidence: Evidence{RecordingAt: second(at)}, StopFacts: StopFacts{StoppedAt: second(until)}})
				for n := max(at, 0); n < min(until, length); n++ {
					wrote[n] = true
				}
				at = until + rapid.IntRange(0, 30).Draw(rt, "pause")
			}
		}
		var want []Gap
		for n, w := range wrote {
			switch last := len(want) - 1; {
			case w:
			case last >= 0 && want[last].Until.Equal(second(n)):
				want[last].Until = second(n + 1)
			default:
				want = append(want, Gap{second(n), second(n + 1)})
			}
		}
		if diff := cmp.Diff(want, gaps(bell, second(length), sessions)); diff != "" {
			rt.Fatalf("gaps (-want +got):\n%s", diff)
		}
	})
}

func TestOneReplicaThatIsGivenUpDoesNotEndTheOther(t *testing.T) {
	s, _ := play(t, redundant(2), func(r request) *Answer {
		if r.op == agora.OpStart && r.session.Replica == 1 {
			return refusal(agora.NewResource, 500, 502, "Failed to allocate worker")
		}
		return nil
	})
	if s.Outcome != Recorded || !strings.Contains(s.Reason, "one of the 2 recordings at once was given up: 3 sessions in a row failed") {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
}

func TestALaneThatIsNoLongerWantedEndsOnceTheOthersWrite(t *testing.T) {
	fewer := change{at: 20 * time.Minute, do: func(s *State) { s.UIDs = s.UIDs[:1] }}
	stops := func(trace []string) []string {
		return slices.DeleteFunc(slices.Clone(trace), func(line string) bool { return !strings.Contains(line, " stop ") })
	}
	for _, tt := range []struct {
		name  string
		serve service
		want  []string
	}{
		{"all write", nil, []string{"20m0s stop 2 uid 13", "20m0s stop 3 uid 15", "52m0s stop 1 uid 11"}},
		{"the first is gone, and its successor takes a while", func(r request) *Answer {
			switch {
			case r.op == agora.OpQuery && r.session.Attempt == 1 && r.at > 19*time.Minute:
				return status(20)
			case r.op == agora.OpStart && r.session.Attempt == 4 && r.at < 22*time.Minute:
				return refusal(agora.Wait, 406, 0, "no capacity")
			}
			return nil
		}, []string{"22m12s stop 2 uid 13", "22m12s stop 3 uid 15", "52m0s stop 4 uid 12"}},
		{"the first cannot be begun", func(r request) *Answer {
			if r.op == agora.OpStart && r.session.Replica == 0 {
				return refusal(agora.NewResource, 500, 502, "Failed to allocate worker")
			}
			return nil
		}, []string{"52m0s stop 2 uid 13", "52m0s stop 4 uid 15"}},
	} {
		s, trace := play(t, redundant(3), tt.serve, fewer)
		if diff := cmp.Diff(tt.want, stops(trace)); diff != "" || s.Outcome != Recorded {
			t.Errorf("%s: %s: %s (-want +got):\n%s", tt.name, s.Outcome, s.Reason, diff)
		}
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
	if limit := first.usableUntil().Sub(bell); begun > limit-successorLead+time.Second || begun < limit-2*successorLead {
		t.Errorf("the successor began at %v, the hours ran out at %v", begun, limit)
	}
	if first.StoppedAt.Before(second.RecordingAt) || first.State != SessionEnded || second.MaxHour < 5 || second.UID != "12" {
		t.Errorf("the first was stopped at %v, the second writes from %v for at most %d h on uid %s", first.StoppedAt, second.RecordingAt, second.MaxHour, second.UID)
	}
}

func TestASuccessorThatFailsLeavesTheOldSessionToItsEnd(t *testing.T) {
	s, _ := play(t, lesson(), func(r request) *Answer {
		if r.session.Attempt > 1 && r.op == agora.OpStart {
			return refusal(agora.NewResource, 500, 502, "Failed to allocate worker")
		}
		if r.session.Attempt == 1 && r.op != agora.OpStart && r.op != agora.OpAcquire && bell.Add(r.at).After(r.session.usableUntil()) {
			return gone
		}
		return nil
	}, change{at: 40 * time.Minute, do: func(s *State) { s.End, s.Until = bell.Add(3*time.Hour), bell.Add(3*time.Hour+2*time.Minute) }})
	if s.Outcome != Partial || len(s.Gaps) != 1 || s.Gaps[0].From.Sub(bell) < 110*time.Minute {
		t.Errorf("%s, gaps %v: %s", s.Outcome, s.Gaps, s.Reason)
	}
}

// oneFile is a plan's only file.
type oneFile string

func (f oneFile) ReadFile(string) ([]byte, error) { return []byte(f), nil }

func (f oneFile) Glob(string) ([]string, error) { return nil, fs.ErrNotExist }
