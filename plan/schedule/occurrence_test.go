package schedule

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestWeeklyClassesKeepToTheirCalendars(t *testing.T) {
	r := build.Recording("german", "Europe/Madrid", "Mon Wed 19:00-19:50", "2031-10-13 08:00-09:00")
	r.Only = []*plan.Calendar{build.Calendar("autumn", "2031-10-06..2031-10-15"), build.Calendar("extra", "2031-10-20")}
	r.Skip = []*plan.Calendar{build.Calendar("holidays", "2031-10-13")}
	build.WantLines(t, Occurrences(build.NewPlan(r), build.Instant("2031-01-01"), build.Instant("2032-01-01")),
		"german 2031-10-06T19:00:00+02:00/50m0s",
		"german 2031-10-08T19:00:00+02:00/50m0s",
		"german 2031-10-13T08:00:00+02:00/1h0m0s", // dated: asks no calendar
		"german 2031-10-15T19:00:00+02:00/50m0s",
		"german 2031-10-20T19:00:00+02:00/50m0s",
	)
}

func TestWindowsCountStartsAndAreHalfOpen(t *testing.T) {
	p := build.NewPlan(build.Recording("r", "Europe/Berlin", "Mon-Sun 09:00-10:00"))
	got := Occurrences(p, build.Instant("2031-10-06T09:00:00+02:00"), build.Instant("2031-10-08T09:00:00+02:00"))
	build.WantLines(t, got, "r 2031-10-06T09:00:00+02:00/1h0m0s", "r 2031-10-07T09:00:00+02:00/1h0m0s")
	if n := len(Occurrences(p, build.Instant("2031-10-06T09:00:00+02:00").Add(1), build.Instant("2031-10-08T09:00:00+02:00").Add(1))); n != 2 {
		t.Errorf("a window that begins a nanosecond after a start counts %d, want 2", n)
	}
	if n := len(Occurrences(p, build.Instant("2031-10-08"), build.Instant("2031-10-08"))); n != 0 {
		t.Errorf("an empty window counts %d", n)
	}
}

func TestChangesMoveCancelAndChange(t *testing.T) {
	r := build.Recording("algebra", "America/New_York", "Mon Wed 09:00-09:50", "Mon 15:00-16:00")
	r.Only = []*plan.Calendar{build.Calendar("term", "2031-10-06..2031-10-29")}
	build.Change(r, "2031-10-06 15:00", "cancelled")
	build.Change(r, "2031-10-08", "2031-10-10 18:00-18:50")
	build.Change(r, "2031-10-13 09:00", "10:00-11:20")
	build.Change(r, "2031-10-15", "").Over = func(s plan.Settings) plan.Settings { s.Priority = plan.PriorityHigh; return s }
	build.Change(r, "2031-10-20..2031-10-27", "cancelled")
	build.Change(r, "2031-10-22", "08:00-08:30") // the more specific one wins
	p := build.NewPlan(r)
	got := Occurrences(p, build.Instant("2031-10-01"), build.Instant("2031-11-01"))
	build.WantLines(t, got,
		"algebra 2031-10-06T09:00:00-04:00/50m0s",
		"algebra 2031-10-06T15:00:00-04:00/1h0m0s cancelled",
		"algebra 2031-10-10T18:00:00-04:00/50m0s moved",
		"algebra 2031-10-13T10:00:00-04:00/1h20m0s moved",
		"algebra 2031-10-13T15:00:00-04:00/1h0m0s",
		"algebra 2031-10-15T09:00:00-04:00/50m0s changed",
		"algebra 2031-10-20T09:00:00-04:00/50m0s cancelled",
		"algebra 2031-10-20T15:00:00-04:00/1h0m0s cancelled",
		"algebra 2031-10-22T08:00:00-04:00/30m0s moved",
		"algebra 2031-10-27T09:00:00-04:00/50m0s cancelled",
		"algebra 2031-10-27T15:00:00-04:00/1h0m0s cancelled",
		"algebra 2031-10-29T09:00:00-04:00/50m0s",
	)
	moved := got[2]
	if moved.ID != "term/algebra/20311008T130000Z" || moved.Short() != "algebra@2031-10-08" || moved.ChangePos.Line != 201 {
		t.Errorf("a moved class is %s, %s, by line %d", moved.ID, moved.Short(), moved.ChangePos.Line)
	}
	if short := got[3].Short(); short != "algebra@2031-10-13T09:00" {
		t.Errorf("of two classes on a day one is %s", short)
	}
	if got[5].Settings.Priority != plan.PriorityHigh || got[4].Settings.Priority == plan.PriorityHigh {
		t.Error("a change reaches more than its own class")
	}
}

func TestAClassThatIsMovedIntoOrOutOfAWindowCountsWhereItIs(t *testing.T) {
	r := build.Recording("r", "Europe/Berlin", "Mon 09:00-10:00")
	build.Change(r, "2031-10-06", "2031-12-24 09:00-10:00")
	p := build.NewPlan(r)
	build.WantLines(t, Occurrences(p, build.Instant("2031-10-05"), build.Instant("2031-10-08")))
	build.WantLines(t, Occurrences(p, build.Instant("2031-12-24"), build.Instant("2031-12-25")), "r 2031-12-24T09:00:00+01:00/1h0m0s moved")
}

func TestAChangeOfZoneMovesTheWallClock(t *testing.T) {
	r := build.Recording("r", "Europe/Berlin", "Mon 09:00-10:00")
	build.Change(r, "2031-10-06", "").Over = func(s plan.Settings) plan.Settings { s.Zone = build.Zone("America/New_York"); return s }
	got := Occurrences(build.NewPlan(r), build.Instant("2031-10-05"), build.Instant("2031-10-08"))
	build.WantLines(t, got, "r 2031-10-06T09:00:00-04:00/1h0m0s changed")
	if got[0].ID != "term/r/20311006T070000Z" {
		t.Errorf("its identity is %s", got[0].ID)
	}
}

func TestClockChangesNeitherLoseNorDoubleAClass(t *testing.T) {
	r := build.Recording("night", "America/New_York", "Sun 02:30-04:00", "Sun 01:30-01:45", "cron 30 2 * * SAT for 1h")
	got := Occurrences(build.NewPlan(r), build.Instant("2031-03-08"), build.Instant("2031-03-10"))
	build.WantLines(t, got,
		"night 2031-03-08T02:30:00-05:00/1h0m0s",
		"night 2031-03-09T01:30:00-05:00/15m0s",
		"night 2031-03-09T03:00:00-04:00/1h30m0s",
	)
	if got[2].ClockChange != "the clock skips 02:30 on 2031-03-09 in America/New_York: starts at 03:00, the first instant after" {
		t.Errorf("the gap is told as %q", got[2].ClockChange)
	}
	got = Occurrences(build.NewPlan(r), build.Instant("2031-11-02"), build.Instant("2031-11-03"))
	build.WantLines(t, got,
		"night 2031-11-02T01:30:00-04:00/15m0s",
		"night 2031-11-02T02:30:00-05:00/1h30m0s",
	)
	if got[0].ClockChange != "the clock shows 01:30 twice on 2031-11-02 in America/New_York: starts the first time, at 05:30 UTC" {
		t.Errorf("the time that comes twice is told as %q", got[0].ClockChange)
	}
}

func TestTheDayThatApiaSkippedGivesOneClassNotTwo(t *testing.T) {
	r := build.Recording("r", "Pacific/Apia", "Mon-Sun 00:00-01:00", "Fri 12:00-14:00")
	got := Occurrences(build.NewPlan(r), build.Instant("2011-12-28T00:00:00Z"), build.Instant("2012-01-01T00:00:00Z"))
	build.WantLines(t, got,
		"r 2011-12-28T00:00:00-10:00/1h0m0s",
		"r 2011-12-29T00:00:00-10:00/1h0m0s",
		"r 2011-12-31T00:00:00+14:00/2h0m0s",
		"r 2012-01-01T00:00:00+14:00/1h0m0s",
	)
}

func TestNarrowWindowsFindClassesThatAreFarFromTheirDay(t *testing.T) {
	skipped := build.Recording("r", "Pacific/Apia", "Fri 12:00-14:00")
	build.WantLines(t, Occurrences(build.NewPlan(skipped), build.Instant("2011-12-30T10:00:00Z"), build.Instant("2011-12-30T10:00:01Z")),
		"r 2011-12-31T00:00:00+14:00/2h0m0s")
	build.WantLines(t, OccurrencesOf(skipped, build.NewPlan(skipped), build.Instant("2011-12-30T10:00:00Z"), build.Instant("2011-12-30T10:00:01Z")),
		"r 2011-12-31T00:00:00+14:00/2h0m0s")

	west := build.Recording("r", "Pacific/Kiritimati", "Mon 09:00-10:00")
	build.Change(west, "2031-10-06", "").Over = func(s plan.Settings) plan.Settings { s.Zone = build.Zone("Pacific/Pago_Pago"); return s }
	build.WantLines(t, Occurrences(build.NewPlan(west), build.Instant("2031-10-06T20:00:00Z"), build.Instant("2031-10-06T20:00:01Z")),
		"r 2031-10-06T09:00:00-11:00/1h0m0s changed")
}

func TestWhoeverIteratesMayStop(t *testing.T) {
	p := build.NewPlan(build.Recording("a", "UTC", "Mon-Sun 09:00-10:00"), build.Recording("b", "UTC", "Mon-Sun 09:00-10:00"))
	n := 0
	for range All(p, build.Instant("2031-01-01"), build.Instant("9999-01-01")) {
		if n++; n == 5 {
			break
		}
	}
	if n != 5 {
		t.Errorf("%d classes", n)
	}
}

func TestTheSameStartTwiceIsOneClassOfTheLongerLength(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon 09:00-09:30", "Mon-Fri 09:00-09:50", "2031-10-06 09:00-09:10")
	build.WantLines(t, Occurrences(build.NewPlan(r), build.Instant("2031-10-06"), build.Instant("2031-10-08")),
		"r 2031-10-06T09:00:00+00:00/50m0s",
		"r 2031-10-07T09:00:00+00:00/50m0s",
	)
}

func TestCronDaysAreThoseOfCron(t *testing.T) {
	tests := []struct{ expr, days string }{
		{"0 9 13 * *", "01-13 02-13 03-13"},
		{"0 9 * * FRI", "01-03 01-10 01-17 01-24 01-31 02-07 02-14 02-21 02-28 03-07 03-14 03-21 03-28"},
		{"0 9 13 * FRI", "01-03 01-10 01-13 01-17 01-24 01-31 02-07 02-13 02-14 02-21 02-28 03-07 03-13 03-14 03-21 03-28"}, // either
		{"0 9 */15 2 FRI", "02-01 02-07 02-14 02-16 02-21 02-28"},                                                           // steps are no star
		{"0 9 31 * *", "01-31 03-31"},
		{"0 9 30 2 *", ""},
	}
	for _, test := range tests {
		r := build.Recording("r", "UTC", "cron "+test.expr+" for 1h")
		var days []string
		for _, o := range Occurrences(build.NewPlan(r), build.Instant("2031-01-01"), build.Instant("2031-04-01")) {
			days = append(days, o.Start.Format("01-02"))
		}
		if got := strings.Join(days, " "); got != test.days {
			t.Errorf("%q: got %s, want %s", test.expr, got, test.days)
		}
	}
}

// padded gives recordings of one page with a padding of ten minutes.
func padded(recordings ...*plan.Recording) *plan.Plan {
	for _, r := range recordings {
		r.URL = build.Must(plan.NewText("https://school.example/hall", plan.Pos{}, plan.TextURL))
		r.Padding = plan.Padding{Before: 10 * time.Minute, After: 10 * time.Minute}
	}
	return build.NewPlan(recordings...)
}

func wantRecorded(t *testing.T, list []plan.Occurrence, want ...string) {
	t.Helper()
	var got []string
	for _, o := range list {
		got = append(got, o.Recording.ID+" "+o.RecordFrom.Format("15:04")+"-"+o.RecordUntil.Format("15:04"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded\n%q, want\n%q", got, want)
	}
}

func TestPaddingGivesWayToTheNeighbour(t *testing.T) {
	monday, tuesday := build.Instant("2031-10-06"), build.Instant("2031-10-07")
	a := build.Recording("a", "UTC", "2031-10-06 09:00-10:00")
	b := build.Recording("b", "UTC", "2031-10-06 10:05-11:00")
	wantRecorded(t, Occurrences(padded(a, b), monday, tuesday), "a 08:50-10:00", "b 10:00-11:10")

	build.Change(b, "2031-10-06", "cancelled")
	wantRecorded(t, Occurrences(padded(a, b), monday, tuesday), "a 08:50-10:10", "b 09:55-11:10")

	b.Changes = nil
	p := padded(a, b)
	b.ExactStart = true
	wantRecorded(t, Occurrences(p, monday, tuesday), "a 08:50-10:05", "b 10:05-11:10")

	b.ExactStart = false
	b.URL = build.Must(plan.NewText("https://school.example/annex", plan.Pos{}, plan.TextURL))
	wantRecorded(t, Occurrences(p, monday, tuesday), "a 08:50-10:10", "b 09:55-11:10")

	back := build.Recording("back", "UTC", "2031-10-06 09:00-10:00", "2031-10-06 10:00-11:00")
	wantRecorded(t, Occurrences(padded(back), monday, tuesday), "back 08:50-10:00", "back 10:00-11:10")

	overlapping := build.Recording("c", "UTC", "2031-10-06 09:30-10:30")
	wantRecorded(t, Occurrences(padded(a, overlapping), monday, tuesday), "a 08:50-10:10", "c 09:30-10:40")

	full := OccurrencesOf(a, p, monday, tuesday)
	wantRecorded(t, full, "a 08:50-10:10")
}

func TestPlaceholdersAreExpanded(t *testing.T) {
	r := build.Recording("algebra-1", "America/New_York", "2031-10-06 09:05-10:00")
	r.URL = build.Must(plan.NewText("https://{campus}.example/{plan}/{id}/{date}-{time}?t=${ROOM_TOKEN}&x={other}", plan.Pos{}, plan.TextURL))
	r.Labels = map[string]string{"campus": "austin", "room": "é-1"}
	r.Storage = &plan.Storage{}
	for _, element := range []string{"{plan}", "{id}", "{date}", "{room}", "{campus}x"} {
		r.Storage.Prefix = append(r.Storage.Prefix, build.Must(plan.NewText(element, plan.Pos{}, plan.TextTemplate)))
	}
	r.Labels["nothing"] = "--"
	r.Storage.Prefix = append(r.Storage.Prefix, build.Must(plan.NewText("{nothing}", plan.Pos{}, plan.TextTemplate)))
	o := Occurrences(build.NewPlan(r), build.Instant("2031-10-06"), build.Instant("2031-10-07"))[0]
	if got, want := o.URL.String(), "https://austin.example/term/algebra-1/20311006-0905?t=${ROOM_TOKEN}&x={other}"; got != want {
		t.Errorf("the url is %s, want %s", got, want)
	}
	if want := []string{"term", "algebra1", "20311006", "1", "austinx"}; !slices.Equal(o.Prefix, want) {
		t.Errorf("the prefix is %q, want %q", o.Prefix, want)
	}
	if o.Cname != "term-algebra-1" {
		t.Errorf("the derived cname is %q", o.Cname)
	}
	r.Cname = build.Must(plan.NewText("own {id} {date}", plan.Pos{}, plan.TextTemplate))
	if o := Occurrences(build.NewPlan(r), build.Instant("2031-10-06"), build.Instant("2031-10-07"))[0]; o.Cname != "own algebra-1 20311006" {
		t.Errorf("the plan's cname is %q", o.Cname)
	}
}

func TestLastBoundIsAfterEveryStart(t *testing.T) {
	r := build.Recording("r", "Europe/Berlin", "Mon 09:00-10:00")
	if _, ok := New(build.NewPlan(r)).LastBound(); ok {
		t.Error("a weekly class without a calendar has a bound")
	}
	r.Only = []*plan.Calendar{build.Calendar("term", "2031-10-06..2031-10-29")}
	if last, ok := New(build.NewPlan(r)).LastBound(); !ok || !last.Equal(build.Instant("2031-10-30T00:00:00+01:00")) {
		t.Errorf("the bound is %v, %t", last, ok)
	}
	build.Change(r, "2031-10-27", "2031-12-24 09:00-10:00")
	dated := build.Recording("s", "Europe/Berlin", "2031-11-11 23:00-01:00")
	if last, ok := New(build.NewPlan(r, dated)).LastBound(); !ok || !last.Equal(build.Instant("2031-12-25T00:00:00+01:00")) {
		t.Errorf("with a class moved later it is %v, %t", last, ok)
	}
	if last, ok := New(build.NewPlan()).LastBound(); !ok || !last.IsZero() {
		t.Errorf("of nothing it is %v, %t", last, ok)
	}
}

// told is what two lists of occurrences must agree in.
func told(list []plan.Occurrence) []string {
	var out []string
	for _, o := range list {
		out = append(out, fmt.Sprint(o.ID, o.Start, o.End, o.RecordFrom, o.RecordUntil, o.Change, o.ClockChange, o.URL, o.Short()))
	}
	return out
}

func TestOccurrencesAreSortedInTheWindowAndTheSameWhenItIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := build.DrawPlan(t)
		base := build.Instant("2031-10-20")
		from := base.Add(time.Duration(rapid.IntRange(0, 20*96).Draw(t, "from")) * 15 * time.Minute)
		until := from.Add(time.Duration(rapid.IntRange(0, 10*96).Draw(t, "length")) * 15 * time.Minute)
		cut := from.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(from))).Draw(t, "cut")))
		whole := Occurrences(p, from, until)
		ids := make(map[string]bool)
		for i, o := range whole {
			if o.Start.Before(from) || !o.Start.Before(until) {
				t.Fatalf("%s starts at %v, outside of %v to %v", o.ID, o.Start, from, until)
			}
			if i > 0 && o.Start.Before(whole[i-1].Start) {
				t.Fatalf("%s comes after %s", o.ID, whole[i-1].ID)
			}
			if ids[o.ID] {
				t.Fatalf("%s comes twice", o.ID)
			}
			ids[o.ID] = true
			if o.RecordFrom.After(o.Start) || o.RecordUntil.Before(o.End) || !o.Start.Before(o.End) {
				t.Fatalf("%s is recorded from %v to %v", o.ID, o.RecordFrom, o.RecordUntil)
			}
		}
		parts := append(Occurrences(p, from, cut), Occurrences(p, cut, until)...)
		if !reflect.DeepEqual(told(whole), told(parts)) {
			t.Fatalf("cut at %v:\n%s\nwhole:\n%s", cut, strings.Join(told(parts), "\n"), strings.Join(told(whole), "\n"))
		}
	})
}

// TestPaddingIsThatOfEveryPairOfNeighbours compares the sweep with the definition, pair by pair.
func TestPaddingIsThatOfEveryPairOfNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := build.DrawPlan(t)
		list := Occurrences(p, build.Instant("2031-10-10"), build.Instant("2031-11-20"))
		urls := make([]string, len(list))
		for i := range list {
			urls[i] = list[i].URL.String()
		}
		neighbours := func(i, j int) bool {
			return i != j && urls[i] == urls[j] && !list[i].Cancelled() && !list[j].Cancelled()
		}
		for i := range list {
			o := &list[i]
			if o.Start.Before(build.Instant("2031-10-13")) || o.Start.After(build.Instant("2031-11-17")) {
				continue // its neighbours may be outside of the list
			}
			before := o.Settings.Padding.Before
			if o.Settings.ExactStart {
				before = 0
			}
			from, until := o.Start.Add(-before), o.End.Add(o.Settings.Padding.After)
			for j := range list {
				if !neighbours(i, j) {
					continue
				}
				n := &list[j]
				if n.Start.Before(o.Start) {
					end := n.End
					if end.After(o.Start) {
						end = o.Start
					}
					if end.After(from) {
						from = end
					}
				}
				if !n.Start.Before(o.End) && n.RecordFrom.Before(until) {
					until = n.RecordFrom
				}
			}
			if !o.RecordFrom.Equal(from) || !o.RecordUntil.Equal(until) {
				t.Fatalf("%s: recorded %v to %v, want %v to %v", o.ID, o.RecordFrom, o.RecordUntil, from, until)
			}
		}
	})
}
