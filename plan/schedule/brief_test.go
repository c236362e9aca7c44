package schedule

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"rundown/plan/plantest/build"
)

func TestABriefTellsAllOfAnOccurrence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := build.DrawPlan(t)
		from := build.Instant("2031-09-25T00:00:00Z")
		until := from.AddDate(0, 2, 0)
		list := Occurrences(p, from, until)
		n := 0
		for b := range Briefs(p, from, until) {
			o := list[n]
			n++
			if got := b.Occurrence(); !reflect.DeepEqual(got, o) {
				t.Fatalf("the brief tells\n%+v\nthe plan\n%+v", got, o)
			}
			if b.ID() != o.ID || b.Plan() != p.Name || b.App() != o.Settings.App || b.Cancelled() != o.Cancelled() || !b.Start().Equal(o.Start) || !b.End().Equal(o.End) {
				t.Fatalf("%s: the brief says something else", o.ID)
			}
		}
		if n != len(list) {
			t.Fatalf("%d briefs of %d occurrences", n, len(list))
		}
	})
}
