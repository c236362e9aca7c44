package page

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/plan"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, ok := plan.Zone(name)
	if !ok {
		t.Fatalf("no zone %s", name)
	}
	return z
}

func TestADayHasTheHoursThatItsZoneGivesIt(t *testing.T) {
	for _, tt := range []struct {
		zone, day, from string
		hours           float64
	}{
		{"Europe/Berlin", "2031-09-15", "2031-09-15T00:00:00+02:00", 24},
		{"Europe/Berlin", "2031-03-30", "2031-03-30T00:00:00+01:00", 23},
		{"Europe/Berlin", "2031-10-26", "2031-10-26T00:00:00+02:00", 25},
		{"Australia/Lord_Howe", "2031-04-06", "2031-04-06T00:00:00+11:00", 24.5},
		{"America/Santiago", "2031-09-07", "2031-09-07T01:00:00-03:00", 23}, // the clock skips midnight
		{"America/Havana", "2031-11-02", "2031-11-02T00:00:00-04:00", 25},   // it repeats midnight
		{"Asia/Kathmandu", "2031-09-15", "2031-09-15T00:00:00+05:45", 24},
	} {
		z := zone(t, tt.zone)
		day, err := time.ParseInLocation(time.DateOnly, tt.day, z)
		if err != nil {
			t.Fatal(err)
		}
		from, until := dayIn(day.Add(12*time.Hour), z)
		if got := from.In(z).Format(time.RFC3339); got != tt.from {
			t.Errorf("%s %s begins at %s, want %s", tt.zone, tt.day, got, tt.from)
		}
		if got := until.Sub(from).Hours(); got != tt.hours {
			t.Errorf("%s %s has %v hours, want %v", tt.zone, tt.day, got, tt.hours)
		}
	}
}

func TestTicksAreFullHoursOfTheWallClock(t *testing.T) {
	for _, tt := range []struct{ name, zone, from, until, want string }{
		{"a usual day", "Europe/Berlin", "2031-09-15T05:30:00Z", "2031-09-15T12:00:00Z", "08:00 09:00 10:00 11:00 12:00 13:00"},
		{"an hour twice", "Europe/Berlin", "2031-10-25T23:00:00Z", "2031-10-26T03:00:00Z", "01:00 02:00 02:00 CET (clock goes back) 03:00"},
		{"an hour left out", "Europe/Berlin", "2031-03-29T23:30:00Z", "2031-03-30T02:30:00Z", "01:00 03:00 CEST (clock goes forward) 04:00"},
		{"half an hour back", "Australia/Lord_Howe", "2031-04-05T13:30:00Z", "2031-04-05T16:40:00Z", "01:00 02:00 UTC+10:30 (clock goes back) 03:00"},
		{"an offset of quarters", "Asia/Kathmandu", "2031-09-15T03:00:00Z", "2031-09-15T05:30:00Z", "09:00 10:00 11:00"},
	} {
		a := axis{instant(t, tt.from), instant(t, tt.until), zone(t, tt.zone)}
		var got []string
		for _, tick := range a.ticks(12) {
			s := tick.Label
			if tick.Change != "" {
				s += " (" + tick.Change + ")"
			}
			got = append(got, s)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, text, tt.want)
		}
	}
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestTicksRise draws days of all kinds: ticks come in order, lie within the axis and are never more than asked for by
// much, whatever the clock does on that day.
func TestTicksRise(t *testing.T) {
	names := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "Africa/Casablanca", "UTC", "America/St_Johns", "Antarctica/Troll"}
	rapid.Check(t, func(r *rapid.T) {
		z := zone(t, rapid.SampledFrom(names).Draw(r, "zone"))
		day := time.Unix(rapid.Int64Range(1.9e9, 2.0e9).Draw(r, "day"), 0)
		from, until := dayIn(day, z)
		ticks := axis{from, until, z}.ticks(13)
		if len(ticks) < 2 || len(ticks) > 16 {
			r.Fatalf("%d ticks for %v to %v", len(ticks), from.In(z), until.In(z))
		}
		if !slices.IsSortedFunc(ticks, func(a, b tick) int {
			if a.X < b.X {
				return -1
			}
			return 1
		}) {
			r.Fatalf("not in order: %v", ticks)
		}
		for _, x := range ticks {
			if !strings.Contains(x.Label, ":00") {
				r.Fatalf("%s is no full hour", x.Label)
			}
		}
	})
}

func TestAPositionIsThePartOfTheTimeThatHasPassed(t *testing.T) {
	a := axis{instant(t, "2031-10-25T22:00:00Z"), instant(t, "2031-10-26T23:00:00Z"), zone(t, "Europe/Berlin")}
	for at, want := range map[string]string{
		"2031-10-25T21:00:00Z": "0%", "2031-10-25T22:00:00Z": "0%", "2031-10-26T00:30:00Z": "10%",
		"2031-10-26T10:30:00Z": "50%", "2031-10-26T23:00:00Z": "100%", "2031-10-27T23:00:00Z": "100%",
		"2031-10-25T22:05:00Z": "0.33%",
	} {
		if got := a.at(instant(t, at)).String(); got != want {
			t.Errorf("%s is at %s, want %s", at, got, want)
		}
	}
	if got := (axis{}).at(time.Now()); got != 0 {
		t.Errorf("an axis of no length gives %v", got)
	}
}

func TestTheAxisShowsTheHoursInWhichThereAreClasses(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	day, end := dayIn(instant(t, "2031-09-15T10:00:00Z"), z)
	of := func(from, until string) span { return span{instant(t, from), instant(t, until)} }
	for _, tt := range []struct {
		name  string
		spans []span
		want  string
	}{
		{"nothing", nil, "00:00-00:00"},
		{"a morning", []span{of("2031-09-15T07:00:00Z", "2031-09-15T08:00:00Z"), of("2031-09-15T10:00:00Z", "2031-09-15T11:00:00Z")}, "08:30-13:30"},
		{"one short class", []span{of("2031-09-15T07:00:00Z", "2031-09-15T08:00:00Z")}, "07:30-11:30"},
		{"over midnight, from the day before and into the next", []span{of("2031-09-14T20:00:00Z", "2031-09-14T23:00:00Z"), of("2031-09-15T21:00:00Z", "2031-09-16T01:00:00Z")}, "00:00-00:00"},
	} {
		a := axisOf(day, end, z, tt.spans)
		if got := a.from.In(z).Format("15:04") + "-" + a.until.In(z).Format("15:04"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
