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
