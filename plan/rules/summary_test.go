package rules

import (
	"slices"
	"testing"
	"time"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

// summarize sums a plan up over the window of validate.
func summarize(p *plan.Plan, opts Options) Summary {
	return Summary{Review(p, opts).Forecast, len(p.Recordings), NotChecked(p, opts.Lookup)}
}

func TestSummaryCountsClassesPeakAndSeconds(t *testing.T) {
	a := build.Recording("a", "Europe/Berlin", "Mon 09:00-10:00")
	b := build.Recording("b", "Europe/Berlin", "2031-10-06 10:00-11:00", "2031-10-06 20:00-21:00")
	b.Redundancy = 2
	b.Video = plan.Video{Width: 1281, Height: 720}
	p := build.TermOf("2031-10-06..2031-10-13", a, b)
	build.Change(b, "2031-10-06 20:00", "cancelled")
	for _, r := range p.Recordings {
		r.Padding = plan.Padding{Before: time.Minute, After: time.Minute}
	}
	sum := summarize(p, Options{Now: build.Instant("2031-01-01")})
	if sum.Recordings != 2 || sum.Classes != 3 {
		t.Errorf("%d recordings and %d classes", sum.Recordings, sum.Classes)
	}
	if !sum.First.Equal(build.Instant("2031-10-06T09:00:00+02:00")) || !sum.Last.Equal(build.Instant("2031-10-13T10:00:00+02:00")) {
		t.Errorf("from %v to %v", sum.First, sum.Last)
	}
	if sum.Peak.Padded.Sessions != 3 || !sum.Peak.Padded.At.Equal(build.Instant("2031-10-06T09:59:00+02:00")) {
		t.Errorf("a peak of %d at %v", sum.Peak.Padded.Sessions, sum.Peak.Padded.At)
	}
	if sum.Seconds.HD != 2*(62*60+13) || sum.Seconds.FullHD != 2*(62*60+13) {
		t.Errorf("%d s HD and %d s Full HD", sum.Seconds.HD, sum.Seconds.FullHD)
	}
	if sum.CostUSD != 0 {
		t.Errorf("%v dollars within the free minutes", sum.CostUSD)
	}

	later := summarize(p, Options{Now: build.Instant("2031-10-07")})
	if later.Classes != 1 || !later.First.Equal(build.Instant("2031-10-13T09:00:00+02:00")) {
		t.Errorf("on the day after: %d classes from %v", later.Classes, later.First)
	}
	if none := summarize(p, Options{Now: build.Instant("2032-10-07")}); none.Classes != 0 || none.Peak.Padded.Sessions != 0 || !none.First.IsZero() {
		t.Errorf("after all: %+v", none.Forecast)
	}
}

func TestTheWindowEndsAfter366Days(t *testing.T) {
	p := build.NewPlan(build.Recording("r", "UTC", "Mon-Sun 09:00-10:00"))
	if n := summarize(p, Options{Now: build.Instant("2031-10-06")}).Classes; n != 366 {
		t.Errorf("without bounds %d classes are counted", n)
	}
	p = build.TermOf("2035-01-01..2039-01-01", build.Recording("r", "UTC", "Mon-Sun 09:00-10:00"))
	if n := summarize(p, Options{Now: build.Instant("2031-10-06")}).Classes; n != 366 {
		t.Errorf("from the first class on %d are counted", n)
	}
}

func TestReferencesThatWereNotResolvedAreNamedOnce(t *testing.T) {
	p := build.NewPlan(build.Recording("r", "UTC", "2031-10-06 09:00-10:00"))
	p.Account.CustomerID = build.Must(plan.NewText("${ID}", plan.Pos{}, plan.TextPlain))
	p.Account.CustomerSecret = build.Must(plan.NewText("${file:/run/secrets/agora}", plan.Pos{}, plan.TextSecret))
	p.Apps = []*plan.App{{ID: build.Must(plan.NewText("${ID}", plan.Pos{}, plan.TextPlain))}}
	p.Recordings[0].URL = build.Must(plan.NewText("https://school.example/?t=${TOKEN}", plan.Pos{}, plan.TextURL))
	if got, want := summarize(p, Options{}).NotChecked, []string{"${ID}", "${file:/run/secrets/agora}", "${TOKEN}"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	lookup := func(ref plan.Reference) (string, error) {
		if ref.Name == "ID" {
			return "1", nil
		}
		return "", plan.ErrNoLookup
	}
	if got, want := summarize(p, Options{Lookup: lookup}).NotChecked, []string{"${file:/run/secrets/agora}", "${TOKEN}"}; !slices.Equal(got, want) {
		t.Errorf("with some resolved: got %q, want %q", got, want)
	}
}
