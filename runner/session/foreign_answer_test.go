package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/runner/reason"
)

// foreign is an answer that is not the service's own.
func foreign(class agora.Result, status int) *Answer {
	return &Answer{Result: class, Status: status, Foreign: true}
}

// from gives an answer to the requests of an op from one instant to another.
func from(op agora.Op, from, until time.Duration, a *Answer) service {
	return func(r request) *Answer {
		if r.op == op && r.at >= from && r.at < until {
			return a
		}
		return nil
	}
}

// TestWhatTheServiceDoesNotAnswerIsAskedAgain has a firewall, a login page or a load balancer answer in its place.
func TestWhatTheServiceDoesNotAnswerIsAskedAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		serve   service
		trace   []string
		outcome Outcome
		told    string
	}{
		{
			name: "an acquire that is refused", serve: from(agora.OpAcquire, -always, 0, foreign(agora.Wait, 403)),
			trace: []string{
				"-43s acquire 1 uid 11", "-42s acquire 1 uid 11", "-39s acquire 1 uid 11", "-33s acquire 1 uid 11", "-23s acquire 1 uid 11", "-8s acquire 1 uid 11",
				"7s acquire 1 uid 11", "7s start 1 uid 11", "52m0s stop 1 uid 11",
			}, outcome: Partial, told: "6 answers to acquire from 16:59:17Z to 16:59:52Z were not the service's own, the last one: HTTP 403",
		},
		{
			name: "a start that is refused keeps its resource id", serve: from(agora.OpStart, -always, -35*time.Second, foreign(agora.Wait, 403)),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "-39s start 1 uid 11", "-33s start 1 uid 11", "52m0s stop 1 uid 11",
			}, outcome: Recorded, told: "3 answers to start",
		},
		{
			name: "a start that fails goes to another resource id, and the same uid", serve: from(agora.OpStart, -always, -20*time.Second, foreign(agora.Retry, 502)),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "-34s start 1 uid 11", "-25s start 1 uid 11",
				"-25s acquire 2 uid 11", "-25s start 2 uid 11", "-22s start 2 uid 11", "-16s start 2 uid 11", "52m0s stop 2 uid 11",
			}, outcome: Recorded, told: "6 answers to start",
		},
		{
			name: "a start to which nobody knows an answer waits as for another host", serve: from(agora.OpStart, -always, -35*time.Second, foreign(agora.Unknown, 302)),
			trace:   []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "-39s start 1 uid 11", "-33s start 1 uid 11", "52m0s stop 1 uid 11"},
			outcome: Recorded, told: "3 answers to start",
		},
		{
			name: "one answer to a query", serve: from(agora.OpQuery, 20*time.Minute, 22*time.Minute, foreign(agora.Wait, 403)),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded,
			told: "answers to query",
		},
		{
			name: "one answer to a stop", serve: from(agora.OpStop, -always, 52*time.Minute+time.Second, foreign(agora.Wait, 403)),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11", "52m1s stop 1 uid 11"}, outcome: Recorded,
			told: "the answer to stop at 17:52:00Z was not the service's own: HTTP 403",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			class := lesson()
			class.Attempts = 1
			s, trace := play(t, class, tt.serve)
			if diff := cmp.Diff(tt.trace, without(trace, agora.OpQuery)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if s.Outcome != tt.outcome || !strings.Contains(s.Reason, tt.told) || strings.Count(s.Reason, "the service's own") != 1 || s.Replicas[0].AbandonReason != "" {
				t.Errorf("%s: %s; gave up: %q", s.Outcome, s.Reason, s.Replicas[0].AbandonReason)
			}
		})
	}
}

// TestSessionsWhoseStartsTheServiceDoesNotAnswerAreSpaced has something else answer for as long as the class lasts. No
// session counts as a failure, and the waits between them grow.
func TestSessionsWhoseStartsTheServiceDoesNotAnswerAreSpaced(t *testing.T) {
	t.Parallel()
	class := lesson()
	class.Attempts = 1
	var begun []time.Duration
	s, _ := play(t, class, func(r request) *Answer {
		switch {
		case r.op == agora.OpAcquire:
			begun = append(begun, r.at)
		case r.op == agora.OpStart && r.session.Attempt == 4 && r.n == 0: // one answer of the service in between
			return noAnswer
		case r.op == agora.OpStart:
			return foreign(agora.Retry, 502)
		}
		return nil
	})
	var waits []time.Duration
	for i := range begun[:min(len(begun), 7)-1] {
		waits = append(waits, (begun[i+1] - begun[i]).Round(time.Second))
	}
	// 18 s of tries, 16 s in the fourth session, and 0 s, 30 s, 1 min and then 2 min between the sessions.
	want := []time.Duration{18 * time.Second, 48 * time.Second, 78 * time.Second, 136 * time.Second, 138 * time.Second, 138 * time.Second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	if s.Outcome != Failed || s.Replicas[0].Failures != 0 || s.Replicas[0].AbandonReason != "" && s.Replicas[0].AbandonCode != reason.NoTimeLeft {
		t.Errorf("%s, %d failures, gave up: %q: %s", s.Outcome, s.Replicas[0].Failures, s.Replicas[0].AbandonReason, s.Reason)
	}
	if n := len(slices.DeleteFunc(s.Sessions, func(x Session) bool { return x.State != SessionOrphan })); n != 1 {
		t.Errorf("%d orphans, want the last one alone: one recording of a cname and a uid lives at most", n)
	}
}

// TestAStartThatWasOnlyEverRefusedLeavesNoOrphan tells what was refused before the service from what may have been passed on.
func TestAStartThatWasOnlyEverRefusedLeavesNoOrphan(t *testing.T) {
	for _, tt := range []struct {
		name   string
		starts []*Answer // the last one for ever
		orphan bool
	}{
		{"refused", []*Answer{foreign(agora.Wait, 403)}, false},
		{"not answered, then refused", []*Answer{noAnswer, foreign(agora.Wait, 403)}, true},
		{"refused, then not answered", []*Answer{foreign(agora.Wait, 403), noAnswer}, true},
		{"refused, then failed", []*Answer{foreign(agora.Wait, 403), foreign(agora.Retry, 502)}, true},
		{"failed, then refused", []*Answer{foreign(agora.Retry, 502), foreign(agora.Wait, 403)}, true},
		{"refused, then cut", []*Answer{foreign(agora.Wait, 403), {Result: agora.Unknown, Interrupted: true}, foreign(agora.Wait, 403)}, true},
		{"refused, then pending", []*Answer{foreign(agora.Wait, 403), refusal(agora.Retry, 206, 65, ""), foreign(agora.Wait, 403)}, true},
		{"refused, then timed out", []*Answer{foreign(agora.Wait, 403), refusal(agora.Retry, 500, 62, ""), foreign(agora.Wait, 403)}, true},
	} {
		for name, end := range map[string]change{
			"to its end":         {at: always, do: func(*State) {}},
			"until it cancelled": operator(-41*time.Second+500*time.Millisecond, true),
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				n := 0
				s, _ := play(t, lesson(), func(r request) *Answer {
					if r.op == agora.OpStart {
						n++
						return tt.starts[min(n, len(tt.starts))-1]
					}
					return nil
				}, end)
				if name == "until it cancelled" && n < 2 {
					return
				}
				if got := slices.ContainsFunc(s.Sessions, func(x Session) bool { return x.State == SessionOrphan }); got != tt.orphan || strings.Contains(s.Reason, "orphan:") != tt.orphan {
					t.Errorf("an orphan: %v, want %v after %d starts: %s", got, tt.orphan, n, s.Reason)
				}
			})
		}
	}
}

// TestWhatIsWaitedForWhileSomethingElseAnswers looks at what is told of a class in the middle of it.
func TestWhatIsWaitedForWhileSomethingElseAnswers(t *testing.T) {
	for _, tt := range []struct {
		op    agora.Op
		waits bool // while answers to op are foreign
	}{{agora.OpAcquire, true}, {agora.OpStart, true}, {agora.OpQuery, true}, {agora.OpStop, true}} {
		t.Run(string(tt.op), func(t *testing.T) {
			t.Parallel()
			states := map[string]bool{}
			at := map[agora.Op]time.Duration{agora.OpQuery: 10 * time.Minute, agora.OpStop: 52 * time.Minute}[tt.op]
			until := max(at, 0) + 3*time.Minute
			serve := from(tt.op, -always, until, foreign(agora.Wait, 403))
			if tt.op == agora.OpQuery {
				serve = from(tt.op, at, until, foreign(agora.Wait, 403))
			}
			var changes []change
			for d := -40 * time.Second; d < 60*time.Minute; d += 10 * time.Second {
				changes = append(changes, change{at: d, do: func(s *State) {
					f, open := s.ForeignOpen()
					if open && (f.Op != tt.op || f.Text != "HTTP 403" || f.Times == 0) {
						t.Errorf("at %v: %+v", d, f)
					}
					states[fmt.Sprint(d > until, open)] = true
					if open && d > until+2*time.Minute || !open && d > at+2*time.Minute && d < until {
						t.Errorf("at %v it waits: %v", d, open)
					}
				}})
			}
			s, _ := play(t, lesson(), serve, changes...)
			if f, open := s.ForeignOpen(); open || !states["false true"] || !states["true false"] {
				t.Errorf("it waits at the end: %v, %+v; before: %v", open, f, states)
			}
		})
	}
}

// TestAnAccountThatIsRefusedIsNoForeignAnswer holds that credentials are the account's matter, whoever says so.
func TestAnAccountThatIsRefusedIsNoForeignAnswer(t *testing.T) {
	t.Parallel()
	s, _ := play(t, lesson(), from(agora.OpAcquire, -always, -40*time.Second, foreign(agora.Permanent, 401)))
	if len(s.Sessions[0].Foreign) != 0 || strings.Contains(s.Reason, "the service's own") || s.Outcome != Recorded {
		t.Errorf("%s: %s, %+v", s.Outcome, s.Reason, s.Sessions[0].Foreign)
	}
}

// TestWhatTheServiceAnswersCloses has two replicas meet foreign answers to two kinds of requests.
func TestWhatTheServiceAnswersCloses(t *testing.T) {
	open := func(ops ...agora.Op) (all []Foreign) {
		for _, op := range ops {
			all = append(all, Foreign{Op: op, Times: 1, First: at(1), Last: at(1), Text: "HTTP 403", Open: true})
		}
		return all
	}
	s := inHand(
		Session{UID: "11", State: SessionFailed, ReasonCode: reason.ForeignAnswer, Report: Report{Foreign: open(agora.OpAcquire, agora.OpStart)}},
		Session{UID: "13", Replica: 1, State: SessionStarting, Report: Report{Foreign: open(agora.OpAcquire, agora.OpStart)}},
		Session{UID: "12", State: SessionStarting, Report: Report{Foreign: open(agora.OpAcquire, agora.OpStart)}},
	)
	s.UIDs = redundant(2).UIDs
	s, _ = step(s, observation{Attempt: 2, Op: agora.OpStart, Answer: *foreign(agora.Wait, 502)}, 10*time.Minute)
	s, _ = step(s, observation{Attempt: 3, Op: agora.OpStart, Answer: Answer{Result: agora.Done, SID: "sid3"}}, 10*time.Minute)
	var got []string
	for _, x := range s.Sessions {
		for _, f := range x.Foreign {
			got = append(got, fmt.Sprintf("%d %s %d %v %s %v", x.Attempt, f.Op, f.Times, f.First.Sub(bell), f.Text, f.Open))
		}
	}
	want := []string{
		"1 acquire 1 1m0s HTTP 403 true", "1 start 1 1m0s HTTP 403 false", "2 acquire 1 1m0s HTTP 403 true", "2 start 2 1m0s HTTP 502 true",
		"3 acquire 1 1m0s HTTP 403 true", "3 start 1 1m0s HTTP 403 false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s, _ = step(s, observation{Attempt: 2, Op: agora.OpStart, Answer: *noAnswer}, 10*time.Minute); len(s.Sessions[1].Foreign) != 2 || !s.Sessions[1].Foreign[1].Open {
		t.Errorf("no answer closes something: %+v", s.Sessions[1].Foreign)
	}
}

// TestWhichForeignAnswerIsWaitedFor looks at single ones.
func TestWhichForeignAnswerIsWaitedFor(t *testing.T) {
	f := func(op agora.Op, minute float64, open bool) Foreign {
		return Foreign{Op: op, Times: 1, Last: at(minute), Text: "HTTP 403", Open: open}
	}
	in := func(state SessionState, all ...Foreign) Session {
		return Session{State: state, Report: Report{Foreign: all}}
	}
	for _, tt := range []struct {
		name     string
		phase    Phase
		sessions []Session
		want     float64 // when the one that is told came; 0: none
	}{
		{"an acquire of a session that failed", Starting, []Session{in(SessionFailed, f(agora.OpAcquire, 1, true))}, 1},
		{"a start of a session that failed, while another records", Recording, []Session{in(SessionFailed, f(agora.OpStart, 1, true))}, 1},
		{"a start of a class that is being stopped", Stopping, []Session{in(SessionFailed, f(agora.OpStart, 1, true))}, 0},
		{"an acquire of a class that is being stopped", Stopping, []Session{in(SessionAcquiring, f(agora.OpAcquire, 1, true))}, 0},
		{"a start of a class that is moved ahead", Planned, []Session{in(SessionFailed, f(agora.OpStart, 1, true))}, 0},
		{"a query of a session that runs", Recording, []Session{in(SessionRunning, f(agora.OpQuery, 1, true))}, 1},
		{"a query of a session that failed", Recording, []Session{in(SessionFailed, f(agora.OpQuery, 1, true))}, 0},
		{"a query of a session that is being stopped", Recording, []Session{in(SessionStopping, f(agora.OpQuery, 1, true))}, 0},
		{"an update of a session that runs", Recording, []Session{in(SessionRunning, f(agora.OpUpdate, 1, true))}, 1},
		{"a stop", Stopping, []Session{in(SessionStopping, f(agora.OpStop, 1, true))}, 1},
		{"a stop of a session that is stopped", Stopping, []Session{in(SessionEnded, f(agora.OpStop, 1, true))}, 0},
		{"a stop of a class that is over", Ended, []Session{in(SessionStopping, f(agora.OpStop, 1, true))}, 0},
		{"one that is closed", Recording, []Session{in(SessionRunning, f(agora.OpQuery, 1, false))}, 0},
		{"the latest", Recording, []Session{in(SessionRunning, f(agora.OpStart, 1, true), f(agora.OpQuery, 3, true)), in(SessionRunning, f(agora.OpQuery, 2, true))}, 3},
		{"the first of two at once", Recording, []Session{in(SessionRunning, f(agora.OpQuery, 3, true), f(agora.OpUpdate, 3, true))}, 3},
		{"one that is open before one that is closed", Recording, []Session{in(SessionRunning, f(agora.OpQuery, 1, true), f(agora.OpUpdate, 2, false))}, 1},
	} {
		s := State{Status: Status{Phase: tt.phase, Sessions: tt.sessions}}
		got, open := s.ForeignOpen()
		if open != (tt.want > 0) || open && (!got.Last.Equal(at(tt.want)) || tt.name == "the first of two at once" && got.Op != agora.OpQuery) {
			t.Errorf("%s: %+v, %v", tt.name, got, open)
		}
	}
}
