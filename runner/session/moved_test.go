package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/runner/reason"
)

// by is what the plan wants of the lesson once it has moved it, and given it another length.
func by(d, longer time.Duration) Target {
	t := lesson().Target
	t.Start, t.From = t.Start.Add(d), t.From.Add(d)
	t.End, t.Until = t.End.Add(d+longer), t.Until.Add(d+longer)
	return t
}

// retarget has the plan want something at an instant, and places what is planned, as the runner does; taken is whether the
// new times are.
func retarget(t *testing.T, at time.Duration, want Target, taken bool) change {
	return change{at: at, do: func(s *State) {
		if got := s.Retarget(want, time.Time{}, bell.Add(at)); got != taken {
			t.Errorf("at %v the new times are taken: %v, want %v", at, got, taken)
		}
		if s.Fresh() && (s.Phase == Planned || s.Outcome == Cancelled) {
			s.Begin = s.FirstRequest()
		}
	}}
}

// operator cancels a class at an instant, or takes that back.
func operator(at time.Duration, cancel bool) change {
	return change{at: at, do: func(s *State) {
		if s.Cancel = nil; cancel {
			s.Cancel = &Cancel{At: bell.Add(at), Who: "ops", ReasonCode: reason.CancelledByOperator}
		}
	}}
}

// TestAPlanMovesAClass gives a class other times while it is planned, recorded, being stopped and over.
func TestAPlanMovesAClass(t *testing.T) {
	const first = "-43s acquire 1 uid 11"
	day, hour, minute := 24*time.Hour, time.Hour, time.Minute
	refusing := func(r request) *Answer { // the first session is refused for good
		if r.op == agora.OpAcquire && r.session.Attempt == 1 {
			return refusal(agora.Permanent, 400, 2, "url")
		}
		return nil
	}
	for _, tt := range []struct {
		name    string
		state   func(*State)
		serve   service
		changes func(*testing.T) []change
		trace   []string // without queries; nil: not looked at
		outcome Outcome
		earlier int // sessions
		start   time.Duration
	}{
		{
			name:    "before it has begun",
			changes: func(t *testing.T) []change { return []change{retarget(t, -5*minute, by(hour, 0), true)} },
			state:   func(s *State) { s.Begin = bell.Add(-10 * minute); s.Replicas[0].RetryAt = s.FirstRequest() },
			trace:   []string{"59m17s acquire 1 uid 11", "59m17s start 1 uid 11", "1h52m0s stop 1 uid 11"},
			outcome: Recorded, start: hour,
		},
		{
			name:    "to the next day while it is recorded",
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(day, 0), true)} },
			trace: []string{
				first, "-43s start 1 uid 11", "10m0s stop 1 uid 11", "23h59m17s acquire 2 uid 12", "23h59m17s start 2 uid 12", "24h52m0s stop 2 uid 12",
			},
			outcome: Recorded, earlier: 1, start: day,
		},
		{
			name:    "by ten minutes while it is recorded",
			changes: func(t *testing.T) []change { return []change{retarget(t, 12*minute, by(10*minute, 0), true)} },
			trace:   []string{first, "-43s start 1 uid 11", "1h2m0s stop 1 uid 11"},
			outcome: Recorded, start: 10 * minute,
		},
		{
			name: "to a time whose first request is due now",
			changes: func(t *testing.T) []change {
				return []change{retarget(t, 10*minute, by(10*minute+43*time.Second, 0), true)}
			},
			trace:   []string{first, "-43s start 1 uid 11", "1h2m43s stop 1 uid 11"},
			outcome: Recorded, start: 10*minute + 43*time.Second,
		},
		{
			name:    "to what is past while it is recorded",
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(-hour, 0), false)} },
			trace:   []string{first, "-43s start 1 uid 11", "52m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name:    "to an end that has just come",
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(0, -42*minute), false)} },
			trace:   []string{first, "-43s start 1 uid 11", "52m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name:    "to an end of which the padding is left",
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(0, -41*minute), true)} },
			trace:   []string{first, "-43s start 1 uid 11", "11m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name: "to times with more padding once it is over",
			changes: func(t *testing.T) []change {
				want := by(0, 0)
				want.Until = want.Until.Add(time.Hour)
				return []change{retarget(t, 51*minute, want, true)}
			},
			trace:   []string{first, "-43s start 1 uid 11", "1h52m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name: "to times with more padding as it ends",
			changes: func(t *testing.T) []change {
				want := by(0, 0)
				want.Until = want.Until.Add(time.Hour)
				return []change{retarget(t, 50*minute, want, true)}
			},
			trace:   []string{first, "-43s start 1 uid 11", "1h52m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name: "twice, and the second time before it was begun again",
			changes: func(t *testing.T) []change {
				return []change{retarget(t, 10*minute, by(day, 0), true), retarget(t, hour, by(3*hour, 0), true)}
			},
			trace: []string{
				first, "-43s start 1 uid 11", "10m0s stop 1 uid 11", "2h59m17s acquire 2 uid 12", "2h59m17s start 2 uid 12", "3h52m0s stop 2 uid 12",
			},
			outcome: Recorded, earlier: 1, start: 3 * hour,
		},
		{
			name: "twice, and the second time before it was stopped",
			serve: func(r request) *Answer {
				if r.op == agora.OpStop && r.session.Attempt == 1 && r.at < 20*minute {
					return noAnswer
				}
				return nil
			},
			changes: func(t *testing.T) []change {
				return []change{retarget(t, 10*minute, by(day, 0), true), retarget(t, 11*minute, by(3*hour, 0), true)}
			},
			outcome: Recorded, earlier: 1, start: 3 * hour,
		},
		{
			name:    "and is already late for its new time",
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(11*minute, 0), true)} },
			trace: []string{
				first, "-43s start 1 uid 11", "10m0s stop 1 uid 11", "10m17s acquire 2 uid 12", "10m17s start 2 uid 12", "1h3m0s stop 2 uid 12",
			},
			outcome: Recorded, earlier: 1, start: 11 * minute,
		},
		{
			name:    "whose sessions failed, to a later time",
			serve:   refusing,
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(hour, 0), true)} },
			trace:   []string{first, "59m17s acquire 2 uid 12", "59m17s start 2 uid 12", "1h52m0s stop 2 uid 12"},
			outcome: Recorded, earlier: 1, start: hour,
		},
		{
			name:    "whose sessions failed, to a later end",
			serve:   refusing,
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(0, hour), true)} },
			trace:   []string{first, "10m0s acquire 2 uid 12", "10m0s start 2 uid 12", "1h52m0s stop 2 uid 12"},
			outcome: Partial,
		},
		{
			name:    "whose sessions failed, to the times that it had",
			serve:   refusing,
			changes: func(t *testing.T) []change { return []change{retarget(t, 10*minute, by(0, 0), true)} },
			trace:   []string{first},
			outcome: Failed,
		},
		{
			name:    "that is over, to what is past",
			changes: func(t *testing.T) []change { return []change{retarget(t, 2*hour, by(hour, 0), true)} },
			trace:   []string{first, "-43s start 1 uid 11", "52m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name:    "that is over, to an end that has just come",
			changes: func(t *testing.T) []change { return []change{retarget(t, 2*hour, by(70*minute, 0), true)} },
			trace:   []string{first, "-43s start 1 uid 11", "52m0s stop 1 uid 11"},
			outcome: Recorded,
		},
		{
			name:    "that was missed",
			state:   func(s *State) { s.Begin = at(60) },
			changes: func(t *testing.T) []change { return []change{retarget(t, 2*hour, by(3*hour, 0), true)} },
			trace:   []string{"2h59m17s acquire 1 uid 11", "2h59m17s start 1 uid 11", "3h52m0s stop 1 uid 11"},
			outcome: Recorded, start: 3 * hour,
		},
		{
			name: "that an operator cancelled before it began, and takes that back",
			changes: func(t *testing.T) []change {
				return []change{operator(-5*minute, true), retarget(t, -4*minute, by(hour, 0), true), operator(-3*minute, false)}
			},
			state:   func(s *State) { s.Begin = bell.Add(-10 * minute); s.Replicas[0].RetryAt = s.FirstRequest() },
			trace:   []string{"59m17s acquire 1 uid 11", "59m17s start 1 uid 11", "1h52m0s stop 1 uid 11"},
			outcome: Recorded, start: hour,
		},
		{
			name: "that an operator cancelled while it was recorded, and does not take that back",
			changes: func(t *testing.T) []change {
				return []change{operator(10*minute, true), retarget(t, 20*minute, by(hour, 0), true)}
			},
			trace:   []string{first, "-43s start 1 uid 11", "10m0s stop 1 uid 11"},
			outcome: Cancelled, start: hour,
		},
		{
			name: "that an operator cancelled while it was recorded, and takes that back",
			changes: func(t *testing.T) []change {
				return []change{operator(10*minute, true), retarget(t, 20*minute, by(hour, 0), true), operator(30*minute, false)}
			},
			trace: []string{
				first, "-43s start 1 uid 11", "10m0s stop 1 uid 11", "59m17s acquire 2 uid 12", "59m17s start 2 uid 12", "1h52m0s stop 2 uid 12",
			},
			outcome: Recorded, earlier: 1, start: hour,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := lesson()
			if tt.state != nil {
				tt.state(&s)
			}
			s, trace := play(t, s, tt.serve, tt.changes(t)...)
			if diff := cmp.Diff(tt.trace, without(trace, agora.OpQuery)); tt.trace != nil && diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if s.Phase != Ended || s.Outcome != tt.outcome || s.EarlierSessions != tt.earlier || !s.Start.Equal(bell.Add(tt.start)) {
				t.Errorf("%s as %s at %v after %d earlier sessions: %s", s.Phase, s.Outcome, s.Start.Sub(bell), s.EarlierSessions, s.Reason)
			}
		})
	}
}

// TestACancelledClassThatIsMovedStaysCancelled until that is taken back.
func TestACancelledClassThatIsMovedStaysCancelled(t *testing.T) {
	t.Parallel()
	down := bell.Add(-time.Hour)
	s := lesson()
	s.Phase, s.Outcome, s.Reason, s.Cancel, s.Sessions = Ended, Cancelled, "cancelled by ops", &Cancel{At: at(5), Who: "ops"}, []Session{{Attempt: 1, State: SessionEnded}}
	if s.Retarget(by(time.Hour, 0), down, at(10)); s.Phase != Ended || s.Outcome != Cancelled || s.Reason != "cancelled by ops" {
		t.Errorf("one that an operator cancelled is %s as %s: %q", s.Phase, s.Outcome, s.Reason)
	}
}

// TestAPlanCancelsAClass has the plan cancel a class and take that back.
func TestAPlanCancelsAClass(t *testing.T) {
	minute := time.Minute
	cancel := func(at time.Duration) change {
		return change{at: at, do: func(s *State) {
			s.Cancel = &Cancel{At: bell.Add(at), Who: "the plan", ReasonCode: reason.CancelledByPlan}
		}}
	}
	planned := func(t *testing.T, at time.Duration, want Target, taken bool) change {
		return change{at: at, do: func(s *State) {
			if got := s.Planned(want, bell.Add(at)); got != taken {
				t.Errorf("at %v the plan's cancellation is taken back: %v, want %v", at, got, taken)
			} else if got {
				s.Retarget(want, time.Time{}, bell.Add(at))
			}
		}}
	}
	unanswered := func(r request) *Answer { // the stop, for ten minutes
		if r.op == agora.OpStop && r.at < 20*minute {
			return noAnswer
		}
		return nil
	}
	extended := by(-time.Hour, 0)
	for _, tt := range []struct {
		name      string
		serve     service
		cancelled change
		back      func(*testing.T) change
		extended  *Extension
		trace     []string
		outcome   Outcome
	}{
		{
			name: "and wants it again", cancelled: cancel(10 * minute), back: func(t *testing.T) change { return planned(t, 15*minute, by(0, 0), true) },
			trace: []string{"10m0s stop 1 uid 11", "15m0s acquire 2 uid 12", "15m0s start 2 uid 12", "52m0s stop 2 uid 12"}, outcome: Partial,
		},
		{
			name: "and an operator does, too", cancelled: operator(10*minute, true), back: func(t *testing.T) change { return planned(t, 15*minute, by(0, 0), true) },
			trace: []string{"10m0s stop 1 uid 11"}, outcome: Cancelled,
		},
		{
			name: "and wants it at times that are past, while its stop is out", serve: unanswered, cancelled: cancel(10 * minute),
			back: func(t *testing.T) change { return planned(t, 12*minute, by(-time.Hour, 0), false) }, outcome: Cancelled,
		},
		{
			name: "and wants it to have ended now, while its stop is out", serve: unanswered, cancelled: cancel(10 * minute),
			back: func(t *testing.T) change { return planned(t, 12*minute, by(0, -40*minute), false) }, outcome: Cancelled,
		},
		{
			name: "and wants it at times that are past but for an extension, while its stop is out", serve: unanswered, cancelled: cancel(10 * minute),
			extended: &Extension{Until: extended.End.Add(30 * minute), Start: extended.Start, End: extended.End},
			back:     func(t *testing.T) change { return planned(t, 12*minute, extended, true) }, outcome: Partial,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changes := []change{tt.cancelled, tt.back(t)}
			if tt.extended != nil {
				changes[1].do = func(s *State) {
					s.Extended = tt.extended
					tt.back(t).do(s)
				}
			}
			s, trace := play(t, lesson(), tt.serve, changes...)
			if trace = without(trace, agora.OpQuery)[2:]; tt.trace != nil && !slices.Equal(trace, tt.trace) {
				t.Errorf("requests %v, want %v", trace, tt.trace)
			}
			if s.Phase != Ended || s.Outcome != tt.outcome {
				t.Errorf("%s as %s: %s", s.Phase, s.Outcome, s.Reason)
			}
		})
	}
}

// TestAClassThatIsOverAndCancelledTakesItsTimesButIsNotBegunByThose has the plan move a class that was cancelled while it
// was recorded to what is past, and has the cancellation taken back then.
func TestAClassThatIsOverAndCancelledTakesItsTimesButIsNotBegunByThose(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Target{"what is past": by(-time.Hour, 0), "an end that has just come": by(-30*time.Minute, 0)} {
		s, trace := play(t, lesson(), nil, operator(10*time.Minute, true), retarget(t, 20*time.Minute, want, true), operator(30*time.Minute, false))
		if len(s.Sessions) != 1 || s.Outcome != Cancelled {
			t.Errorf("%s: %s after %v: %s", name, s.Outcome, trace, s.Reason)
		}
	}
}

// TestAClassThatWasCancelledBeforeItBeganIsWhatThePlanSays once that is taken back.
func TestAClassThatWasCancelledBeforeItBeganIsWhatThePlanSays(t *testing.T) {
	t.Parallel()
	want := by(0, 0)
	want.CDN = "new"
	class := lesson()
	class.Begin = bell.Add(-10 * time.Minute)
	class.Replicas[0].RetryAt = class.FirstRequest()
	s, _ := play(t, class, nil, operator(-5*time.Minute, true), retarget(t, -4*time.Minute, want, true), operator(-3*time.Minute, false))
	if len(s.Sessions) != 1 || s.Sessions[0].CDN != "new" {
		t.Errorf("%s: %+v", s.Outcome, s.Sessions)
	}
}

// TestAClassIsLeftToAnotherAppID has the plan give a class to another App ID. Its sessions are stopped, and nothing is
// begun by the owner of the App ID that it leaves.
func TestAClassIsLeftToAnotherAppID(t *testing.T) {
	minute := time.Minute
	other := func(d, longer time.Duration) Target {
		want := by(d, longer)
		want.App = "other"
		return want
	}
	for _, tt := range []struct {
		name    string
		at      time.Duration
		want    Target
		changes []change // before
		serve   service
		moved   bool
		stopped string
		outcome Outcome // of what is not handed over
	}{
		{name: "before it has begun", at: -5 * minute, want: other(0, 0), moved: true},
		{name: "while it is recorded", at: 10 * minute, want: other(0, 0), moved: true, stopped: "10m0s stop 1 uid 11"},
		{name: "while it is recorded, to later", at: 10 * minute, want: other(time.Hour, 0), moved: true, stopped: "10m0s stop 1 uid 11"},
		{name: "while it is recorded, to what is past", at: 10 * minute, want: other(-time.Hour, 0), stopped: "52m0s stop 1 uid 11", outcome: Recorded},
		{name: "while it is recorded, to an end that has just come", at: 10 * minute, want: other(0, -42*minute), stopped: "52m0s stop 1 uid 11", outcome: Recorded},
		{name: "once it is over, to an end that has just come", at: 2 * time.Hour, want: other(70*minute, 0), stopped: "52m0s stop 1 uid 11", outcome: Recorded},
		{name: "once it is over", at: time.Hour, want: other(0, 0), stopped: "52m0s stop 1 uid 11", outcome: Recorded},
		{name: "once it is over, to later", at: time.Hour, want: other(3*time.Hour, 0), moved: true, stopped: "52m0s stop 1 uid 11"},
		{name: "once it is over, to what is past", at: 2 * time.Hour, want: other(time.Hour, 0), stopped: "52m0s stop 1 uid 11", outcome: Recorded},
		{
			name: "cancelled", at: 20 * minute, want: other(0, 0), changes: []change{operator(10*minute, true)},
			stopped: "10m0s stop 1 uid 11", outcome: Cancelled,
		},
		{
			name: "cancelled, and that was taken back", at: 20 * minute, want: other(0, 0),
			changes: []change{operator(10*minute, true), {at: 20 * minute, do: func(s *State) { s.Cancel = nil }}},
			moved:   true, stopped: "10m0s stop 1 uid 11",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			class := lesson()
			if tt.at < 0 {
				class.Begin = bell.Add(-10 * minute)
				class.Replicas[0].RetryAt = class.FirstRequest()
			}
			s, trace := play(t, class, tt.serve, append(tt.changes, change{at: tt.at, do: func(s *State) {
				s.Leave(tt.want, bell.Add(tt.at))
				before := s.Clone()
				s.Leave(tt.want, bell.Add(tt.at)) // a plan that says it twice
				if diff := cmp.Diff(before, *s); diff != "" {
					t.Errorf("to be told twice makes a difference:\n%s", diff)
				}
			}})...)
			stopped := ""
			for _, line := range trace {
				if strings.Contains(line, " stop ") {
					stopped = line
				}
			}
			if stopped != tt.stopped || len(s.Sessions) > 1 {
				t.Errorf("%v, want it stopped by %q and not begun again", trace, tt.stopped)
			}
			if !s.Settled() || s.Outcome != tt.outcome || (s.Phase == Planned) != tt.moved {
				t.Errorf("%s as %s: %s", s.Phase, s.Outcome, s.Reason)
			}
		})
	}
}

// TestAClassThatIsLeftAndDroppedIsWantedAgain has the plan drop a class that it has given to another App ID, and take it in
// again, while its stop is out and once it is over for that.
func TestAClassThatIsLeftAndDroppedIsWantedAgain(t *testing.T) {
	t.Parallel()
	want := by(0, 0)
	want.App = "other"
	for name, stopped := range map[string]time.Duration{"while its stop is out": 20 * time.Minute, "once it is over for that": 0} {
		leave := func(at time.Duration) change {
			return change{at: at, do: func(s *State) { s.Leave(want, bell.Add(at)) }}
		}
		s, trace := play(t, lesson(), func(r request) *Answer {
			if r.op == agora.OpStop && r.at < stopped {
				return noAnswer
			}
			return nil
		}, leave(10*time.Minute), change{at: 11 * time.Minute, do: func(s *State) { s.Absent = true }}, leave(12*time.Minute))
		if s.Phase != Planned || !s.OtherApp || s.Absent || s.Outcome != "" {
			t.Errorf("%s: %s as %s, left: %v, absent: %v after %v", name, s.Phase, s.Outcome, s.OtherApp, s.Absent, trace)
		}
	}
}

// TestAClassThatIsMovedAheadAndThenDroppedIsOver has the plan move a class that is being recorded and let go of it before
// its new time.
func TestAClassThatIsMovedAheadAndThenDroppedIsOver(t *testing.T) {
	t.Parallel()
	drop := func(at time.Duration) change { return change{at: at, do: func(s *State) { s.Absent = true }} }
	for _, tt := range []struct {
		name    string
		changes []change
		runs    int
		outcome Outcome
		text    string
	}{
		{"moved and dropped", []change{retarget(t, 10*time.Minute, by(24*time.Hour, 0), true), drop(time.Hour)}, 1, Cancelled, "the plan no longer holds it"},
		{"left to another App ID and dropped", []change{{at: 10 * time.Minute, do: func(s *State) {
			s.Leave(Target{Service: Service{App: "other"}, Interval: Interval{Until: bell.Add(time.Hour)}}, bell.Add(10*time.Minute))
		}}, drop(time.Hour)}, 1, Cancelled, "the plan no longer holds it"},
		{"dropped while it is recorded", []change{drop(10 * time.Minute)}, 1, Recorded, "recorded from"},
		{"moved, and dropped while it is recorded again", []change{retarget(t, 10*time.Minute, by(24*time.Hour, 0), true), drop(24 * time.Hour)}, 2, Recorded, "before it was moved, session 1 recorded from"},
	} {
		s, trace := play(t, lesson(), nil, tt.changes...)
		if len(s.Sessions) != tt.runs || s.Phase != Ended || s.Outcome != tt.outcome || !strings.Contains(s.Reason, tt.text) {
			t.Errorf("%s: %s after %v: %s", tt.name, s.Outcome, trace, s.Reason)
		}
		if tt.outcome == Cancelled && (s.ReasonCode != reason.LeftPlan || s.Gaps != nil) {
			t.Errorf("%s: %s with the gaps %v", tt.name, s.ReasonCode, s.Gaps)
		}
	}
}

// TestAStartWithoutAnAnswerIsAnOrphanAsSoonAsItsClassIsMoved moves a class to the next week once a start has failed of which it is open
// whether it had an effect. No session probes for that before the next week, so it is not left open until then.
func TestAStartWithoutAnAnswerIsAnOrphanAsSoonAsItsClassIsMoved(t *testing.T) {
	t.Parallel()
	doubtful := Session{Attempt: 1, UID: "11", ResourceID: "r", State: SessionFailed, StartFacts: StartFacts{StartUncertain: true, RequestedAt: bell}}
	for name, tt := range map[string]struct {
		later    []Session
		otherApp bool
		want     SessionState
	}{
		"and nothing has told of it":                  {nil, false, SessionOrphan},
		"and a later start with the uid was accepted": {[]Session{{Attempt: 2, UID: "11", SID: "s", State: SessionEnded}}, false, SessionFailed},
		"to another App ID":                           {nil, true, SessionOrphan},
	} {
		t.Run(name, func(t *testing.T) {
			spec := specOf(lesson())
			status := Status{Phase: Starting, Observed: Observed{Start: spec.Start, End: spec.End}, Begin: spec.FirstRequest(), Sessions: append([]Session{doubtful}, tt.later...)}
			if spec.OtherApp = tt.otherApp; !tt.otherApp {
				spec.Target = by(7*24*time.Hour, 0)
			}
			got, asked := decideAll(spec, status, bell.Add(time.Minute))
			if x := got.Sessions[0]; x.State != tt.want || got.Phase != Planned || len(asked) > 0 {
				t.Errorf("the class is %s, and its first session %s (%s), want %s; asked %v", got.Phase, x.State, x.Reason, tt.want, asked)
			}
		})
	}
}

// TestWhoDoesNotOwnAClassBeginsNothingOfIt gives a class to who only stops it, and to who looks after it beside a daemon.
func TestWhoDoesNotOwnAClassBeginsNothingOfIt(t *testing.T) {
	t.Parallel()
	dies := func(r request) *Answer {
		if r.op == agora.OpQuery && r.at > 20*time.Minute && r.session.Attempt == 1 {
			return status(20)
		}
		return nil
	}
	for _, tt := range []struct {
		name  string
		from  time.Duration // from when on it is not ours alone; before the first request: from the beginning
		set   func(*State)
		trace []string
		phase Phase
	}{
		{"a planned class, aside", -time.Hour, func(s *State) { s.NoNewSessions = true }, nil, Planned},
		{"a planned class, only to stop", -time.Hour, func(s *State) { s.OnlyStops = true }, nil, Planned},
		{"one that runs, aside", time.Minute, func(s *State) { s.NoNewSessions = true }, []string{"21m22s acquire 2 uid 12", "21m22s start 2 uid 12", "52m0s stop 2 uid 12"}, Ended},
		{"one that runs, only to stop", time.Minute, func(s *State) { s.OnlyStops = true }, []string{}, Recording},
	} {
		class, changes := lesson(), []change(nil)
		if tt.from < 0 {
			tt.set(&class)
		} else {
			changes = []change{{at: tt.from, do: tt.set}}
		}
		s, trace := play(t, class, dies, changes...)
		trace = without(trace, agora.OpQuery)
		if len(changes) > 0 {
			trace = trace[2:] // it was begun
		}
		if !slices.Equal(trace, tt.trace) || s.Phase != tt.phase {
			t.Errorf("%s: %s after %v, want %s after %v", tt.name, s.Phase, trace, tt.phase, tt.trace)
		}
	}
}

// TestALaterEndGivesEachReplicaClassTimeAgain has an end move in the padding, after a replica was given up.
func TestALaterEndGivesEachReplicaClassTimeAgain(t *testing.T) {
	running := Session{UID: "11", State: SessionRunning, SID: "sid1", Request: Request{Asked: agora.OpQuery}}
	unseen := running
	unseen.State = SessionConfirming
	refused := Session{UID: "13", Replica: 1, State: SessionAcquiring, Reason: "acquire: no capacity", ReasonCode: reason.NoCapacity, Request: Request{Next: at(51)}}
	lost := Session{UID: "13", Replica: 1, State: SessionFailed, Reason: "it was lost", ReasonCode: reason.SessionLost}
	for _, tt := range []struct {
		name   string
		first  Session
		second Session
		end    float64 // the new one
		before reason.Code
		after  reason.Code
	}{
		{"while another replica records", running, refused, 65, reason.NoTimeLeft, ""},
		{"while another replica is not seen recording yet", unseen, refused, 65, reason.NoCapacity, ""},
		{"to an instant that is past", running, refused, 50.5, reason.NoTimeLeft, reason.NoTimeLeft},
		{"by less than a start takes", running, refused, 51.01, reason.NoTimeLeft, reason.NoTimeLeft},
		{"after its attempts were used up", running, lost, 65, reason.AttemptsUsedUp, reason.AttemptsUsedUp},
	} {
		s := inHand(tt.first, tt.second)
		s.UIDs = redundant(2).UIDs
		s.Sessions[1].RecordingAt = time.Time{}
		if tt.first.State == SessionConfirming {
			s.Sessions[0].RecordingAt = time.Time{}
		}
		if tt.second.State == SessionFailed {
			s.Replicas[1].abandon(reason.Because(reason.AttemptsUsedUp, "3 sessions in a row failed"))
		}
		s, _ = step(s, observation{}, 50*time.Minute)
		if got := s.Replicas[1].AbandonCode; got != tt.before || s.Phase == Ended {
			t.Errorf("%s: at the end it is %s, given up for %q", tt.name, s.Phase, got)
		}
		s.End, s.Until = at(tt.end), at(tt.end+2)
		s, act := step(s, observation{}, 51*time.Minute)
		begins := act.Op == agora.OpAcquire && s.Sessions[act.Attempt-1].Replica == 1
		if got := s.Replicas[1].AbandonCode; got != tt.after || begins != (tt.after == "") {
			t.Errorf("%s: next is %+v, given up for %q", tt.name, act, got)
		}
	}
}
