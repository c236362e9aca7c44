package rules

import (
	"fmt"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

// besideFindings are those of one rule, as MESSAGE | HINT, for a plan that is checked with another.
func besideFindings(p, other *plan.Plan, rule string) (found []string) {
	for _, f := range Check(p, Options{Now: build.Instant("2031-09-01"), Beside: []*plan.Plan{p, other}}) {
		if f.Rule == rule {
			found = append(found, fmt.Sprintf("%d %s | %s", f.Pos.Line, f.Message, f.Hint))
		}
	}
	return found
}

func TestAPageThatTwoPlansRecordAtOnceIsReportedInBoth(t *testing.T) {
	one := func(name, file string, line int, when ...string) *plan.Plan {
		r := build.Recording("room", "UTC", when...)
		r.URL = build.Must(plan.NewText("https://school.example/hall", plan.Pos{}, plan.TextURL))
		for i := range r.When {
			r.When[i].Pos = plan.Pos{File: file, Line: line + i}
		}
		p := build.TermOf("2031-10-06..2031-10-19", r)
		p.Name = name
		return p
	}
	a, b := one("north", "a.yaml", 11, "Mon 09:00-10:00", "Tue 09:00-10:00"), one("south", "b.yaml", 21, "Mon 09:30-10:30")
	const both, hint = "room on 2031-10-06 09:00-10:00, and room on 2031-10-06 09:30-10:30 before it ends; 1 more in the window",
		" | one recording is enough for one page; for two on purpose, set rules: {overlap-page: off}"
	for _, test := range []struct {
		p, other *plan.Plan
		want     string
	}{
		{a, b, "11 one page is recorded twice at the same time, here and in plan south (b.yaml, line 21): " + both + hint},
		{b, a, "21 one page is recorded twice at the same time, here and in plan north (a.yaml, line 11): " + both + hint},
		{a, one("south", "b.yaml", 21, "Mon 10:00-10:30"), ""},
		{a, one("north", "b.yaml", 21, "Mon 09:30-10:30"), ""}, // the same plan, which instance-unique tells
	} {
		if got := strings.Join(besideFindings(test.p, test.other, "overlap-page"), "\n"); got != test.want {
			t.Errorf("got\n\t%s\nwant\n\t%s", got, test.want)
		}
	}
}

func TestTwoPlansOfOneNameAreTold(t *testing.T) {
	p, other := crowd("hillside", 1, ""), crowd("hillside", 1, "")
	got := strings.Join(besideFindings(p, other, "instance-unique"), "\n")
	if !strings.Contains(got, "both plans are called hillside: ") || !strings.HasSuffix(got, " | give one of the plans another name") {
		t.Error(got)
	}
}
