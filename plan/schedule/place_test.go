package schedule

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/plan/plantest/build"
)

func TestStartsArePlacedInTimeAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bell := build.Instant("2031-10-06T07:00:00Z")
		offsets := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 60).Draw(t, "offsets")
		spacing := Spacing(rapid.IntRange(1, 20).Draw(t, "requests a second"))
		starts := make([]Start, len(offsets))
		var last time.Time
		for i, s := range offsets {
			starts[i] = Start{bell.Add(time.Duration(s) * time.Second), rapid.IntRange(1, 4).Draw(t, "sessions")}
			if starts[i].Writing.After(last) {
				last = starts[i].Writing
			}
		}
		var each []time.Time // start of each session, one after the other
		for i, at := range Place(starts, spacing) {
			for range starts[i].Sessions {
				each = append(each, at)
				at = at.Add(spacing)
			}
			if each[len(each)-1].After(starts[i].Writing.Add(-Lead())) {
				t.Fatalf("%v begins at %v, later than the lead allows", starts[i], at)
			}
		}
		slices.SortFunc(each, time.Time.Compare)
		for i := 1; i < len(each); i++ {
			if gap := each[i].Sub(each[i-1]); gap < spacing {
				t.Fatalf("two starts are %v apart, the spacing is %v", gap, spacing)
			}
		}
		if end := each[len(each)-1]; !end.Equal(last.Add(-Lead())) {
			t.Fatalf("the last begins at %v, earlier than it must", end)
		}
	})
}

func TestALoneStartIsAskedForTheDocumentedTimeBeforeAndSomeMore(t *testing.T) {
	bell := build.Instant("2031-10-06T07:00:00Z")
	early := bell.Sub(Place([]Start{{bell, 1}}, Spacing(10))[0])
	const documented, inHand = 5 * time.Second, 8 * time.Second // timing-start-early, and a node that dies
	if early != documented+inHand {
		t.Errorf("it is begun %v before it must be writing", early)
	}
}
