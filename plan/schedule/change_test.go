package schedule

import (
	"testing"

	"rundown/plan/load"
	"rundown/plan/plantest/build"
)

func TestTheMostSpecificChangeApplies(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon-Sun 09:00-10:00")
	keys := []string{"2031-10-01..2031-10-31", "2031-10-06..2031-10-12", "2031-10-08", "2031-10-08 09:00", "2031-10-10..2031-10-16", "2031-10-01..2031-10-20"}
	for _, key := range keys {
		build.Change(r, key, "cancelled")
	}
	x := newChangeIndex(r.Changes)
	for _, test := range []struct {
		day, clock string
		want       int
	}{
		{"2031-10-25", "09:00", 0},
		{"2031-10-17", "09:00", 5}, // shorter
		{"2031-10-07", "09:00", 1},
		{"2031-10-11", "09:00", 4}, // as short, and later
		{"2031-10-08", "10:00", 2},
		{"2031-10-08", "09:00", 3},
		{"2031-11-01", "09:00", -1},
	} {
		if got := x.Find(build.Day(test.day), build.Must(load.ParseClock(test.clock))); got != test.want {
			t.Errorf("%s %s: change %d applies, want %d", test.day, test.clock, got, test.want)
		}
	}
}

func TestKeysAndNewTimesOfChangesAreRead(t *testing.T) {
	for _, text := range []string{"2031-10-13", "2031-11-17..2031-11-19", "2031-10-13 09:00", "2031-10-13 09:00:20"} {
		if key, err := load.ParseChangeKey(text); err != nil || key.String() != text {
			t.Errorf("%q is read as %s (%v)", text, key, err)
		}
	}
	for _, text := range []string{"", "Mon", "2031-10-32", "2031-10-13 09:00-10:00", "2031-10-13 24:00", "2031-10-13 9", "2031-10-13..", "2031-10-13..2031-10-12", "2031-10-13 09:00 x"} {
		if key, err := load.ParseChangeKey(text); err == nil {
			t.Errorf("%q is read as %s", text, key)
		}
	}
	to := build.Must(load.ParseChangeTo("2031-10-16 18:00-18:50"))
	if !to.HasDay || to.Day != build.Day("2031-10-16") || to.Start != 18*3600 || to.Length.Minutes() != 50 {
		t.Errorf("got %+v", to)
	}
	if to := build.Must(load.ParseChangeTo("23:00-00:30")); to.HasDay || to.Start != 23*3600 || to.Length.Minutes() != 90 {
		t.Errorf("got %+v", to)
	}
	for _, text := range []string{"", "2031-10-16", "18:00", "Mon 18:00-18:50", "2031-10-16 18:00", "2031-10-16 18:00-18:00", "a b c"} {
		if to, err := load.ParseChangeTo(text); err == nil {
			t.Errorf("%q is read as %+v", text, to)
		}
	}
}
