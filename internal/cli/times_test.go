package cli

import (
	"testing"
	"time"

	"rundown/plan"
)

func windowOf(t *testing.T, from, until string) window {
	t.Helper()
	var w window
	for _, f := range []struct {
		flag *timeFlag
		text string
	}{{&w.from, from}, {&w.until, until}} {
		if f.text == "" {
			continue
		}
		if err := f.flag.Set(f.text); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func TestWindowCountsStarts(t *testing.T) {
	now := time.Date(2031, 9, 1, 12, 0, 0, 0, time.UTC)
	singapore, chicago := zone(t, "Asia/Singapore"), zone(t, "America/Chicago")
	for _, c := range []struct {
		name        string
		from, until string
		start       time.Time
		in          bool
	}{
		{"a day is the recording's own in the east", "2031-09-15", "2031-09-15", time.Date(2031, 9, 15, 0, 0, 0, 0, singapore), true},
		{"and not the one before", "2031-09-15", "2031-09-15", time.Date(2031, 9, 14, 23, 59, 59, 0, singapore), false},
		{"a day is the recording's own in the west", "2031-09-15", "2031-09-15", time.Date(2031, 9, 15, 23, 59, 59, 0, chicago), true},
		{"and not the one after", "2031-09-15", "2031-09-15", time.Date(2031, 9, 16, 0, 0, 0, 0, chicago), false},
		{"an instant is the same everywhere", "2031-09-15T00:00:00Z", "2031-09-15T01:00:00Z", time.Date(2031, 9, 15, 8, 30, 0, 0, singapore), true},
		{"the end of a window is outside", "2031-09-15T00:00:00Z", "2031-09-15T01:00:00Z", time.Date(2031, 9, 15, 1, 0, 0, 0, time.UTC), false},
		{"the beginning is inside", "2031-09-15T00:00:00Z", "2031-09-15T01:00:00Z", time.Date(2031, 9, 15, 0, 0, 0, 0, time.UTC), true},
		{"without bounds it begins now", "", "", now, true},
		{"and not before", "", "", now.Add(-1), false},
		{"and ends after seven days", "", "", now.AddDate(0, 0, 7), false},
		{"with the last second of them", "", "", now.AddDate(0, 0, 7).Add(-time.Second), true},
		{"a first day alone gives seven", "2031-09-15", "", time.Date(2031, 9, 21, 23, 0, 0, 0, chicago), true},
		{"and not eight", "2031-09-15", "", time.Date(2031, 9, 22, 0, 0, 0, 0, chicago), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := windowOf(t, c.from, c.until).resolve(now)
			if err != nil {
				t.Fatal(err)
			}
			if got := w.contains(c.start); got != c.in {
				t.Errorf("contains(%s) = %v", c.start, got)
			}
			from, until := w.instants()
			if c.in && (c.start.Before(from) || !c.start.Before(until)) {
				t.Errorf("%s is in the window but not in [%s, %s), which is what plans are asked for", c.start, from, until)
			}
		})
	}
}

func TestWindowMustNotBeEmpty(t *testing.T) {
	for _, c := range [][2]string{{"2031-09-16", "2031-09-15"}, {"2031-09-15T01:00:00Z", "2031-09-15T01:00:00Z"}} {
		if _, err := windowOf(t, c[0], c[1]).resolve(time.Now()); err == nil {
			t.Errorf("from %s until %s is taken", c[0], c[1])
		}
	}
}

func TestTimesAreRFC3339OrDays(t *testing.T) {
	for _, bad := range []string{"", "now", "2031-09", "15.09.2031", "2031-09-15 10:00", "2031-02-30", "2031-09-15T10:00:00"} {
		if new(timeFlag).Set(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, ok := plan.Zone(name)
	if !ok {
		t.Fatal(name, "is not a time zone")
	}
	return z
}
