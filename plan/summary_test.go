package plan

import (
	"slices"
	"testing"
	"time"
)

func TestSummaryCountsClassesPeakAndSeconds(t *testing.T) {
	a := recording("a", "Europe/Berlin", "Mon 09:00-10:00")
	b := recording("b", "Europe/Berlin", "2031-10-06 10:00-11:00", "2031-10-06 20:00-21:00")
	b.Redundancy = 2
	b.Video = Video{Width: 1281, Height: 720}
	p := termOf("2031-10-06..2031-10-13", a, b)
	change(b, "2031-10-06 20:00", "cancelled")
	for _, r := range p.Recordings {
		r.Padding = Padding{Before: time.Minute, After: time.Minute}
	}
	sum := Summarize(p, CheckOptions{Now: instant("2031-01-01")})
	if sum.Recordings != 2 || sum.Classes != 3 {
		t.Errorf("%d recordings and %d classes", sum.Recordings, sum.Classes)
	}
	if !sum.First.Equal(instant("2031-10-06T09:00:00+02:00")) || !sum.Last.Equal(instant("2031-10-13T10:00:00+02:00")) {
		t.Errorf("from %v to %v", sum.First, sum.Last)
	}
	if sum.Peak != 3 || !sum.PeakAt.Equal(instant("2031-10-06T09:59:00+02:00")) {
		t.Errorf("a peak of %d at %v", sum.Peak, sum.PeakAt)
	}
	if sum.HDSeconds != 2*(62*60+13) || sum.FullHDSeconds != 2*(62*60+13) {
		t.Errorf("%d s HD and %d s Full HD", sum.HDSeconds, sum.FullHDSeconds)
	}
	if sum.CostUSD != 0 {
		t.Errorf("%v dollars within the free minutes", sum.CostUSD)
	}

	later := Summarize(p, CheckOptions{Now: instant("2031-10-07")})
	if later.Classes != 1 || !later.First.Equal(instant("2031-10-13T09:00:00+02:00")) {
		t.Errorf("on the day after: %d classes from %v", later.Classes, later.First)
	}
	if none := Summarize(p, CheckOptions{Now: instant("2032-10-07")}); none.Classes != 0 || none.Peak != 0 || !none.First.IsZero() {
		t.Errorf("after all: %+v", none)
	}
}

func TestTheWindowEndsAfter366Days(t *testing.T) {
	p := newPlan(recording("r", "UTC", "Mon-Sun 09:00-10:00"))
	if n := Summarize(p, CheckOptions{Now: instant("2031-10-06")}).Classes; n != 366 {
		t.Errorf("without bounds %d classes are counted", n)
	}
	p = termOf("2035-01-01..2039-01-01", recording("r", "UTC", "Mon-Sun 09:00-10:00"))
	if n := Summarize(p, CheckOptions{Now: instant("2031-10-06")}).Classes; n != 366 {
		t.Errorf("from the first class on %d are counted", n)
	}
}

func TestReferencesThatWereNotResolvedAreNamedOnce(t *testing.T) {
	p := newPlan(recording("r", "UTC", "2031-10-06 09:00-10:00"))
	p.Account.CustomerID = must(newText("${ID}", Pos{}, textPlain))
	p.Account.CustomerSecret = must(newText("${file:/run/secrets/agora}", Pos{}, textSecret))
	p.Apps = []*App{{ID: must(newText("${ID}", Pos{}, textPlain))}}
	p.Recordings[0].URL = must(newText("https://school.example/?t=${TOKEN}", Pos{}, textURL))
	if got, want := Summarize(p, CheckOptions{}).NotChecked, []string{"${ID}", "${file:/run/secrets/agora}", "${TOKEN}"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	lookup := func(ref Reference) (string, error) {
		if ref.Name == "ID" {
			return "1", nil
		}
		return "", ErrNoLookup
	}
	if got, want := Summarize(p, CheckOptions{Lookup: lookup}).NotChecked, []string{"${file:/run/secrets/agora}", "${TOKEN}"}; !slices.Equal(got, want) {
		t.Errorf("with some resolved: got %q, want %q", got, want)
	}
}
