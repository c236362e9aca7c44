package plan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStartsArePlacedInTimeAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bell := instant("2031-10-06T07:00:00Z")
		offsets := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 60).Draw(t, "offsets")
		spacing := Spacing(rapid.IntRange(1, 20).Draw(t, "requests a second"))
		writing := make([]time.Time, len(offsets))
		for i, s := range offsets {
			writing[i] = bell.Add(time.Duration(s) * time.Second)
		}
		placed := Place(writing, spacing)
		for i, at := range placed {
			if at.After(writing[i].Add(-Lead())) {
				t.Fatalf("%v begins at %v, later than the lead allows", writing[i], at)
			}
		}
		slices.SortFunc(placed, time.Time.Compare)
		for i := 1; i < len(placed); i++ {
			if gap := placed[i].Sub(placed[i-1]); gap < spacing {
				t.Fatalf("two starts are %v apart, the spacing is %v", gap, spacing)
			}
		}
		if last := slices.MaxFunc(writing, time.Time.Compare); !placed[len(placed)-1].Equal(last.Add(-Lead())) {
			t.Fatalf("the last begins at %v, earlier than it must", placed[len(placed)-1])
		}
	})
}
