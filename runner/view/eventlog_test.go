package view

import (
	"testing"
	"time"

	"rundown/runner/store"
)

func TestAStoryTellsOfAnEndBeforeTheClassIsOver(t *testing.T) {
	start := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	class := store.Occurrence{Start: start, End: start.Add(time.Hour)}
	for _, one := range []struct {
		at   time.Time
		want string
	}{
		{start.Add(-24 * time.Hour), "nothing more is done about the class"}, // cancelled ahead
		{start.Add(30 * time.Minute), "nothing more is done about the class"},
		{class.End, "the class is over"},
		{class.End.Add(2 * time.Minute), "the class is over"},
	} {
		if got := sentenceOf(class, store.Event{At: one.at, Kind: "state", Text: "ended"}, time.UTC); got != one.want {
			t.Errorf("ended at %v of a class from %v to %v: %q, want %q", one.at, class.Start, class.End, got, one.want)
		}
	}
	if got := sentenceOf(class, store.Event{At: start, Kind: "state", Text: "recording"}, time.UTC); got != "the class is being recorded" {
		t.Errorf("%q", got)
	}
	between := store.Event{At: start, Kind: "state", Text: "recording", Data: []byte(`{"recorded_now":false}`)}
	if got := sentenceOf(class, between, time.UTC); got != "the class goes on: another session is begun" {
		t.Errorf("%q", got)
	}
}
