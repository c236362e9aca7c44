package runner

import (
	"testing"
	"time"
)

func TestExtensionsRaiseTheHoursNoMoreThanTheClassNeeds(t *testing.T) {
	target := Target{From: bell, Start: bell, End: bell.Add(50 * time.Minute), Until: bell.Add(52 * time.Minute), MaxHour: 2, ExpireHour: 26}
	for i := range 30 {
		target = target.lasting(&Extension{Until: target.End.Add(time.Minute)})
		if i == 6 && target.MaxHour != 2 {
			t.Errorf("a class of 57 minutes asks for %d hours", target.MaxHour)
		}
	}
	if target.MaxHour != 3 || target.ExpireHour != 27 {
		t.Errorf("a class of 80 minutes asks for %d and %d hours, want 3 and 27", target.MaxHour, target.ExpireHour)
	}
	if most := target.lasting(&Extension{Until: bell.Add(1000 * time.Hour)}); most.MaxHour != 720 || most.ExpireHour != 720 {
		t.Errorf("a class without end asks for %d and %d hours", most.MaxHour, most.ExpireHour)
	}
}

// TestAnExtensionOfWhichTheStartIsNotKnownStaysWhereItIs: older stores have such orders.
func TestAnExtensionOfWhichTheStartIsNotKnownStaysWhereItIs(t *testing.T) {
	old := &Extension{Until: bell.Add(time.Hour)}
	short, long := &Extension{Until: bell.Add(55 * time.Minute), Start: bell}, &Extension{Until: bell.Add(65 * time.Minute), Start: bell}
	if got := old.For(bell.AddDate(0, 0, 1)); got != old {
		t.Errorf("it moved to %v", got.Until)
	}
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
		{short.For(bell.AddDate(0, 0, 1)), long, false},
		{long.For(bell.AddDate(0, 0, -1)), short, true},
	} {
		if got := tt.x.exceeds(tt.before); got != tt.want {
			t.Errorf("%+v exceeds %+v: %v, want %v", tt.x, tt.before, got, tt.want)
		}
	}
}
