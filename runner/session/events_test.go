package session

import (
	"testing"
	"time"

	"rundown/agora"
)

// TestAnAcceptedAccountIsAskedAtOnce holds that what waits to be acquired does not wait longer, and that nothing else
// is hurried.
func TestAnAcceptedAccountIsAskedAtOnce(t *testing.T) {
	waits := Request{Next: at(12), Tries: 3}
	for _, tt := range []struct {
		name string
		x    Session
		next time.Time
		op   agora.Op
	}{
		{"an acquire that waits", Session{State: SessionAcquiring, UID: "11", Request: waits}, time.Time{}, agora.OpAcquire},
		{"an acquire that is out", Session{State: SessionAcquiring, UID: "11", Request: Request{Asked: agora.OpAcquire, Next: at(12), Tries: 3}}, at(12), ""},
		{"a start that waits", Session{State: SessionStarting, UID: "11", Request: waits}, at(12), ""},
		{"a running session", Session{State: SessionRunning, UID: "11", SID: "sid", Request: waits}, at(12), ""},
	} {
		s := inHand(tt.x)
		if tt.x.State == SessionStarting {
			s.Sessions[0].Asked = ""
		}
		next, actions, _, _ := Decide(Spec{Target: s.Target}, s.Status, AccountAccepted{}, at(10))
		if tt.op == "" {
			if len(actions) != 0 || !next.Sessions[0].Next.Equal(tt.next) || next.Sessions[0].Tries != 3 {
				t.Errorf("%s: %+v, next %v", tt.name, actions, next.Sessions[0].Request)
			}
			continue
		}
		if len(actions) != 1 || actions[0].Op != tt.op || next.Sessions[0].Tries != 0 {
			t.Errorf("%s: %+v, want %s; %+v", tt.name, actions, tt.op, next.Sessions[0].Request)
		}
	}
}

// TestTheBeginOfAClassIsThatOfItsPlacement holds that a placement counts for the recording that was placed, and not once
// the class has begun.
func TestTheBeginOfAClassIsThatOfItsPlacement(t *testing.T) {
	planned := lesson()
	first, early := planned.FirstRequest(), planned.FirstRequest().Add(-30*time.Second)
	begun := inHand(Session{UID: "11", State: SessionRunning, SID: "sid", Request: Request{Next: at(12)}})
	begun.Observed = Observed{Start: begun.Start, End: begun.End}
	for _, tt := range []struct {
		name  string
		s     State
		local Local
		want  time.Time
	}{
		{"placed", planned, Local{Placed: early, PlacedFrom: planned.From}, early},
		{"placed for another beginning", planned, Local{Placed: early, PlacedFrom: planned.From.Add(time.Hour)}, first},
		{"not placed", planned, Local{}, first},
		{"placed for the beginning that nothing has", planned, Local{PlacedFrom: planned.From}, first},
		{"placed, and begun", begun, Local{Placed: early, PlacedFrom: begun.From}, begun.Begin},
		{"placed, and another App ID's", planned, Local{Placed: early, PlacedFrom: planned.From, OtherApp: true}, first},
	} {
		next, _, _, _ := Decide(Spec{Target: tt.s.Target, Local: tt.local}, tt.s.Status, TimePassed{}, first.Add(-time.Hour))
		if tt.s.Fresh() && !next.Begin.Equal(tt.want) || !tt.s.Fresh() && !next.Begin.Equal(tt.s.Begin) {
			t.Errorf("%s: begins at %v, want %v", tt.name, next.Begin, tt.want)
		}
	}
}

// TestPaddingIsPreemptedOnlyWhileItLasts holds when padding gives way to another class.
func TestPaddingIsPreemptedOnlyWhileItLasts(t *testing.T) {
	running := Session{UID: "11", State: SessionRunning, SID: "sid", Request: Request{Next: at(53)}}
	for _, tt := range []struct {
		name string
		now  time.Time
		over bool
		want bool
	}{
		{"in the class", at(49), false, false},
		{"at its end", at(50), false, true},
		{"in its padding", at(51), false, true},
		{"at the end of its padding", at(52), false, false},
		{"in its padding, and it has ended", at(51), true, false},
	} {
		s := inHand(running)
		s.Observed = Observed{Start: s.Start, End: s.End}
		if tt.over {
			s.Sessions[0].State, s.Sessions[0].StoppedAt, s.Phase, s.Outcome = SessionEnded, at(50), Ended, Recorded
		}
		next, _, _, _ := Decide(Spec{Target: s.Target}, s.Status, PaddingPreempted{By: "another", Granted: 1}, tt.now)
		if !next.Preempted.IsZero() != tt.want {
			t.Errorf("%s: preempted at %v, want that it is: %v", tt.name, next.Preempted, tt.want)
		}
	}
}

// TestASessionWithoutASIDIsNotUpdated holds that the hold of a session is not ended before its start was accepted.
func TestASessionWithoutASIDIsNotUpdated(t *testing.T) {
	s := inHand(Session{UID: "11", State: SessionStarting, HoldFacts: HoldFacts{Held: true}})
	s.Sessions[0].Asked, s.Sessions[0].Next = "", at(12)
	if _, actions, _, wake := Decide(Spec{Target: s.Target}, s.Status, TimePassed{}, at(10)); len(actions) != 0 || !wake.Equal(at(12)) {
		t.Errorf("%+v, wakes at %v; want nothing before %v", actions, wake, at(12))
	}
}
