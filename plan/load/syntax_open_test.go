package load

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// TestWhatIsLeftOpenIsToldWhereItOpens has plans that end, or go on, without a bracket or a quote that closes another.
func TestWhatIsLeftOpenIsToldWhereItOpens(t *testing.T) {
	const next = "\n  german-a2: {when: Sun 05:00-05:10}"
	for _, test := range []struct {
		wrong, opener string // the lines of the recording, and what in them is left open: the last of its kind
		fixed         string
	}{
		{`    when: {cron: "0 9 * * MON", duration: 50m`, "{", `    when: {cron: "0 9 * * MON", duration: 50m}`},
		{`    when: [Mon 09:00-09:50`, "[", `    when: [Mon 09:00-09:50]`},
		{`    when: [Mon 09:00-09:50,`, "[", `    when: [Mon 09:00-09:50,]`},
		{`    when: [Mon 09:00-09:50 # daily`, "[", `    when: [Mon 09:00-09:50] # daily`},
		{`    {when: [Mon 09:00-09:50`, "[", `    {when: [Mon 09:00-09:50]}`},
		{`    {when: [Mon 09:00-09:50], title: x`, "{", `    {when: [Mon 09:00-09:50], title: x}`},
		{`    {when: Mon 09:00-09:50, title: "a, {b}`, `"`, `    {when: Mon 09:00-09:50, title: "a, {b"}`},
		{`    {when: Mon 09:00-09:50, title: 'a`, `'`, `    {when: Mon 09:00-09:50, title: 'a'}`},
		{`    when: "Mon 09:00-09:50`, `"`, `    when: "Mon 09:00-09:50"`},
		{`    when: 'Mon 09:00-09:50`, `'`, `    when: 'Mon 09:00-09:50'`},
		{`    when: ["Mon 09:00-09:50]`, `"`, `    when: ["Mon 09:00-09:50"]`},
		{"    when: Mon 09:00-09:50\n    title: it's {one}\n    padding: {before: 1m", "{", "    when: Mon 09:00-09:50\n    title: it's {one}\n    padding: {before: 1m}"},
		{"    when: Mon 09:00-09:50\n    note: |\n      an { in a text\n    padding: {before: 1m", "{", "    when: Mon 09:00-09:50\n    note: |\n      an { in a text\n    padding: {before: 1m}"},
	} {
		for _, after := range []string{"", "\n", "\n\n", next + "\n"} {
			files := hintPlan(test.wrong + after)
			text := files["plan.yaml"]
			findings := findingsOf(t, files, "plan.yaml")
			f := findings[0]
			before := text[:strings.LastIndex(text[:len(text)-len(after)], test.opener)]
			line := 1 + strings.Count(before, "\n")
			column := len(before) - strings.LastIndex(before, "\n")
			if f.Rule != ruleSyntax || f.Pos.Line != line || f.Pos.Column != column || !strings.Contains(f.Message, "is not closed") {
				t.Errorf("%s%s: want line %d, column %d; got\n%s", test.wrong, after, line, column, plantest.Show(findings))
			}
			if got, want := string(f.Fix.Apply([]byte(text))), hintPlan(test.fixed + after)["plan.yaml"]; f.Fix.IsZero() || got != want {
				t.Errorf("%s%s: the edit %+v gives\n%s\n%s", test.wrong, after, f.Fix, got, plantest.Show(findings))
			}
			checkHints(t, files, "plan.yaml")
		}
	}
}

// TestWhatIsClosedIsNotSaidToBeOpen has mistakes of other kinds near brackets and quotes.
func TestWhatIsClosedIsNotSaidToBeOpen(t *testing.T) {
	for _, wrong := range []string{
		"    {when: Mon 09:00-09:50 title: x}", "    when: [Mon 09:00-09:50]]", "    when: Mon 09:00-09:50\n   title: {a: b}",
		"    when: {\n      cron: \"0 9 * * MON\"\n      duration: 50m\n    }", "    title: a: b {c", "    title: it's: {a}",
	} {
		for _, f := range findingsOf(t, hintPlan(wrong+"\n"), "plan.yaml") {
			if strings.Contains(f.Message, "is not closed") {
				t.Errorf("%s:\n%s", wrong, plantest.Show([]plan.Finding{f}))
			}
		}
	}
}
