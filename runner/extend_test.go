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
