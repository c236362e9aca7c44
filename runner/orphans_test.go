package runner

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
	taskConflict   = refusal(agora.Pair, 400, 53, "task conflict")
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
			if i < 0 || s.Lanes[0].GaveUp != "" {
				t.Fatalf("%s, gave up: %q after %v", s.Reason, s.Lanes[0].GaveUp, without(trace, agora.OpQuery))
			}
			if late := s.Sessions[i].StartedAt.Sub(bell.Add(20 * time.Minute)); late < 0 || late > tt.longest+time.Second {
				t.Errorf("a session takes over %v after an orphan has ended, want %v at most: %v", late, tt.longest, without(trace, agora.OpQuery))
			}
		})
	}
}

// TestASessionOfOursKeepsItsUIDFromTheNext has an orphan under one uid and a session under the other that still runs, or
// is not stopped yet, when the next is to begin: that takes the orphan's uid, or waits for it.
func TestASessionOfOursKeepsItsUIDFromTheNext(t *testing.T) {
	longer := change{at: 40 * time.Minute, do: func(s *State) { s.End, s.Until = bell.Add(5*time.Hour), bell.Add(5*time.Hour+2*time.Minute) }}
	for _, tt := range []struct {
		name    string
		orphan  time.Duration // lives until then
		dies    time.Duration // session 2, as far as queries tell
		stopped time.Duration // when its stop is taken
		changes []change
		missing time.Duration // at most
	}{
		{"it is followed, and the orphan has ended", 0, always, 0, []change{longer}, 0},
		{"it is followed, and the orphan's hours end with its own", 2*time.Hour - 43*time.Second, 2*time.Hour - 43*time.Second, 0, []change{longer}, 2 * agora.MonitorInterval()},
		{"its stop is refused for minutes, and the orphan has ended", 0, 10 * time.Minute, 16 * time.Minute, nil, 2 * agora.MonitorInterval()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, trace := play(t, lesson(), func(r request) *Answer {
				second := r.session.Attempt == 2
				switch {
				case r.op == agora.OpStart && r.session.Attempt == 1:
					return alreadyStarted
				case r.op == agora.OpStart && !second && (r.session.UID == "11" && r.at < tt.orphan || r.session.UID == "12" && r.at < max(tt.dies, tt.stopped)):
					return taskConflict
				case r.op == agora.OpQuery && second && r.at >= tt.dies:
					return gone
				case r.op == agora.OpStop && second && r.at < tt.stopped:
					return broken
				}
				return nil
			}, tt.changes...)
			missing := time.Duration(0)
			for _, g := range s.Gaps {
				missing += g.Until.Sub(g.From)
			}
			if missing > tt.missing || s.Lanes[0].GaveUp != "" {
				t.Errorf("%v missing, gave up: %q: %s after %v", missing, s.Lanes[0].GaveUp, s.Reason, without(trace, agora.OpQuery))
			}
			for _, x := range s.Sessions[2:] {
				if x.State == SessionFailed {
					t.Errorf("session %d failed: %s after %v", x.Attempt, x.Reason, without(trace, agora.OpQuery))
				}
			}
		})
	}
}

// TestASessionThatWaitsGivesWayToAnOrphanWhoseSIDTurnsUp has a notification tell the sid of an orphan while a session
// waits for the orphans to end: that is all there is to record the class, and the only one that can be stopped.
func TestASessionThatWaitsGivesWayToAnOrphanWhoseSIDTurnsUp(t *testing.T) {
	s, trace := play(t, lesson(), beset(always, always), change{at: -5 * time.Second, notice: &Notice{
		Type: agora.EventWebRecorderStarted, Cname: "lingua-german-a1", UID: "12", SID: "turned up", At: bell.Add(-5 * time.Second), RecordingAt: bell.Add(-35 * time.Second), Text: "the recording began",
	}})
	if x := s.Sessions[1]; s.Outcome != Recorded || x.State != SessionEnded || !x.StoppedAt.Equal(s.Until) || len(s.Sessions) != 3 || s.Sessions[2].State != SessionFailed {
		t.Errorf("%s: %s; session 2 is %s until %v after %v", s.Outcome, s.Reason, x.State, x.StoppedAt, without(trace, agora.OpQuery))
	}
}
