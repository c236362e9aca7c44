package schedule

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest/build"
)

// firstShowing walks over instants and gives the first at which the clock shows the time or more.
func firstShowing(loc *time.Location, wall int64) int64 {
	shown := func(unix int64) int64 {
		_, offset := time.Unix(unix, 0).In(loc).Zone()
		return unix + int64(offset)
	}
	// Steps of an hour cannot step over a stretch of offset: the shortest ones last for weeks; within the hour,
	// second by second.
	unix := wall - 30*3600
	for shown(unix+3600) < wall && !crosses(loc, unix, unix+3600, wall) {
		unix += 3600
	}
	for shown(unix) < wall {
		unix++
	}
	return unix
}

// crosses says that the clock shows the time or more at some second of (a, b], as when it goes back within.
func crosses(loc *time.Location, a, b, wall int64) bool {
	_, before := time.Unix(a, 0).In(loc).Zone()
	_, after := time.Unix(b, 0).In(loc).Zone()
	if before == after {
		return false
	}
	for u := a + 1; u <= b; u++ {
		_, offset := time.Unix(u, 0).In(loc).Zone()
		if u+int64(offset) >= wall {
			return true
		}
	}
	return false
}

func TestAWallClockTimeIsTheFirstInstantThatShowsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := build.Zone(rapid.SampledFrom(build.OddZones).Draw(t, "zone"))
		wall := rapid.Int64Range(-4_000_000_000, 6_000_000_000).Draw(t, "wall")
		// Half of the times lie near a transition: far from one, every algorithm is right.
		if rapid.Bool().Draw(t, "near") {
			if _, until := time.Unix(wall, 0).In(loc).ZoneBounds(); !until.IsZero() {
				_, offset := until.Zone()
				wall = until.Unix() + int64(offset) + rapid.Int64Range(-2*plan.DaySeconds, 2*plan.DaySeconds).Draw(t, "off by")
			}
		}
		d := plan.Day(plan.FloorDiv(int(wall), plan.DaySeconds))
		clock := plan.Clock(wall - int64(d)*plan.DaySeconds)
		w := WallClock{Loc: loc}
		if rapid.Bool().Draw(t, "used before") {
			w.Instant(d-plan.Day(rapid.IntRange(0, 400).Draw(t, "days ago")), clock)
		}
		got, shift := w.Instant(d, clock)
		if want := firstShowing(loc, wall); got != want {
			t.Fatalf("%s %s in %s: got %v (%d), want %v", d, clock, loc, time.Unix(got, 0).In(loc), shift, time.Unix(want, 0).In(loc))
		}
		_, offset := time.Unix(got, 0).In(loc).Zone()
		if gap := got+int64(offset) != wall; gap != (shift == shiftGap) {
			t.Fatalf("%s %s in %s is shown: %t, but the shift is %d", d, clock, loc, !gap, shift)
		}
	})
}

func TestClockChangesOfEverySize(t *testing.T) {
	tests := []struct {
		zone, day, clock, want string
		shift                  DSTShift
	}{
		{"America/New_York", "2031-03-09", "01:59", "2031-03-09T01:59:00-05:00", ShiftNone},
		{"America/New_York", "2031-03-09", "02:00", "2031-03-09T03:00:00-04:00", shiftGap},
		{"America/New_York", "2031-03-09", "02:30", "2031-03-09T03:00:00-04:00", shiftGap},
		{"America/New_York", "2031-03-09", "03:00", "2031-03-09T03:00:00-04:00", ShiftNone},
		{"America/New_York", "2031-11-02", "00:59", "2031-11-02T00:59:00-04:00", ShiftNone},
		{"America/New_York", "2031-11-02", "01:00", "2031-11-02T01:00:00-04:00", shiftTwice},
		{"America/New_York", "2031-11-02", "01:30", "2031-11-02T01:30:00-04:00", shiftTwice},
		{"America/New_York", "2031-11-02", "02:00", "2031-11-02T02:00:00-05:00", ShiftNone},
		{"Europe/Berlin", "2031-03-30", "02:30", "2031-03-30T03:00:00+02:00", shiftGap},
		{"Europe/Berlin", "2031-10-26", "02:30", "2031-10-26T02:30:00+02:00", shiftTwice},
		{"Australia/Lord_Howe", "2031-10-05", "02:15", "2031-10-05T02:30:00+11:00", shiftGap},
		{"Australia/Lord_Howe", "2031-04-06", "01:45", "2031-04-06T01:45:00+11:00", shiftTwice},
		{"Australia/Lord_Howe", "2031-04-06", "01:15", "2031-04-06T01:15:00+11:00", ShiftNone},
		{"Pacific/Apia", "2011-12-30", "09:00", "2011-12-31T00:00:00+14:00", shiftGap},
		{"Pacific/Apia", "2011-12-31", "00:00", "2011-12-31T00:00:00+14:00", ShiftNone},
		{"Pacific/Kwajalein", "1993-08-21", "12:00", "1993-08-22T00:00:00+12:00", shiftGap},
		{"America/Sao_Paulo", "2018-11-04", "00:30", "2018-11-04T01:00:00-02:00", shiftGap},
		{"America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-17T23:30:00-02:00", shiftTwice},
		{"Asia/Manila", "1844-12-31", "12:00", "1845-01-01T00:00:00+08:03", shiftGap},
	}
	for _, test := range tests {
		w := WallClock{Loc: build.Zone(test.zone)}
		unix, shift := w.Instant(build.Day(test.day), build.Must(load.ParseClock(test.clock)))
		got := time.Unix(unix, 0).In(w.Loc)
		if got.Format(time.RFC3339) != test.want || shift != test.shift {
			t.Errorf("%s %s %s: got %s (%d), want %s (%d)", test.zone, test.day, test.clock, got.Format(time.RFC3339), shift, test.want, test.shift)
		}
	}
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := plan.Day(rapid.Int32Range(int32(firstDay), int32(lastDay)).Draw(t, "day"))
		want := time.Unix(int64(d)*plan.DaySeconds, 0).UTC()
		year, month, dayOfMonth := d.Date()
		if time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC) != want || d.Weekday() != want.Weekday() || d.String() != want.Format(time.DateOnly) {
			t.Fatalf("day %d is %s %s, want %s", d, d, d.Weekday(), want)
		}
		if back := plan.DayOf(year, month, dayOfMonth); back != d {
			t.Fatalf("%s counts as %d, want %d", want, back, d)
		}
	})
}

// ZoneBounds of package time gives a stretch that ends before the instant asked for on 31 December of leap years in
// which a zone follows a rule.
func TestTheLastDayOfALeapYearEnds(t *testing.T) {
	for _, name := range []string{"Europe/Madrid", "America/New_York", "Australia/Sydney", "Pacific/Chatham"} {
		w := WallClock{Loc: build.Zone(name)}
		for d := build.Day("2040-12-28"); d <= build.Day("2041-01-03"); d++ {
			got, shift := w.Instant(d, 9*3600)
			year, month, date := time.Unix(int64(d)*plan.DaySeconds, 0).UTC().Date()
			if want := time.Date(year, month, date, 9, 0, 0, 0, w.Loc).Unix(); got != want || shift != ShiftNone {
				t.Errorf("%s 09:00 in %s is %d with shift %d, want %d", d, name, got, shift, want)
			}
		}
	}
}
