package session

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"rundown/agora"
	"rundown/plan/schedule"
)

var Update = flag.Bool("update", false, "write the generated pages")

func TestTheStateMachinesPageIsThatOfTheCode(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "state-machine.md")
	if *Update {
		if err := os.WriteFile(path, []byte(stateMachine()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != stateMachine() {
		t.Error("docs/state-machine.md is not that of the code; write it anew with -update")
	}
}

// TestAllTransitionsAreDeclaredAndAllDeclaredOnesHappen lets decide meet anything, and holds it to its table and to
// what must hold of every step.
func TestAllTransitionsAreDeclaredAndAllDeclaredOnesHappen(t *testing.T) {
	t.Parallel()
	declared := map[move]bool{}
	for _, tr := range transitions {
		declared[tr.move] = true
	}
	listed := map[SessionState]bool{"": true}
	for _, s := range SessionStates {
		listed[s] = true
	}
	for _, tr := range transitions {
		if !listed[tr.from] || !listed[tr.to] {
			t.Errorf("%q or %q is not among SessionStates", tr.from, tr.to)
		}
	}
	seen := map[move]int{}
	for seed := range uint64(3000) {
		wander(t, rand.New(rand.NewPCG(seed, 1)), func(m move) {
			if seen[m]++; !declared[m] && seen[m] == 1 {
				t.Errorf("seed %d: %q to %q is not declared", seed, m.from, m.to)
			}
		})
		if t.Failed() {
			return
		}
	}
	for _, tr := range transitions {
		if seen[tr.move] == 0 {
			t.Errorf("%q to %q is declared and never happens", tr.from, tr.to)
		}
	}
}

// wander steps one occurrence through random answers, silences, notifications and orders to its end.
func wander(t *testing.T, r *rand.Rand, saw func(move)) {
	s := lesson()
	if r.IntN(3) == 0 {
		s = redundant(1 + r.IntN(MaxReplicas))
	}
	if r.IntN(3) == 0 {
		s.Exact, s.From = true, s.Start.Add(-schedule.HoldLead())
		s.Begin = s.FirstRequest()
	}
	if r.IntN(2) == 0 {
		s.CDN, s.Fallback = "main", "spare"
	}
	faulty := r.IntN(8)
	unknown := r.IntN(8) == 0 // what is to be stopped
	now := s.Begin.Add(time.Duration(r.IntN(50)-5) * time.Minute)
	if r.IntN(4) > 0 {
		now = s.Begin
	}
	answer := func(x Session, op agora.Op) Answer {
		if op == agora.OpStart && r.IntN(2) == 0 && slices.ContainsFunc(s.Sessions, func(y Session) bool { return y.State == SessionOrphan && y.UID == x.UID }) {
			return *refusal(agora.NewResource, 400, 53, "") // it lives
		}
		if unknown && op == agora.OpStop && r.IntN(50) > 0 {
			return *gone
		}
		on := x.Held && x.ResumedAt.IsZero() || r.IntN(40) == 0
		if r.IntN(10) >= faulty {
			a := *ordinary(request{op: op, session: x})
			if op == agora.OpQuery {
				a = *running(x.StartedAt.Add(5 * time.Second))
				a.Server.Services[0].Payload.OnHold = &on
				if on {
					a.Server.Services[0].Payload.FileList = nil
				}
			}
			return a
		}
		all := []*Answer{
			noAnswer, gone, broken, refusal(agora.Retry, 206, 65, ""), refusal(agora.Retry, 500, 62, ""), refusal(agora.NewResource, 500, 502, ""),
			refusal(agora.Unknown, 201, 7, ""), refusal(agora.NewResource, 400, 53, ""), refusal(agora.Wait, 429, 0, ""), refusal(agora.Permanent, 400, 2, ""),
			refusal(agora.Ended, 400, 49, ""), refusal(agora.Ended, 206, 435, ""),
		}
		if op == agora.OpStart {
			all = append(all, &Answer{Result: agora.Unknown, Interrupted: true, Reason: "rundown ended"})
		}
		if op == agora.OpQuery {
			all = append(all, status(2), status(8), status(20), gone, gone)
		}
		return *all[r.IntN(len(all))]
	}
	var o observation
	moves := 0
	for i := range 5000 {
		d := Decision{S: s.Clone(), now: now}
		act := d.decide(o)
		if i%8 == 0 { // deep comparisons are what costs here
			if again, act2, _ := decideOne(s, o, now); !reflect.DeepEqual(d.S, again) || act != act2 {
				t.Fatal("the same input gave two answers")
			}
		}
		for _, m := range d.moves {
			saw(m)
		}
		if r.IntN(20) == 0 {
			stoppable(t, d.S, now)
		}
		wasOver := s.Phase == Ended
		s, o = d.S, observation{}
		if bad := Uncoded(s); len(bad) > 0 {
			t.Fatalf("without a code: %v", bad)
		}
		if (wasOver && s.Phase == Ended || !now.Before(s.Until)) && act.Op != "" && act.Op != agora.OpStop {
			t.Fatalf("%s after the end", act.Op)
		}
		for _, x := range s.Sessions {
			if !x.State.Final() && x.Asked == "" && x.Next.IsZero() {
				t.Fatalf("session %d is %s and nothing is due: no exit", x.Attempt, x.State)
			}
		}
		if act.Op == "" && act.Wake.IsZero() && r.IntN(3) > 0 {
			return
		}
		asked := -1
		for i, x := range s.Sessions {
			if x.Asked != "" {
				asked = i
			}
		}
		switch n := r.IntN(60); {
		case n == 0 && s.Cancel == nil:
			s.Cancel = &Cancel{At: now, Who: "ops"}
		case n == 1:
			s.Cancel = nil
		case n == 5 && moves < 5:
			moves++
			want, by := s.Target, time.Duration(r.IntN(240)-90)*time.Minute
			want.Start, want.End, want.From, want.Until = want.Start.Add(by), want.End.Add(by), want.From.Add(by), want.Until.Add(by)
			if s.Fresh() || want.Until.After(now) { // else the end that is past is refused
				s.Target = want
			}
		case n <= 4 && len(s.Sessions) > 0:
			x := s.Sessions[r.IntN(len(s.Sessions))]
			types := []agora.EventType{11, 70, 71, 72, 12, 31, 4}
			o.Notice = &Notice{Type: types[r.IntN(len(types))], Cname: x.Cname, UID: x.UID, SID: x.SID, At: now, RecordingAt: now, Code: r.IntN(7), Text: "told"}
			if x.SID == "" {
				o.Notice.SID = "found"
			}
		case act.Op == "" && asked >= 0:
			x := s.Sessions[asked]
			if r.IntN(20) == 0 {
				now = now.Add(3 * time.Second)
			}
			o = observation{Attempt: x.Attempt, Op: x.Asked, Answer: answer(x, x.Asked)}
		case act.Op == "" && act.Wake.After(now):
			now = act.Wake
			if r.IntN(20) == 0 {
				now = now.Add(time.Duration(r.IntN(400)) * time.Second) // the machine slept
			}
		}
	}
	if s.Phase != Ended {
		t.Fatalf("no end: %s with %+v", s.Phase, s.Sessions)
	}
}

// stoppable holds that a cancellation and the end of the class both end whatever runs: a session with a sid is asked to
// stop once what is out is answered, and with the stop answered the occurrence is over.
func stoppable(t *testing.T, s State, now time.Time) {
	t.Helper()
	cancelled := s.Clone()
	cancelled.Cancel = &Cancel{At: now, Who: "ops"}
	for how, s := range map[string]State{"cancelled": cancelled, "at its end": s} {
		at := now
		if how == "at its end" {
			at = Later(now, s.Until)
		}
		owed := map[int]bool{}
		for _, x := range s.Sessions {
			owed[x.Attempt] = x.SID != "" && (x.State.Carries() || x.State == SessionStopping && x.Asked != agora.OpStop)
		}
		var o observation
		for range 50 {
			var act decided
			s, act, _ = decideOne(s, o, at)
			o = observation{}
			if act.Op == agora.OpStop {
				delete(owed, act.Attempt)
			} else if act.Op != "" {
				t.Fatalf("%s, %s of session %d", how, act.Op, act.Attempt)
			}
			if s.Phase == Ended && s.Settled() {
				break
			}
			if act.Op == "" {
				i := slices.IndexFunc(s.Sessions, func(x Session) bool { return x.Asked != "" })
				if i < 0 {
					at = Later(at, act.Wake)
					continue
				}
				x := s.Sessions[i]
				o = observation{Attempt: x.Attempt, Op: x.Asked, Answer: *ordinary(request{op: x.Asked, session: x})}
			}
		}
		maps.DeleteFunc(owed, func(_ int, owes bool) bool { return !owes })
		for _, x := range s.Sessions {
			if x.Reason != "" && x.State.Final() && at.After(x.Deadline()) {
				delete(owed, x.Attempt) // it ended by its hours
			}
		}
		if s.Phase != Ended || len(owed) > 0 {
			t.Fatalf("%s: %s, never asked to stop: %v; %+v", how, s.Phase, owed, s.Sessions)
		}
	}
}
