package rules

import (
	"fmt"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

// timeFindings checks the plan and gives what the rules about time say, one finding a line: the line of the plan,
// the rule and the message.
func timeFindings(p *plan.Plan, now string) []string {
	own := map[string]bool{
		"never-happens": true, "unbounded": true, "change-matches-nothing": true, "calendar-matches-nothing": true,
		"in-the-past": true, "clock-change": true, "overlap-self": true, "overlap-page": true,
	}
	var list []string
	for _, f := range Check(p, Options{Now: build.Instant(now)}) {
		if own[f.Rule] {
			list = append(list, fmt.Sprintf("%d %s %s | %s", f.Pos.Line, f.Rule, f.Message, f.Hint))
		}
	}
	return list
}

// wantFindings compares findings in order; each wanted one is a list of pieces that must be in it, by " … ".
func wantFindings(t *testing.T, p *plan.Plan, now string, want ...string) {
	t.Helper()
	got := timeFindings(p, now)
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		rest := got[i]
		for _, piece := range strings.Split(want[i], " … ") {
			_, after, found := strings.Cut(rest, piece)
			ok = ok && found
			rest = after
		}
	}
	if !ok {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
