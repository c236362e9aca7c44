package page

import (
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/view"
)

// TestAClassKnowsWhenItsRecordingBegins by what the store says, also where no plan has it any more.
func TestAClassKnowsWhenItsRecordingBegins(t *testing.T) {
	start := time.Date(2031, 9, 17, 7, 0, 0, 0, time.UTC)
	c := classOf(store.Occurrence{
		ID: "school/german/20310917T070000Z", Start: start, End: start.Add(time.Hour),
		Doc: []byte(`{"timezone":"Europe/Berlin","from":"2031-09-17T06:59:30Z","until":"2031-09-17T08:02:00Z"}`),
	}, nil, view.Caption{})
	if !c.From.Equal(start.Add(-30*time.Second)) || !c.Until.Equal(start.Add(62*time.Minute)) {
		t.Errorf("recorded from %s to %s", c.From, c.Until)
	}
}
