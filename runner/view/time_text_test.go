package view

import (
	"testing"
	"time"

	"rundown/runner/store"
)

// TestACancelledClassIsNotLate: nobody waits for a class that will not be recorded.
func TestACancelledClassIsNotLate(t *testing.T) {
	start := time.Date(2031, 9, 17, 9, 0, 0, 0, time.UTC)
	row := store.Occurrence{State: "planned", Start: start, End: start.Add(time.Hour)}
	for _, c := range []struct {
		doc  string
		at   time.Time
		want string
	}{
		{`{}`, start.Add(time.Minute), "1m late"},
		{`{"cancel": {"who": "duty"}}`, start.Add(time.Minute), "not recorded"},
		{`{"cancel": {"who": "duty"}}`, start.Add(-time.Minute), "not recorded"},
	} {
		row.Doc = []byte(c.doc)
		if got := TimeText(row, c.at); got != c.want {
			t.Errorf("%s at %v: %q, want %q", c.doc, c.at, got, c.want)
		}
		if got, want := StateText(row), map[bool]string{true: "cancelled", false: "planned"}[c.want == "not recorded"]; got != want {
			t.Errorf("%s at %v: state %q, want %q", c.doc, c.at, got, want)
		}
	}
}

// TestThePaddingOfAClassIsNoDelay: a class that is recorded after its end is late only once its padding is over.
func TestThePaddingOfAClassIsNoDelay(t *testing.T) {
	end := time.Date(2031, 9, 17, 10, 0, 0, 0, time.UTC)
	row := store.Occurrence{State: "recording", Start: end.Add(-time.Hour), End: end, Doc: []byte(`{"until": "2031-09-17T10:02:00Z"}`)}
	for after, want := range map[time.Duration]string{-time.Minute: "1m left", 10 * time.Second: "padding, 1m left", 2*time.Minute + 10*time.Second: "2m over"} {
		if got := TimeText(row, end.Add(after)); got != want {
			t.Errorf("%v after the end: %q, want %q", after, got, want)
		}
	}
}
