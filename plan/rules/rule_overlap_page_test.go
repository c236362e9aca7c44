package rules

import (
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestAPageThatIsRecordedTwiceAtOnceIsReported(t *testing.T) {
	hall := build.Must(plan.NewText("https://school.example/hall", plan.Pos{}, plan.TextURL))
	a, b, c := build.Recording("a", "UTC", "Mon 09:00-12:00"), build.Recording("b", "Europe/Berlin", "Mon 12:00-13:00"), build.Recording("c", "UTC", "Mon 09:00-12:00")
	for i, r := range []*plan.Recording{a, b, c} {
		r.When[0].Pos.Line = 101 + i
		r.URL = hall
	}
	p := build.TermOf("2031-10-06..2031-10-19", a, b, c)
	c.URL = build.Must(plan.NewText("https://school.example/rooms/{id}", plan.Pos{}, plan.TextURL))
	want := "102 overlap-page … a on 2031-10-06 09:00-12:00, and b on 2031-10-06 12:00-13:00 before it ends; 1 more"
	wantFindings(t, p, "2031-09-01", want)

	c.URL = build.Must(plan.NewText("https://school.example/{date}", plan.Pos{}, plan.TextURL))
	a.URL = build.Must(plan.NewText("https://school.example/{date}", plan.Pos{}, plan.TextURL))
	wantFindings(t, p, "2031-09-01", "103 overlap-page … a on 2031-10-06 … c on 2031-10-06")

	a.URL, b.URL, c.URL = hall, hall, build.Must(plan.NewText("https://school.example/rooms/{id}", plan.Pos{}, plan.TextURL))
	build.Change(a, "2031-10-06", "cancelled")
	build.Change(b, "2031-10-13", "").Over = func(s plan.Settings) plan.Settings { s.URL = c.URL; return s }
	wantFindings(t, p, "2031-09-01")
}
