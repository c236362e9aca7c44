package session

import (
	"testing"
	"time"
)

func TestExtensionsRaiseTheHoursNoMoreThanTheClassNeeds(t *testing.T) {
	target := Target{MaxHour: 2, ExpireHour: 26, Interval: Interval{From: bell, Start: bell, End: bell.Add(50 * time.Minute), Until: bell.Add(52 * time.Minute)}}
	for i := range 30 {
		target = target.Lasting(&Extension{Until: target.End.Add(time.Minute)})
		if i == 6 && target.MaxHour != 2 {
			t.Errorf("a class of 57 minutes asks for %d hours", target.MaxHour)
		}
	}
	if target.MaxHour != 3 || target.ExpireHour != 27 {
		t.Errorf("a class of 80 minutes asks for %d and %d hours, want 3 and 27", target.MaxHour, target.ExpireHour)
	}
	if most := target.Lasting(&Extension{Until: bell.Add(1000 * time.Hour)}); most.MaxHour != 720 || most.ExpireHour != 720 {
		t.Errorf("a class without end asks for %d and %d hours", most.MaxHour, most.ExpireHour)
	}
}

// TestAnExtensionMovesWithTheWholeClass holds the end of an extended class against what its plan changes.
func TestAnExtensionMovesWithTheWholeClass(t *testing.T) {
	at := func(minutes int) time.Time { return bell.Add(time.Duration(minutes) * time.Minute) }
	whole := &Extension{Until: at(65), Start: at(0), End: at(50)}
	unknown := &Extension{Until: at(65)}
	startOnly := &Extension{Until: at(65), Start: at(0)}
	for _, tt := range []struct {
		name       string
		x          *Extension
		start, end int
		want       int
	}{
		{"nothing changes", whole, 0, 50, 65},
		{"the class is moved", whole, 300, 350, 365},
		{"the class is moved back by less than it lasts", whole, -20, 30, 45},
		{"it begins earlier and ends as before", whole, -60, 50, 65},
		{"it begins later and ends as before", whole, 20, 50, 65},
		{"it ends later", whole, 0, 60, 65},
		{"it ends earlier", whole, 0, 40, 65},
		{"it is moved and is shorter", whole, 300, 330, 345},
		{"the start is not known", unknown, 300, 350, 65},
		{"the end is not known", startOnly, 300, 350, 365},
	} {
		if got := tt.x.UntilFor(at(tt.start), at(tt.end)); !got.Equal(at(tt.want)) {
			t.Errorf("%s: to minute %v, want %d", tt.name, got.Sub(bell).Minutes(), tt.want)
		}
	}
}

func TestTheLongerExtensionCounts(t *testing.T) {
	old := &Extension{Until: bell.Add(time.Hour)}
	short := &Extension{Until: bell.Add(55 * time.Minute), Start: bell, End: bell.Add(50 * time.Minute)}
	long := &Extension{Until: bell.Add(65 * time.Minute), Start: bell, End: bell.Add(50 * time.Minute)}
	tomorrow := &Extension{Until: bell.Add(24*time.Hour + 60*time.Minute), Start: bell.Add(24 * time.Hour), End: bell.Add(24*time.Hour + 50*time.Minute)}
	for _, tt := range []struct {
		x, before *Extension
		want      bool
	}{
		{old, nil, true},
		{old, short, true},
		{old, long, false},
		{short, old, false},
		{long, old, true},
		{long, short, true},
		{long, long, false},
		{tomorrow, short, true},
		{tomorrow, long, false},
	} {
		if got := tt.x.Exceeds(tt.before); got != tt.want {
			t.Errorf("%+v exceeds %+v: %v, want %v", tt.x, tt.before, got, tt.want)
		}
	}
}

// TestATargetWithAnExtension lays extensions over the lesson, whose padding is two minutes.
func TestATargetWithAnExtension(t *testing.T) {
	at := func(minutes int) time.Time { return bell.Add(time.Duration(minutes) * time.Minute) }
	plain := lesson().Target
	extended := plain
	extended.PlanEnd, extended.End, extended.Until = at(50), at(65), at(67)
	odd := plain
	odd.Until = at(49)
	for _, tt := range []struct {
		name            string
		t               Target
		x               *Extension
		end, own, until int
		planEnd         bool
	}{
		{"none", plain, nil, 50, 50, 52, false},
		{"later", plain, &Extension{Until: at(65)}, 65, 50, 67, true},
		{"to the end that it has", plain, &Extension{Until: at(50)}, 50, 50, 52, false},
		{"to an end that is sooner", plain, &Extension{Until: at(40)}, 50, 50, 52, false},
		{"later than another", extended, &Extension{Until: at(70)}, 70, 50, 72, true},
		{"sooner than another", extended, &Extension{Until: at(60)}, 65, 50, 67, true},
		{"later, where the recording is to end before the class", odd, &Extension{Until: at(65)}, 65, 50, 65, true},
		{"by the plan's own end", extended, &Extension{Until: at(-100), Start: at(-170), End: at(-120)}, 70, 50, 72, true},
	} {
		got := tt.t.Lasting(tt.x)
		if !got.End.Equal(at(tt.end)) || !got.OwnEnd().Equal(at(tt.own)) || !got.Until.Equal(at(tt.until)) || got.PlanEnd.IsZero() == tt.planEnd {
			t.Errorf("%s: ends at %v, by its plan at %v (%v), is recorded until %v", tt.name, got.End.Sub(bell), got.OwnEnd().Sub(bell), got.PlanEnd, got.Until.Sub(bell))
		}
	}
}

// TestAnExtendCommandIsRead with its arguments, or refused.
func TestAnExtendCommandIsRead(t *testing.T) {
	got, err := ParseExtension(bell, "ops", "the talk runs over", []byte(`{"until":"2031-09-17T18:05:00Z","start":"2031-09-17T17:00:00Z","end":"2031-09-17T17:50:00Z"}`))
	want := Extension{Until: bell.Add(65 * time.Minute), Start: bell, End: bell.Add(50 * time.Minute), At: bell, Who: "ops", Reason: "the talk runs over"}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if _, err := ParseExtension(bell, "ops", "", []byte(`{"until":15}`)); err == nil {
		t.Error("arguments of another form are taken")
	}
}
