package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/plantest/build"
)

// sized is a video of a class of resolution.
var sized = map[catalog.StreamClass]plan.Video{
	catalog.StreamSD:  {Width: 640, Height: 360},
	catalog.StreamHD:  {Width: 1280, Height: 720},
	catalog.StreamFHD: {Width: 1920, Height: 1080},
}

// mixture is a plan of so many recordings of each class at one bell, in one region.
func mixture(r catalog.Region, sd, hd, fhd int) *plan.Plan {
	p := crowd("p", 0, r)
	for i, n := range []int{sd, hd, fhd} {
		for range n {
			one := build.Recording(fmt.Sprintf("r%d", len(p.Recordings)), "UTC", "2031-10-06 09:00-10:00")
			one.App, one.Region, one.Video = p.Apps[0], r, sized[catalog.StreamClasses()[i]]
			p.Recordings = append(p.Recordings, one)
		}
	}
	return p
}

// TestMixedClassesShareTheLargestLimitInUse takes the documentation's own totals.
func TestMixedClassesShareTheLargestLimitInUse(t *testing.T) {
	const nothing, refused = "", string(plan.SeverityError)
	for _, tt := range []struct {
		region      catalog.Region
		sd, hd, fhd int
		want        string // severity, and the figure
	}{
		{catalog.RegionNA, 30, 20, 0, nothing},
		{catalog.RegionNA, 31, 20, 0, nothing},
		{catalog.RegionNA, 80, 20, 0, nothing},
		{catalog.RegionNA, 81, 20, 0, refused + " 100"},
		{catalog.RegionNA, 51, 50, 0, refused + " 100"},
		{catalog.RegionNA, 100, 0, 0, nothing}, // one class alone is another matter
		{catalog.RegionNA, 0, 20, 10, nothing},
		{catalog.RegionNA, 0, 21, 10, nothing},
		{catalog.RegionNA, 0, 40, 10, nothing},
		{catalog.RegionNA, 0, 41, 10, refused + " 50"},
		{catalog.RegionNA, 70, 20, 10, nothing},
		{catalog.RegionNA, 71, 20, 10, refused + " 100"},
		{catalog.RegionAP, 50, 50, 0, nothing},
		{catalog.RegionAP, 51, 50, 0, refused + " 100"},
		{catalog.RegionAP, 1, 100, 0, refused + " 100"},
		{catalog.RegionCN, 60, 41, 0, refused + " 100"},
		{catalog.RegionEU, 31, 20, 0, refused + " 50"},
	} {
		got := ""
		for _, f := range Check(mixture(tt.region, tt.sd, tt.hd, tt.fhd), Options{Now: build.Instant("2031-10-01")}) {
			if f.Rule != "streams-mixed-total" {
				continue
			}
			if got != "" {
				t.Errorf("%v: two findings", tt)
			}
			before, _, _ := strings.Cut(f.Message, " are allowed in all")
			got = string(f.Severity) + " " + before[strings.LastIndex(before, " ")+1:]
		}
		if got != tt.want {
			t.Errorf("%s, %d SD, %d HD, %d FHD: %q, want %q", tt.region, tt.sd, tt.hd, tt.fhd, got, tt.want)
		}
	}
}

// TestTheMixtureIsThatOfEveryInstant counts what runs at each instant at which something begins, by itself.
func TestTheMixtureIsThatOfEveryInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := crowd("p", 0, catalog.RegionNA)
		figures := rapid.SliceOfN(rapid.IntRange(1, 4), 3, 3).Draw(t, "granted")
		p.Apps[0].Limits = plan.Limits{QPS: 10, Concurrent: 200, SD: figures[0], HD: figures[1], FHD: figures[2]}
		bell := build.Instant("2031-10-06").Add(9 * time.Hour)
		type run struct{ from, until, class, n int } // minutes after the bell
		var runs []run
		for range rapid.IntRange(1, 8).Draw(t, "recordings") {
			x := run{
				from:  rapid.IntRange(0, 6).Draw(t, "from") * 10,
				class: rapid.IntRange(0, 2).Draw(t, "class"), n: rapid.IntRange(1, 2).Draw(t, "redundancy"),
			}
			x.until = x.from + 10*rapid.IntRange(1, 4).Draw(t, "length")
			runs = append(runs, x)
			at := func(minutes int) string { return bell.Add(time.Duration(minutes) * time.Minute).Format("15:04") }
			one := build.Recording(fmt.Sprintf("r%d", len(runs)), "UTC", "2031-10-06 "+at(x.from)+"-"+at(x.until))
			one.App, one.Region, one.Video, one.Redundancy = p.Apps[0], catalog.RegionNA, sized[catalog.StreamClasses()[x.class]], x.n
			p.Recordings = append(p.Recordings, one)
		}
		var mixed forecast.Excess
		for _, x := range runs {
			var now [3]int
			for _, y := range runs {
				if y.from <= x.from && x.from < y.until {
					now[y.class] += y.n
				}
			}
			total, used, largest := 0, 0, 0
			for class, n := range now {
				if n > 0 {
					used, total, largest = used+1, total+n, max(largest, figures[class])
				}
			}
			if used < 2 {
				continue
			}
			if total-largest > mixed.Sessions-mixed.Limit {
				mixed = forecast.Excess{Sessions: total, Limit: largest}
			}
		}
		got := forecast.Of([]*plan.Plan{p}, forecast.Options{}).Apps[0].Places[0]
		for which := range got.Mixed { // there is no padding
			if e := got.Mixed[which]; e.Sessions-e.Limit != mixed.Sessions-mixed.Limit {
				t.Fatalf("mixed %v, want %v of %v", e, mixed, runs)
			}
		}
	})
}
