package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/rules"
)

// TestASummaryFitsTheTerminal draws summaries with long references in them.
func TestASummaryFitsTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rules.Summary{Recordings: rapid.IntRange(0, 1e6).Draw(t, "recordings"), Forecast: &forecast.Forecast{
			Classes: rapid.IntRange(0, 1e9).Draw(t, "classes"), First: september, Last: september.AddDate(0, 0, rapid.IntRange(0, 366).Draw(t, "days")),
			Peak:    forecast.Peaks{Padded: forecast.Peak{Sessions: rapid.IntRange(1, 1e6).Draw(t, "peak"), At: september}},
			Seconds: forecast.Seconds{HD: rapid.Int64Range(0, 1e12).Draw(t, "hd"), FullHD: rapid.Int64Range(0, 1e12).Draw(t, "full hd")},
			CostUSD: rapid.Float64Range(0, 1e9).Draw(t, "cost"),
		}}
		for _, name := range rapid.SliceOfN(rapid.StringMatching(`[A-Z_]{1,80}`), 0, 40).Draw(t, "references") {
			s.NotChecked = append(s.NotChecked, "${"+name+"}")
		}
		var words []string
		for _, part := range summaryParts(s, true) {
			var b strings.Builder
			render.PrintHanging(&b, 100, "  ", part, 4)
			lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
			for _, line := range lines {
				if n := runewidth.StringWidth(line); n > 100 {
					t.Errorf("a line of %d columns: %s", n, line)
				}
			}
			words = append(words, strings.Fields(strings.Join(lines, " "))...)
		}
		if want := strings.Fields(strings.Join(summaryParts(s, true), " ")); !slices.Equal(words, want) {
			t.Errorf("got the words %q, want %q", words, want)
		}
	})
}

var september = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)

// TestAMistakeInManyRecordingsIsToldOnce counts what people read of two hundred recordings with one mistake each, and that no
// finding is left out of the count.
func TestAMistakeInManyRecordingsIsToldOnce(t *testing.T) {
	var findings []plan.Finding
	for i := range 200 {
		findings = append(findings, plan.Finding{
			Pos: plan.Pos{File: "plan.yaml", Line: i + 1, Column: 3}, Severity: plan.SeverityError, Rule: "timezone-missing", Hint: "set timezone in defaults",
			Message: fmt.Sprintf("recording r%d has no timezone, and defaults sets none", i),
		})
	}
	var b strings.Builder
	render.NewFindingPrinter(&b, render.UsualWidth, render.Palette{}, planfile.NewReader(nil)).PrintAll(findings)
	want := `plan.yaml:1:3: error: recording r0 has no timezone, and defaults sets none
  [timezone-missing]
  hint: set timezone in defaults
  199 more: r1 (line 2), r2 (line 3), r3 (line 4), and 196 others
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestWhatDiffersInAValueIsAnotherMistake keeps apart what must be mended one by one.
func TestWhatDiffersInAValueIsAnotherMistake(t *testing.T) {
	finding := func(rule, message, hint string) plan.Finding {
		return plan.Finding{Severity: plan.SeverityError, Rule: rule, Message: message, Hint: hint}
	}
	for _, test := range []struct {
		name string
		a, b plan.Finding
		want int
	}{
		{"names", finding("unbounded", "Mon 09:00-10:00 of a has no bounds", "name a calendar"), finding("unbounded", "Mon 09:00-10:00 of b has no bounds", "name a calendar"), 1},
		{"names and times", finding("clock-change", "a@2031-10-26: 02:10 happens twice", "change the class"), finding("clock-change", "b@2031-10-26: 02:20 happens twice", "change the class"), 1},
		{"values", finding("unknown-key", `"foo" is not a key of a recording`, ""), finding("unknown-key", `"bar" is not a key of a recording`, ""), 2},
		{"rules", finding("unbounded", "of a has no bounds", ""), finding("never-happens", "of a has no bounds", ""), 2},
		{"hints", finding("unknown-key", `"titel" is not a key`, "did you mean title?"), finding("unknown-key", `"titel" is not a key`, "remove it"), 2},
		{"the same word", finding("unknown-key", `"titel" is not a key`, "did you mean title?"), finding("unknown-key", `"titel" is not a key`, "did you mean title?"), 1},
		{"figures of apps", finding("pcw-max", "51 recordings at once of app one", "move some"), finding("pcw-max", "70 recordings at once with padding", "move some"), 2},
	} {
		if got := len(render.GroupFindings([]plan.Finding{test.a, test.b})); got != test.want {
			t.Errorf("%s: %d groups, want %d", test.name, got, test.want)
		}
	}
}
