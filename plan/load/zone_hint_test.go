package load

import (
	"strings"
	"testing"
	"time"

	"rundown/plan"
)

func TestZoneHints(t *testing.T) {
	for name, want := range map[string]string{
		"PST": "America/Los_Angeles", "MEZ": "Europe/Berlin", "CEST": "Europe/Berlin", "Berlin": "Europe/Berlin",
		"Europe/Munich": "Europe/Berlin", "München": "Europe/Berlin", "Zürich": "Europe/Zurich", "New York": "America/New_York",
		"America/New York": "America/New_York", "europe/madrid": "Europe/Madrid", "Europe/Madird": "Europe/Madrid",
		"Eurpoe/Madrid": "Europe/Madrid", "São Paulo": "America/Sao_Paulo", "Europe/Brelin": "Europe/Berlin", "EDT": "America/New_York",
		"GMT+2": "", "UTC+5:30": "", "+02:00": "", "Local": "", "localtime": "", "XYZ": "", "Europe/Xyz": "", "": "", "GMT+20": "", "Etc/GMT+20": "",
	} {
		if got := zoneHint(name); got.Replacement != want {
			t.Errorf("%q: %q (%s), want %q", name, got.Replacement, got.Text, want)
		}
	}
	for name, want := range map[string]string{"GMT+2": "Athens", "UTC+5:30": "Kolkata", "+02:00": "Athens", "UTC-05": "New_York"} {
		if got := zoneHint(name); !strings.Contains(got.Text, want) {
			t.Errorf("%q: %s, want %s", name, got.Text, want)
		}
	}
}

// TestZoneHintsKeepTheOffset: an abbreviation leads to a zone in which it is used, an offset to a city that has it.
func TestZoneHintsKeepTheOffset(t *testing.T) {
	german := map[string]string{"MEZ": "CET", "MESZ": "CEST", "OEZ": "EET", "OESZ": "EEST", "HNEC": "CET", "HAEC": "CEST", "SGT": "+08", "ICT": "+07", "BRT": "-03", "TRT": "+03", "AWST": "AWST"}
	for abbreviation, zone := range abbreviations {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		want := abbreviation
		if in := german[abbreviation]; in != "" {
			want = in
		}
		winter, _ := time.Date(2031, 1, 1, 0, 0, 0, 0, loc).Zone()
		summer, _ := time.Date(2031, 7, 1, 0, 0, 0, 0, loc).Zone()
		if want != winter && want != summer {
			t.Errorf("%s leads to %s, where clocks show %s and %s", abbreviation, zone, winter, summer)
		}
	}
	for minutes, zone := range plan.OffsetCities {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := standardOffset(loc); got != minutes {
			t.Errorf("%s is for %d minutes and has %d", zone, minutes, got)
		}
	}
	for city, zone := range moreCities {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", city, err)
		}
		if _, known := zoneCities()[city]; known {
			t.Errorf("%s has a zone of its own", city)
		}
	}
}

// standardOffset is a zone's offset from UTC without summer time, in minutes.
func standardOffset(zone *time.Location) int {
	_, january := time.Date(2031, 1, 1, 0, 0, 0, 0, zone).Zone()
	_, july := time.Date(2031, 7, 1, 0, 0, 0, 0, zone).Zone()
	return min(january, july) / 60
}
