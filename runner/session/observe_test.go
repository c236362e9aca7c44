package session

import (
	"reflect"
	"testing"
	"time"

	"rundown/agora"
)

// specOf is what is wanted of the class of these tests.
func specOf(s State) Spec { return Spec{Target: s.Target} }

// decideAll has Decide take in an event, and answers what it asks until it asks nothing more.
func decideAll(spec Spec, status Status, now time.Time) (Status, []agora.Op) {
	var asked []agora.Op
	events := []Event{TimePassed{}}
	for len(events) > 0 {
		next, actions, _, _ := Decide(spec, status, events[0], now)
		status, events = next, events[1:]
		for _, act := range actions {
			asked = append(asked, act.Op)
			x := *(&State{Status: status}).Session(act.Attempt)
			events = append(events, Answered{act.Attempt, act.Op, *ordinary(request{op: act.Op, session: x})})
		}
	}
	return status, asked
}

// TestDecideTakesInWhateverTheSpecHasBecome changes the spec of a class that is not begun, runs or has ended. What follows
// comes of comparing alone: the status knows of no change but by the interval that it is about.
func TestDecideTakesInWhateverTheSpecHasBecome(t *testing.T) {
	t.Parallel()
	shift := func(by time.Duration) func(*Spec) {
		return func(s *Spec) {
			s.Start, s.End, s.From, s.Until = s.Start.Add(by), s.End.Add(by), s.From.Add(by), s.Until.Add(by)
		}
	}
	cancel := func(s *Spec) { s.Cancel = &Cancel{At: bell.Add(10 * time.Minute), Who: "ops"} }
	const planned, running, missed = "planned", "running", "missed"
	for name, tt := range map[string]struct {
		state   string
		change  func(*Spec)
		now     time.Duration // since the bell
		phase   Phase
		outcome Outcome
		asked   []agora.Op
		earlier int
	}{
		"planned, and moved to later":               {planned, shift(2 * time.Hour), 0, Planned, "", nil, 0},
		"planned, and cancelled":                    {planned, cancel, -time.Hour, Ended, Cancelled, nil, 0},
		"planned, and held by no plan":              {planned, func(s *Spec) { s.Absent = true }, -time.Hour, Ended, Cancelled, nil, 0},
		"planned, and another App ID's":             {planned, func(s *Spec) { s.OtherApp = true }, 0, Planned, "", nil, 0},
		"running, and nothing changed":              {running, func(*Spec) {}, 10 * time.Minute, Recording, "", nil, 0},
		"running, and moved to later":               {running, shift(2 * time.Hour), 10 * time.Minute, Planned, "", []agora.Op{agora.OpStop}, 1},
		"running, and moved by ten minutes":         {running, shift(10 * time.Minute), 12 * time.Minute, Recording, "", nil, 0},
		"running, and moved to before":              {running, shift(-2 * time.Hour), 10 * time.Minute, Ended, Failed, []agora.Op{agora.OpStop}, 0},
		"running, and another App ID's":             {running, func(s *Spec) { s.OtherApp = true }, 10 * time.Minute, Planned, "", []agora.Op{agora.OpStop}, 1},
		"running, and cancelled":                    {running, cancel, 10 * time.Minute, Ended, Cancelled, []agora.Op{agora.OpStop}, 0},
		"running, and held by no plan":              {running, func(s *Spec) { s.Absent = true }, 10 * time.Minute, Recording, "", nil, 0},
		"missed, and nothing changed":               {missed, func(*Spec) {}, time.Hour, Ended, Missed, nil, 0},
		"missed, and moved to the afternoon":        {missed, shift(5 * time.Hour), 2 * time.Hour, Planned, "", nil, 0},
		"missed, and moved to what has begun":       {missed, shift(time.Hour), 70 * time.Minute, Starting, "", []agora.Op{agora.OpAcquire, agora.OpStart}, 0},
		"missed, and moved to what is over as well": {missed, shift(time.Hour), 3 * time.Hour, Ended, Missed, nil, 0},
		"missed, moved to later and cancelled":      {missed, func(s *Spec) { shift(5 * time.Hour)(s); cancel(s) }, 2 * time.Hour, Ended, Missed, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			spec := specOf(lesson())
			status, _ := decideAll(spec, Status{}, bell.Add(-time.Hour))
			switch tt.state {
			case running:
				status, _ = decideAll(spec, status, spec.FirstRequest())
				status, _ = decideAll(spec, status, bell.Add(time.Minute))
			case missed:
				status, _ = decideAll(spec, status, bell.Add(55*time.Minute))
			}
			for i := range status.Sessions { // so that nothing is due but by the change
				status.Sessions[i].Next = bell.Add(100 * time.Hour)
			}
			tt.change(&spec)
			before := status.Clone()
			got, asked := decideAll(spec, status, bell.Add(tt.now))
			if !reflect.DeepEqual(before, status) {
				t.Error("Decide changed its input")
			}
			if got.Phase != tt.phase || got.Outcome != tt.outcome || got.EarlierSessions != tt.earlier || !reflect.DeepEqual(asked, tt.asked) {
				t.Errorf("%s %s with %d earlier sessions, asked %v; want %s %s with %d, %v: %s", got.Phase, got.Outcome, got.EarlierSessions, asked, tt.phase, tt.outcome, tt.earlier, tt.asked, got.Reason)
			}
			if again, more := decideAll(spec, got, bell.Add(tt.now)); again.Phase != got.Phase || len(more) > 0 && tt.phase != Starting {
				t.Errorf("the same again: %s, asked %v", again.Phase, more)
			}
		})
	}
}

// TestPaddingThatGaveWayComesBackForALaterEndOnly preempts the padding of a class, whose end then moves.
func TestPaddingThatGaveWayComesBackForALaterEndOnly(t *testing.T) {
	t.Parallel()
	spec := specOf(lesson())
	status, _ := decideAll(spec, Status{}, spec.FirstRequest())
	at := spec.End.Add(30 * time.Second)
	status, _, _, _ = Decide(spec, status, PaddingPreempted{By: "a/b", Granted: 1}, at)
	for by, want := range map[time.Duration]time.Time{0: at, -time.Minute: at, 10 * time.Minute: spec.Until.Add(10 * time.Minute)} {
		later := spec
		later.End, later.Until = later.End.Add(by), later.Until.Add(by)
		if got := View(later, status).Until; !got.Equal(want) {
			t.Errorf("an end %v later: recorded until %v, want %v", by, got, want)
		}
	}
}

// TestAClassThatIsRelievedEndsWhateverWasOrdered has another class of the recording write in place of one that was
// extended, and then the plan hold it again.
func TestAClassThatIsRelievedEndsWhateverWasOrdered(t *testing.T) {
	t.Parallel()
	spec := specOf(lesson())
	status, _ := decideAll(spec, Status{}, spec.FirstRequest())
	status, _ = decideAll(spec, status, bell)
	spec.Extended = &Extension{Until: bell.Add(3 * time.Hour)}
	at := bell.Add(20 * time.Minute)
	if kept, _, _, _ := Decide(spec, status, Relieved{By: "a/b"}, at); !kept.Relieved.IsZero() {
		t.Error("a class that the plan holds was relieved")
	}
	spec.Absent = true
	status, _, _, _ = Decide(spec, status, Relieved{By: "a/b"}, at)
	if got := View(spec, status); !got.Until.Equal(at) || !got.End.Equal(at) {
		t.Errorf("recorded until %v, want %v", got.Until, at)
	}
	status, _ = decideAll(spec, status, at)
	if _, asked := decideAll(spec, status, at.Add(time.Second)); len(asked) > 0 {
		t.Errorf("asked %v after the end", asked)
	}
	spec.Absent = false
	if again, asked := decideAll(spec, status, at.Add(time.Minute)); again.Phase != Recording || len(asked) == 0 || asked[0] != agora.OpAcquire {
		t.Errorf("the plan holds it again, and it is %s", again.Phase)
	}
}
