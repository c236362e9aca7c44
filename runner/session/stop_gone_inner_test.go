package session

import (
	"strings"
	"testing"
	"time"

	"rundown/agora"
)

// TestAStopThatIsAnswered404ToTheEndLeavesAnOrphan has the service answer 404 to a stop for longer than a failover lasts.
func TestAStopThatIsAnswered404ToTheEndLeavesAnOrphan(t *testing.T) {
	unknown := func(r request) *Answer {
		if r.op == agora.OpStop && r.at < 2*time.Hour {
			return gone
		}
		return nil
	}
	at := 70 * time.Minute
	tests := []struct {
		name  string
		serve service
		state SessionState
		ended Outcome
		told  *Notice
	}{
		{"of a healthy session", unknown, SessionOrphan, Recorded, nil},
		{"of one that is told to have ended", unknown, SessionEnded, Recorded, &Notice{Type: agora.EventWebRecorderStopped, SID: "sid1", At: bell.Add(53 * time.Minute), Text: "told"}},
		{"of one that is told to run, and is stopped then", func(r request) *Answer {
			if r.op == agora.OpStop && r.at < at {
				return gone
			}
			return nil
		}, SessionEnded, Recorded, &Notice{Type: agora.EventSessionFailover, SID: "sid1", At: bell.Add(at), Text: "told"}},
		{"of one whose recorder has exited", func(r request) *Answer {
			switch {
			case r.op == agora.OpQuery && r.at > 51*time.Minute:
				return &Answer{Result: agora.Done, Server: agora.ServerResponse{Status: agora.StatusInProgress, Services: []agora.ServiceState{{
					ServiceName: agora.ServiceWebRecorder, Payload: agora.ServicePayload{State: "exit"},
				}}}}
			case r.op == agora.OpStop:
				return gone
			}
			return nil
		}, SessionLost, Partial, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var changes []change
			if tt.told != nil {
				changes = append(changes, change{at: at, notice: tt.told})
			}
			s, trace := play(t, lesson(), tt.serve, changes...)
			x := s.Sessions[0]
			if x.State != tt.state || s.Outcome != tt.ended {
				t.Errorf("the session is %s and the class %s: %s; %v", x.State, s.Outcome, s.Reason, without(trace, agora.OpQuery))
			}
			orphan := tt.state == SessionOrphan || tt.told != nil
			if names := strings.Contains(s.Reason, "orphan: ") && strings.Contains(s.Reason, "its maxRecordingHour ends it at 2031-09-17 18:59:17Z"); names != orphan {
				t.Errorf("the reason names an orphan and the bound of its bill: %v, want %v: %s", names, orphan, s.Reason)
			}
		})
	}
}

// TestAShortClassThatMayHaveBeenRecordedIsNotToldAsNothing has a class of twenty seconds whose session was never seen
// running, and whose stop is answered 404 for longer than a failover lasts. Only where each look at it was answered 404,
// up to the stop, had it never begun.
func TestAShortClassThatMayHaveBeenRecordedIsNotToldAsNothing(t *testing.T) {
	const last = 3 // looks before the stop
	for _, tt := range []struct {
		name   string
		looks  func(n int) *Answer
		orphan bool
	}{
		{"404 each time", func(int) *Answer { return gone }, false},
		{"no answer", func(int) *Answer { return noAnswer }, true},
		{"an error of the service each time", func(int) *Answer { return broken }, true},
		{"404 at first, then no answer", func(n int) *Answer {
			if n == 0 {
				return gone
			}
			return noAnswer
		}, true},
		{"404, then an error", func(n int) *Answer {
			if n < last-1 {
				return gone
			}
			return broken
		}, true},
		{"an error at first, then 404", func(n int) *Answer {
			if n == 0 {
				return broken
			}
			return gone
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			class := lesson()
			class.End, class.Until = bell.Add(-5*time.Second), bell.Add(-5*time.Second)
			class.Start, class.From = bell.Add(-25*time.Second), bell.Add(-25*time.Second)
			looked := 0
			s, trace := play(t, class, func(r request) *Answer {
				switch r.op {
				case agora.OpQuery:
					looked++
					return tt.looks(r.n)
				case agora.OpStop:
					return gone
				}
				return nil
			})
			x := s.Sessions[0]
			if looked < last || len(s.Sessions) != 1 || x.SID == "" {
				t.Fatalf("it was looked at %d times: %v", looked, trace)
			}
			told := strings.Contains(s.Reason, "an unconfirmed session may hold it") && strings.Contains(s.Reason, "its maxRecordingHour ends it at")
			if (x.State == SessionOrphan) != tt.orphan || told != tt.orphan || s.Outcome != Failed {
				t.Errorf("the session is %s and the class %s: %s; %v", x.State, s.Outcome, s.Reason, trace)
			}
		})
	}
}
