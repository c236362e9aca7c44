package runner

import (
	"slices"
	"testing"
	"time"

	"rundown/agora"
	"rundown/runner/session"
)

func TestARefusedAccountIsAskedByOneClassAtATime(t *testing.T) {
	refused := session.Answer{Result: agora.Permanent, Status: 401, Reason: "Invalid authentication credentials"}
	var a breaker
	if _, held := a.holdBack("x", noon); held {
		t.Fatal("held back before anything was refused")
	}
	a.heard(agora.OpQuery, refused, noon) // what runs learns of it first
	var asked []time.Duration
	for at := time.Duration(0); at < 3*time.Minute; at += time.Second {
		for _, id := range []string{"x", "y", "z"} {
			answer, held := a.holdBack(id, noon.Add(at))
			switch {
			case held && (!answer.NotAuthorized() || answer.RetryAfter > 30*time.Second):
				t.Fatalf("held back with %+v", answer)
			case !held:
				asked = append(asked, at)
			}
		}
		if a.testing {
			a.heard(agora.OpAcquire, refused, noon.Add(at))
		}
	}
	want := []time.Duration{5, 15, 35, 65, 95, 125, 155}
	for i := range want {
		want[i] *= time.Second
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %d times, first at %v, want %v", len(asked), asked[:min(len(asked), len(want))], want)
	}
	if len(a.held) != 3 {
		t.Errorf("held back: %v", a.held)
	}
}

func TestOnlyTheServiceAcceptsAnAccount(t *testing.T) {
	unauthorized := session.Answer{Result: agora.Permanent, Status: 401}
	overdue := session.Answer{Result: agora.Permanent, Status: 400, Code: 405, Reason: "no_active_status"}
	for _, tt := range []struct {
		name     string
		refusal  session.Answer
		op       agora.Op
		answer   session.Answer
		accepted bool
	}{
		{"an acquire succeeds", unauthorized, agora.OpAcquire, session.Answer{Result: agora.Done}, true},
		{"a query succeeds with the credentials", unauthorized, agora.OpQuery, session.Answer{Result: agora.Done}, true},
		{"a query says nothing of a debt", overdue, agora.OpQuery, session.Answer{Result: agora.Done}, false},
		{"the debt is paid", overdue, agora.OpAcquire, session.Answer{Result: agora.Done}, true},
		{"the service has no room", overdue, agora.OpAcquire, session.Answer{Result: agora.Wait, Status: 400, Code: 406}, true},
		{"the gateway's limit comes before credentials", unauthorized, agora.OpAcquire, session.Answer{Result: agora.Wait, Status: 429}, false},
		{"no answer", unauthorized, agora.OpAcquire, session.Answer{Result: agora.Retry, Reason: "no route to host"}, false},
		{"refused for the other reason", unauthorized, agora.OpAcquire, overdue, false},
	} {
		var a breaker
		a.heard(agora.OpAcquire, tt.refusal, noon)
		a.holdBack("x", noon.Add(time.Minute))
		a.heard(tt.op, tt.answer, noon.Add(time.Minute))
		if a.refused() == tt.accepted {
			t.Errorf("%s: refused is %v", tt.name, a.refused())
		}
		if a.refused() && a.testing && tt.op == agora.OpAcquire {
			t.Errorf("%s: nobody will ask again", tt.name)
		}
	}
}

func TestAClockThatIsOffIsToldOnceAndAgainAfterItWasRight(t *testing.T) {
	var k skew
	told := []int{}
	for i, by := range []float64{9, 0, 9, 9, 9, 9, 4, -6, -6, 4, 2, 2, 2, 4, 4, 4, -5, -5, -5} {
		if k.heard(time.Duration(by * float64(time.Second))) {
			told = append(told, i)
		}
	}
	if want := []int{4, 12, 18}; !slices.Equal(told, want) {
		t.Errorf("told at %v, want %v", told, want)
	}
}

// noon is when the tests of this package take place.
var noon = time.Date(2031, 9, 17, 12, 0, 0, 0, time.UTC)
