package page

import (
	"testing"
	"time"
)

func TestLengthsAreReadable(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 45 * time.Second: "45 s", 4*time.Minute + 10*time.Second: "4 min 10 s", 5 * time.Minute: "5 min",
		49*time.Minute + 40*time.Second: "50 min", time.Hour: "1 h", 90 * time.Minute: "1 h 30 min",
		25 * time.Hour: "1 day", 75 * time.Hour: "3 days", -2 * time.Minute: "-2 min",
	} {
		if got := lengthText(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestTimesAreThoseOfTheClassAndOfTheViewer(t *testing.T) {
	berlin, lisbon, kathmandu := zone(t, "Europe/Berlin"), zone(t, "Europe/Lisbon"), zone(t, "Asia/Kathmandu")
	day := instant(t, "2031-09-15T10:00:00Z")
	for _, tt := range []struct {
		name        string
		viewer      *time.Location
		zone        *time.Location
		from, until string
		want, here  string
	}{
		{"the same zone", berlin, berlin, "2031-09-15T07:00:00Z", "2031-09-15T07:50:00Z", "09:00–09:50", ""},
		{"no viewer's zone known", nil, lisbon, "2031-09-15T07:00:00Z", "2031-09-15T07:50:00Z", "08:00–08:50 WEST", ""},
		{"another zone of the viewer", kathmandu, berlin, "2031-09-15T07:00:00Z", "2031-09-15T07:50:00Z", "09:00–09:50", "12:45–13:35 UTC+5:45"},
		{"over midnight", berlin, berlin, "2031-09-15T21:30:00Z", "2031-09-15T22:30:00Z", "23:30–00:30 Tue", ""},
		{"another day", berlin, berlin, "2031-09-16T07:00:00Z", "2031-09-16T08:00:00Z", "Tue 16 Sep 09:00–10:00", ""},
		{"over a change of the clock", berlin, berlin, "2031-10-26T00:30:00Z", "2031-10-26T01:30:00Z", "Sun 26 Oct 02:30–02:30 CEST to CET", ""},
	} {
		s := scribe{now: day, day: berlin, viewer: tt.viewer}
		r := s.rangeOf(instant(t, tt.from), instant(t, tt.until), tt.zone, day)
		if r.Text() != tt.want || r.Here != tt.here {
			t.Errorf("%s: %q (%q), want %q (%q)", tt.name, r.Text(), r.Here, tt.want, tt.here)
		}
	}
}

func TestAgoSaysBeforeAndAfter(t *testing.T) {
	now := instant(t, "2031-09-15T10:00:00Z")
	s := scribe{now: now}
	for at, want := range map[time.Time]string{
		now: "now", now.Add(-90 * time.Second): "1 min 30 s ago", now.Add(12 * time.Minute): "in 12 min", {}: "",
	} {
		if got := s.ago(at); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
}
