package forecast

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestADiffTellsAddedRemovedMovedAndChangedClasses(t *testing.T) {
	old := build.TermOf("2031-10-06..2031-10-19", build.Recording("a", "UTC", "Mon 09:00-10:00"), build.Recording("gone", "UTC", "Tue 09:00-10:00"), build.Recording("b", "UTC", "Wed 09:00-10:00"))
	renamed := build.Recording("c", "UTC", "Wed 09:00-10:00")
	renamed.Was, renamed.Priority = []string{"b"}, plan.PriorityHigh
	new := build.TermOf("2031-10-06..2031-10-19", build.Recording("a", "UTC", "Mon 09:00-10:00"), renamed, build.Recording("d", "UTC", "2031-10-10 08:00-09:00"))
	build.Change(new.Recordings[0], "2031-10-06", "11:00-12:00")
	build.Change(new.Recordings[0], "2031-10-13", "cancelled")
	d := Diff(old, new, Options{Now: build.Instant("2031-10-01")})
	short := func(list []ClassDifference) (out []string) {
		for _, c := range list {
			out = append(out, c.ID)
		}
		return out
	}
	for _, c := range []struct {
		what string
		got  []ClassDifference
		want []string
	}{
		{"added", d.Added, []string{"term/d/20311010T080000Z"}},
		{"removed", d.Removed, []string{"term/gone/20311007T090000Z", "term/a/20311013T090000Z", "term/gone/20311014T090000Z"}},
		{"moved", d.Moved, []string{"term/a/20311006T090000Z"}},
		{"changed", d.Changed, []string{"term/c/20311008T090000Z", "term/c/20311015T090000Z"}},
	} {
		got := short(c.got)
		for i := range c.want {
			c.want[i] = old.Name + c.want[i][len("term"):]
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	if keys := d.Changed[0].Keys; !slices.Equal(keys, []string{"priority"}) {
		t.Errorf("the keys that change are %q", keys)
	}
	if d.Old.Classes != 6 || d.New.Classes != 4 {
		t.Errorf("the forecasts count %d and %d classes", d.Old.Classes, d.New.Classes)
	}
}

func TestADiffAddsUpToTheForecasts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, new := build.DrawPlan(t), build.DrawPlan(t)
		from := build.Instant("2031-10-18").Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "from")) * time.Hour)
		opts := Options{From: Bound{At: from}, Until: Bound{At: from.Add(time.Duration(rapid.IntRange(1, 30*24).Draw(t, "hours")) * time.Hour)}}
		d := Diff(old, new, opts)
		in, out := len(d.Added), len(d.Removed)
		for _, c := range d.Moved {
			within := func(at time.Time) bool { return !at.Before(opts.From.At) && at.Before(opts.Until.At) }
			if !within(c.OldStart) {
				in++
			}
			if !within(c.Start) {
				out++
			}
		}
		if d.Old.Classes+in-out != d.New.Classes {
			t.Fatalf("%d classes, %d come, %d go, %d are left", d.Old.Classes, in, out, d.New.Classes)
		}
		if got, want := CountDiff(old, new, opts), (DifferenceCounts{len(d.Added), len(d.Removed), len(d.Moved), len(d.Changed)}); got != want {
			t.Fatalf("the counts are %+v, of the lists %+v", got, want)
		}
		if same := Diff(old, old, opts); !same.Empty() {
			t.Fatalf("a plan differs from itself: %+v", same)
		}
	})
}

// TestCountingADiffKeepsNoClass: an added recording of daily classes costs its memory once, not for each class.
func TestCountingADiffKeepsNoClass(t *testing.T) {
	var recordings []*plan.Recording
	for i := range 40 {
		recordings = append(recordings, build.Recording(fmt.Sprintf("r-%d", i), "UTC", "Mon-Sun 09:00-10:00"))
	}
	old, new := build.TermOf("2031-01-01..2031-12-31"), build.TermOf("2031-01-01..2031-12-31", recordings...)
	opts := Options{Now: build.Instant("2030-12-31")}
	classes := CountDiff(old, new, opts).Added
	if classes < 40*300 {
		t.Fatal("only", classes, "classes")
	}
	if got := testing.AllocsPerRun(1, func() { CountDiff(old, new, opts) }); got > float64(classes)/2 {
		t.Errorf("%.0f allocations for %d classes", got, classes)
	}
}

// TestTheGroupsOfADiffHoldEachClassOnce holds the groups to the lists, for plans drawn at random.
func TestTheGroupsOfADiffHoldEachClassOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, new := build.DrawPlan(t), build.DrawPlan(t)
		if rapid.Bool().Draw(t, "one name") {
			new.Name = old.Name
		}
		d := Diff(old, new, Options{From: Bound{At: build.Instant("2031-10-18")}, Until: Bound{At: build.Instant("2031-11-18")}})
		counts, paired := map[DifferenceKind]int{}, 0
		seen := map[string]bool{}
		for _, g := range d.Groups() {
			counts[g.Kind] += len(g.Classes)
			for _, c := range g.Classes {
				if key := string(g.Kind) + c.ID; seen[key] {
					t.Fatalf("%s is %s twice", c.ID, g.Kind)
				} else {
					seen[key] = true
				}
				if g.Kind == DifferenceMoved && !slices.ContainsFunc(d.Moved, func(m ClassDifference) bool { return m.ID == c.ID }) {
					paired++
				}
				if g.Kind == DifferenceMoved && c.OldStart.Equal(c.Start) && c.OldEnd.Equal(c.End) {
					t.Fatalf("%s is moved to where it was", c.ID)
				}
				if c.Recording != g.Recording {
					t.Fatalf("a class of %s is in a group of %s", c.Recording, g.Recording)
				}
			}
		}
		want := map[DifferenceKind]int{
			DifferenceAdded: len(d.Added) - paired, DifferenceRemoved: len(d.Removed) - paired,
			DifferenceMoved: len(d.Moved) + paired, DifferenceChanged: len(d.Changed),
		}
		for kind, n := range want {
			if counts[kind] != n {
				t.Fatalf("%d classes are %s, want %d", counts[kind], kind, n)
			}
		}
	})
}

// TestADiffTellsOfTheClassesThatAreOn has a class of 09:00 to 10:00, looked at in the middle of it.
func TestADiffTellsOfTheClassesThatAreOn(t *testing.T) {
	const day = "2031-10-06"
	class := func(change string) *plan.Plan {
		p := build.TermOf("2031-10-06..2031-10-19", build.Recording("a", "UTC", day+" 09:00-10:00"), build.Recording("b", "UTC", "2031-10-08 09:00-10:00"))
		if change != "" {
			build.Change(p.Recordings[0], day, change)
		}
		return p
	}
	without := build.TermOf("2031-10-06..2031-10-19", build.Recording("b", "UTC", "2031-10-08 09:00-10:00"))
	for _, tt := range []struct {
		name     string
		old, new *plan.Plan
		now      string
		want     DifferenceCounts
	}{
		{"cancelled", class(""), class("cancelled"), "09:30", DifferenceCounts{Removed: 1}},
		{"cut to what is past", class(""), class("09:00-09:03"), "09:30", DifferenceCounts{Moved: 1}},
		{"moved to another day", class(""), class("2031-10-07 09:00-10:00"), "09:30", DifferenceCounts{Moved: 1}},
		{"removed", class(""), without, "09:30", DifferenceCounts{Removed: 1}},
		{"added in the middle of its time", without, class(""), "09:30", DifferenceCounts{Added: 1}},
		{"over", class(""), class("cancelled"), "10:00", DifferenceCounts{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.new.Name = tt.old.Name
			opts := Options{Now: build.Instant(day + "T" + tt.now + ":00Z")}
			if got := CountDiff(tt.old, tt.new, opts); got != tt.want {
				t.Errorf("the counts are %+v, want %+v", got, tt.want)
			}
			d := Diff(tt.old, tt.new, opts)
			if got := (DifferenceCounts{len(d.Added), len(d.Removed), len(d.Moved), len(d.Changed)}); got != tt.want {
				t.Errorf("the lists have %+v, want %+v", got, tt.want)
			}
			opts.From = Bound{At: opts.Now} // counts starts alone
			if got := CountDiff(tt.old, tt.new, opts); tt.name == "cancelled" && got != (DifferenceCounts{}) {
				t.Errorf("from a given instant on the counts are %+v", got)
			}
			opts.Running = map[string]bool{tt.old.Name + "/a/20311006T090000Z": true}
			if got := CountDiff(tt.old, tt.new, opts); tt.name != "over" && got != tt.want || tt.name == "over" && got.Removed != 1 {
				t.Errorf("of a class that is being recorded the counts are %+v", got)
			}
		})
	}
}
