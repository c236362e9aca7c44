package session

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/plan"
	"rundown/runner/reason"
)

// TestWhichSessionsMayRun counts what may be billed.
func TestWhichSessionsMayRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		x    Session
		at   float64 // minutes
		want bool
	}{
		{"its start was not asked for", Session{State: SessionStarting}, 10, false},
		{"its start was asked for", Session{State: SessionStarting, StartFacts: StartFacts{RequestedAt: at(0)}}, 10, true},
		{"it runs", Session{State: SessionRunning, SID: "sid"}, 10, true},
		{"it is stopped", Session{State: SessionEnded, SID: "sid"}, 10, false},
		{"an orphan", Session{State: SessionOrphan, StartFacts: StartFacts{RequestedAt: at(0)}}, 10, true},
		{"an orphan whose sid is known", Session{State: SessionOrphan, SID: "sid"}, 10, true},
		{"an orphan just before its hours are over", Session{State: SessionOrphan, StartFacts: StartFacts{RequestedAt: at(0)}}, 119.9, true},
		{"an orphan whose hours are over", Session{State: SessionOrphan, StartFacts: StartFacts{RequestedAt: at(0)}}, 120, false},
		{"a failed one", Session{State: SessionFailed, StartFacts: StartFacts{RequestedAt: at(0)}}, 10, false},
	} {
		tt.x.StartedAt, tt.x.MaxHour = bell, 2
		s := State{Status: Status{Sessions: []Session{tt.x}}}
		if got := len(s.MayRun(at(tt.at))) > 0; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestHowLongASessionCanServe bounds it by both of its hours.
func TestHowLongASessionCanServe(t *testing.T) {
	for _, tt := range []struct {
		x                  Session
		deadline, outlived time.Time
	}{
		{Session{Request: Request{AskedAt: at(-1)}, Limits: Limits{MaxHour: 2, ExpireHour: 3}}, at(119), at(119)},
		{Session{Request: Request{AskedAt: at(-1)}, StartFacts: StartFacts{StartedAt: at(0)}, Limits: Limits{MaxHour: 2, ExpireHour: 3}}, at(120), at(120)},
		{Session{Request: Request{AskedAt: at(-1)}, StartFacts: StartFacts{StartedAt: at(0)}, Limits: Limits{MaxHour: 4, ExpireHour: 3}}, at(240), at(180)},
		{Session{Request: Request{AskedAt: at(-1)}, StartFacts: StartFacts{StartedAt: at(0)}, Limits: Limits{MaxHour: 4}}, at(240), at(240)},
		{Session{Request: Request{AskedAt: at(-1)}, Limits: Limits{MaxHour: 4, ExpireHour: 3}}, at(239), at(239)},
	} {
		if !tt.x.Deadline().Equal(tt.deadline) || !tt.x.usableUntil().Equal(tt.outlived) {
			t.Errorf("%+v: %v and %v", tt.x, tt.x.Deadline(), tt.x.usableUntil())
		}
	}
}

// TestACloneSharesNothing changes all that a clone holds.
func TestACloneSharesNothing(t *testing.T) {
	s := State{Status: Status{Gaps: []Gap{{at(0), at(1)}}, Sessions: []Session{{Report: Report{Remarks: []string{"a"}, Foreign: []Foreign{{Text: "a"}}}, HoldFacts: HoldFacts{Paused: []Gap{{at(0), at(1)}}}}}}}
	c := s.Clone()
	c.Gaps[0].From, c.Sessions[0].SID = at(2), "sid"
	c.Sessions[0].Remarks[0], c.Sessions[0].Paused[0].From, c.Sessions[0].Foreign[0].Text = "b", at(2), "b"
	want := State{Status: Status{Gaps: []Gap{{at(0), at(1)}}, Sessions: []Session{{Report: Report{Remarks: []string{"a"}, Foreign: []Foreign{{Text: "a"}}}, HoldFacts: HoldFacts{Paused: []Gap{{at(0), at(1)}}}}}}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("the original changed (-want +got):\n%s", diff)
	}
}

// TestARemarkIsKeptOnceAndNotForEver bounds what is told of a session.
func TestARemarkIsKeptOnceAndNotForEver(t *testing.T) {
	var x Session
	for i := range 30 {
		x.Remark(fmt.Sprint(i))
		x.Remark(fmt.Sprint(i))
	}
	if len(x.Remarks) != maxRemarks || x.Remarks[1] != "1" {
		t.Errorf("%d remarks: %v", len(x.Remarks), x.Remarks)
	}
}

// TestWhatAQueryChangesIsNotWorthAWrite compares sessions before and after one.
func TestWhatAQueryChangesIsNotWorthAWrite(t *testing.T) {
	x := Session{SID: "sid", State: SessionRunning, Evidence: Evidence{LastGood: at(1)}, Request: Request{Next: at(3)}}
	asked, answered, updating := x, x, x
	asked.Asked, asked.AskedAt = agora.OpQuery, at(3)
	answered.LastGood, answered.Next, answered.AskedAt, answered.Tries, answered.NotFoundAt = at(3), at(5), at(3), 1, at(2)
	updating.Asked, updating.AskedAt = agora.OpUpdate, at(3)
	if !reflect.DeepEqual(x.WithoutQuery(), asked.WithoutQuery()) || !reflect.DeepEqual(x.WithoutQuery(), answered.WithoutQuery()) {
		t.Errorf("a query is a change: %+v, %+v, %+v", x.WithoutQuery(), asked.WithoutQuery(), answered.WithoutQuery())
	}
	if got := updating.WithoutQuery(); got.Asked != agora.OpUpdate || !got.AskedAt.Equal(at(3)) {
		t.Errorf("an update is none: %+v", got)
	}
}

// TestTwoSpecsAreTheSame whatever zone their times name.
func TestTwoSpecsAreTheSame(t *testing.T) {
	a := Spec{Target: lesson().Target}
	a.CDN, a.Priority = "main", plan.PriorityHigh
	b := a
	east := time.FixedZone("east", 3600)
	b.Start, b.End, b.From, b.Until = b.Start.In(east), b.End.In(east), b.From.In(east), b.Until.In(east)
	if !a.Same(b) || a.Hash() != b.Hash() {
		t.Error("the same times in another zone make a difference")
	}
	for name, other := range map[string]func(*Spec){
		"start": func(t *Spec) { t.Start = t.Start.Add(time.Second) },
		"end":   func(t *Spec) { t.End = t.End.Add(time.Second) },
		"from":  func(t *Spec) { t.From = t.From.Add(time.Second) },
		"until": func(t *Spec) { t.Until = t.Until.Add(time.Second) },
		"cdn":   func(t *Spec) { t.CDN = "spare" },
		"uids":  func(t *Spec) { t.UIDs = [][2]string{{"11", "13"}} },
	} {
		b := a
		if other(&b); a.Same(b) || a.Hash() == b.Hash() {
			t.Errorf("another %s makes no difference", name)
		}
	}
}

// TestATimeOfDayInWords leaves out seconds where there are none.
func TestATimeOfDayInWords(t *testing.T) {
	for want, at := range map[string]time.Time{"17:00": bell, "17:00:30": bell.Add(30 * time.Second)} {
		if got := ClockText(at); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAFingerprintIsOfNamesAndTexts of the files of a plan, wherever they lie.
func TestAFingerprintIsOfNamesAndTexts(t *testing.T) {
	of := func(files ...string) string {
		p := &plan.Plan{}
		for i := 0; i < len(files); i += 2 {
			p.Files = append(p.Files, plan.File{Path: files[i], Text: []byte(files[i+1])})
		}
		return Fingerprint(p)
	}
	if a, b := of("a/school.yaml", "x", "a/b.yaml", "y"), of("c/d/school.yaml", "x", "c/d/b.yaml", "y"); a != b {
		t.Error("another folder makes a difference")
	}
	all := []string{of("a.yaml", "x"), of("b.yaml", "x"), of("a.yaml", "y"), of("a.yaml", "x", "b.yaml", ""), of("a.yaml", "", "b.yaml", "x")}
	if slices.Sort(all); len(slices.Compact(all)) != 5 {
		t.Errorf("two plans have one fingerprint: %v", all)
	}
}

// TestWhenAClassIsGivenUp asks whether any replica may begin another session.
func TestWhenAClassIsGivenUp(t *testing.T) {
	first, second := reason.Because(reason.AttemptsUsedUp, "first"), reason.Because(reason.PageFault, "second")
	for _, tt := range []struct {
		name     string
		replicas []reason.Reason
		more     func(*State)
		want     reason.Reason
	}{
		{"its only replica", []reason.Reason{first}, nil, first},
		{"none", []reason.Reason{{}}, nil, reason.Reason{}},
		{"both replicas", []reason.Reason{first, second}, nil, first},
		{"one of two", []reason.Reason{{}, second}, nil, reason.Reason{}},
		{"the other of two", []reason.Reason{first, {}}, nil, reason.Reason{}},
		{"while a replica that is not wanted any more records", []reason.Reason{first}, func(s *State) { s.Sessions = []Session{{Attempt: 1, Replica: 1, State: SessionRunning}} }, reason.Reason{}},
		{"while a replica that is not wanted any more is stopped", []reason.Reason{first}, func(s *State) { s.Sessions = []Session{{Attempt: 1, Replica: 1, State: SessionStopping}} }, first},
		{"while a replica that is not wanted any more records another time of it", []reason.Reason{first}, func(s *State) {
			s.Sessions, s.EarlierSessions = []Session{{Attempt: 1, Replica: 1, State: SessionRunning}}, 1
		}, first},
	} {
		s := redundant(len(tt.replicas))
		for i, why := range tt.replicas {
			s.Replicas[i].abandon(why)
		}
		if tt.more != nil {
			tt.more(&s)
		}
		if got := s.abandonReason(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestWhatHasNoCode is found, each kind of it.
func TestWhatHasNoCode(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*State)
		bad  int
	}{
		{"nothing yet", func(s *State) {}, 0},
		{"recorded", func(s *State) { s.Outcome = Recorded }, 0},
		{"recorded for a reason", func(s *State) { s.Outcome, s.ReasonCode = Recorded, reason.SessionLost }, 1},
		{"failed for none", func(s *State) { s.Outcome = Failed }, 1},
		{"failed", func(s *State) { s.Outcome, s.ReasonCode = Failed, reason.SessionLost }, 0},
		{"failed for one that is not known", func(s *State) { s.Outcome, s.ReasonCode = Failed, "bad-luck" }, 1},
		{"a replica for none", func(s *State) { s.Replicas[0].AbandonReason = "given up" }, 1},
		{"a replica without words", func(s *State) { s.Replicas[0].AbandonCode = reason.PageFault }, 1},
		{"a session that is stopped", func(s *State) { s.Sessions = []Session{{State: SessionEnded}} }, 0},
		{"a session that is stopped, with words", func(s *State) { s.Sessions = []Session{{State: SessionEnded, Reason: "stopped"}} }, 1},
		{"a session that failed", func(s *State) { s.Sessions = []Session{{State: SessionFailed}} }, 1},
		{"a session that runs", func(s *State) { s.Sessions = []Session{{State: SessionRunning}} }, 0},
		{"an orphan", func(s *State) {
			s.Sessions = []Session{{State: SessionOrphan, Reason: "orphan", ReasonCode: reason.OrphanSID}}
		}, 0},
		{"an orphan by its state alone", func(s *State) {
			s.Sessions = []Session{{State: SessionOrphan, Reason: "lost", ReasonCode: reason.SessionLost}}
		}, 1},
	} {
		s := lesson()
		if tt.set(&s); len(Uncoded(s)) != tt.bad {
			t.Errorf("%s: %v, want %d", tt.name, Uncoded(s), tt.bad)
		}
	}
}

// TestHealthySessionsAreLookedAtAtInstantsOfTheirOwn has many sessions begin at one bell.
func TestHealthySessionsAreLookedAtAtInstantsOfTheirOwn(t *testing.T) {
	const many, interval = 120, 2 * time.Minute
	next := map[time.Duration]int{}
	for turn := 1; turn <= many; turn++ {
		d := Decision{S: State{Local: Local{PollOffset: turn}}, now: bell}
		wait := d.nextPoll(&Session{}).Sub(bell)
		if wait <= 0 || wait > interval {
			t.Errorf("turn %d waits for %v", turn, wait)
		}
		next[wait.Truncate(10*time.Second)]++
		later := Decision{S: d.S, now: bell.Add(wait)}
		if again := later.nextPoll(&Session{}).Sub(later.now); again < interval-time.Millisecond || again > interval {
			t.Errorf("turn %d waits for %v then", turn, again)
		}
	}
	for from, n := range next {
		if n > 2*many/12 {
			t.Errorf("%d of %d are looked at within ten seconds from %v on", n, many, from)
		}
	}
	if d := (Decision{now: bell}); !d.nextPoll(&Session{}).Equal(bell.Add(interval)) {
		t.Errorf("one that has no turn is looked at %v later", d.nextPoll(&Session{}).Sub(bell))
	}
}
