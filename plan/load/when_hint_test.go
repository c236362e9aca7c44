package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/rules"
)

// whenPlan is a plan with one recording, whose when is the given text of YAML.
func whenPlan(when string) plantest.Texts {
	return hintPlan("    when: " + when + "\n  german-a2: {when: Sun 05:00-05:10}\n")
}

// whenFinding is the only finding of a plan whose when is the given text.
func whenFinding(t *testing.T, when string) plan.Finding {
	t.Helper()
	_, findings, err := Load(whenPlan(when), "plan.yaml")
	if err != nil || len(findings) != 1 || findings[0].Rule != "when-syntax" {
		t.Fatalf("%s: got %v and\n%swant one finding of when-syntax", when, err, plantest.Show(findings))
	}
	return findings[0]
}

// readsAs fails unless a plan with the given when has exactly these times and no finding.
func readsAs(t *testing.T, when string, want []string) {
	t.Helper()
	p, findings, err := Load(whenPlan(when), "plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if findings = append(findings, rules.Check(p, rules.Options{Now: plantest.September})...); len(findings) > 0 {
		t.Errorf("when: %s has findings:\n%s", when, plantest.Show(findings))
	}
	var got []string
	for i := range p.Recordings[0].When {
		got = append(got, p.Recordings[0].When[i].String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("when: %s means %q, want %q", when, got, want)
	}
}

// meantTimes are texts that are refused, and what their hint has to mean.
var meantTimes = []struct {
	text string
	want []string
}{
	// Several times in one text.
	{"Mon 09:00-09:50, Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50; Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50 and Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50 & Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50 + Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50+Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50 / Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50 Wed 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"Mon 09:00-09:50, Tue-Thu 10:00-10:50, and Sat 23:30-00:15", []string{"Mon 09:00-09:50", "Tue Wed Thu 10:00-10:50", "Sat 23:30-00:15"}},
	{"Mon 09:00-09:50, 11:00-11:50", []string{"Mon 09:00-09:50", "Mon 11:00-11:50"}},
	{"2031-12-17 08:00-11:00, 2031-12-18 09:00-10:00", []string{"2031-12-17 08:00-11:00", "2031-12-18 09:00-10:00"}},
	{"2031-12-17, 2031-12-18 08:00-11:00", []string{"2031-12-17 08:00-11:00", "2031-12-18 08:00-11:00"}},
	{"Mon 09:00-09:50, 2031-12-17 08:00-11:00", []string{"Mon 09:00-09:50", "2031-12-17 08:00-11:00"}},
	// One time, written in another way.
	{"Mon/Wed 09:00-09:50", []string{"Mon Wed 09:00-09:50"}},
	{"Mon & Wed 09:00-09:50", []string{"Mon Wed 09:00-09:50"}},
	{"Mon and Wed 09:00-09:50", []string{"Mon Wed 09:00-09:50"}},
	{"Mon - Fri 09:00-09:50", []string{"Mon Tue Wed Thu Fri 09:00-09:50"}},
	{"Mon to Fri 09:00-09:50", []string{"Mon Tue Wed Thu Fri 09:00-09:50"}},
	{"Mon–Fri 09:00–09:50", []string{"Mon Tue Wed Thu Fri 09:00-09:50"}},
	{"Mon 09:00 - 09:50", []string{"Mon 09:00-09:50"}},
	{"Mon 09:00 to 09:50", []string{"Mon 09:00-09:50"}},
	{"09:00-09:50 Mon Wed", []string{"Mon Wed 09:00-09:50"}},
	{"Mondays 09:00-09:50", []string{"Mon 09:00-09:50"}},
	{"every Monday at 09:00-09:50", []string{"Mon 09:00-09:50"}},
	{"Mon: 09:00-09:50", []string{"Mon 09:00-09:50"}},
	{"Tues, Thurs 09:00-09:50", []string{"Tue Thu 09:00-09:50"}},
	{"weekdays 09:00-09:50", []string{"Mon Tue Wed Thu Fri 09:00-09:50"}},
	{"weekend 09:00-09:50", []string{"Sat Sun 09:00-09:50"}},
	{"daily 09:00-09:50", []string{"Mon Tue Wed Thu Fri Sat Sun 09:00-09:50"}},
	{"every day 09:00-09:50", []string{"Mon Tue Wed Thu Fri Sat Sun 09:00-09:50"}},
	// German.
	{"Montag 09:00-09:50", []string{"Mon 09:00-09:50"}},
	{"Montag, Dienstag und Mittwoch 09:00-09:50", []string{"Mon Tue Wed 09:00-09:50"}},
	{"Donnerstag Freitag Samstag Sonntag 09:00-09:50", []string{"Thu Fri Sat Sun 09:00-09:50"}},
	{"Sonnabend 09:00-09:50", []string{"Sat 09:00-09:50"}},
	{"Mo Mi 19:00-19:50", []string{"Mon Wed 19:00-19:50"}},
	{"Mo, Mi 19:00-19:50", []string{"Mon Wed 19:00-19:50"}},
	{"Mi 19:00-19:50", []string{"Wed 19:00-19:50"}},
	{"Mo. 19:00-19:50", []string{"Mon 19:00-19:50"}},
	{"Di Do 19:00-19:50", []string{"Tue Thu 19:00-19:50"}},
	{"Mo-Fr 19:00-19:50", []string{"Mon Tue Wed Thu Fri 19:00-19:50"}},
	{"Mo bis Fr 19:00-19:50", []string{"Mon Tue Wed Thu Fri 19:00-19:50"}},
	{"Sa+So 19:00-19:50", []string{"Sat Sun 19:00-19:50"}},
	{"Mo 09:00-09:50 und Mi 10:00-10:50", []string{"Mon 09:00-09:50", "Wed 10:00-10:50"}},
	{"montags 19:00-19:50", []string{"Mon 19:00-19:50"}},
	// Spanish.
	{"lunes 19:00-19:50", []string{"Mon 19:00-19:50"}},
	{"lunes y miércoles 19:00-19:50", []string{"Mon Wed 19:00-19:50"}},
	{"LUNES y MIERCOLES 19:00-19:50", []string{"Mon Wed 19:00-19:50"}},
	{"mie\u0301rcoles 19:00-19:50", []string{"Wed 19:00-19:50"}},
	{"martes jueves viernes sábado domingo 19:00-19:50", []string{"Tue Thu Fri Sat Sun 19:00-19:50"}},
	{"lun mié vie 19:00-19:50", []string{"Mon Wed Fri 19:00-19:50"}},
	{"lu mi vi 19:00-19:50", []string{"Mon Wed Fri 19:00-19:50"}},
	{"lunes a viernes 19:00-19:50", []string{"Mon Tue Wed Thu Fri 19:00-19:50"}},
	// French.
	{"lundi 19:00-19:50", []string{"Mon 19:00-19:50"}},
	{"mardi et jeudi 19:00-19:50", []string{"Tue Thu 19:00-19:50"}},
	{"mercredi vendredi samedi dimanche 19:00-19:50", []string{"Wed Fri Sat Sun 19:00-19:50"}},
	{"mar. jeu. 19:00-19:50", []string{"Tue Thu 19:00-19:50"}},
	{"dim 19:00-19:50", []string{"Sun 19:00-19:50"}},
	// Italian.
	{"lunedì e mercoledì 19:00-19:50", []string{"Mon Wed 19:00-19:50"}},
	{"martedì giovedi venerdì sabato domenica 19:00-19:50", []string{"Tue Thu Fri Sat Sun 19:00-19:50"}},
	{"gio ven 19:00-19:50", []string{"Thu Fri 19:00-19:50"}},
	// Portuguese.
	{"segunda-feira 19:00-19:50", []string{"Mon 19:00-19:50"}},
	{"segunda e quarta 19:00-19:50", []string{"Mon Wed 19:00-19:50"}},
	{"terça-feira, quinta-feira e sexta-feira 19:00-19:50", []string{"Tue Thu Fri 19:00-19:50"}},
	{"seg qua sex 19:00-19:50", []string{"Mon Wed Fri 19:00-19:50"}},
	{"ter qui sáb 19:00-19:50", []string{"Tue Thu Sat 19:00-19:50"}},
	// The same day in each language that has the word.
	{"Mar 19:00-19:50", []string{"Tue 19:00-19:50"}},
	{"Sa 19:00-19:50", []string{"Sat 19:00-19:50"}},
}

// TestAHintForATimeMeansWhatWasTyped puts each hint into the plan in place of what it is for: alone, in a list in
// brackets and in a list of lines.
func TestAHintForATimeMeansWhatWasTyped(t *testing.T) {
	for _, test := range meantTimes {
		t.Run(test.text, func(t *testing.T) {
			scalar := fmt.Sprintf("%q", test.text)
			hint, ok := strings.CutPrefix(whenFinding(t, scalar).Hint, "write ")
			if !ok {
				t.Fatalf("the hint %q does not say what to write", hint)
			}
			readsAs(t, hint, test.want)

			hint, _ = strings.CutPrefix(whenFinding(t, "[Sat 07:00-07:10, "+scalar+"]").Hint, "write ")
			readsAs(t, "[Sat 07:00-07:10, "+hint+"]", append([]string{"Sat 07:00-07:10"}, test.want...))

			hint, _ = strings.CutPrefix(whenFinding(t, "\n    - "+scalar+"\n    - Sat 07:00-07:10").Hint, "write ")
			hint = strings.ReplaceAll(strings.TrimPrefix(hint, "an item for each: - "), ", - ", "\n    - ")
			readsAs(t, "\n    - "+hint+"\n    - Sat 07:00-07:10", append(slices.Clone(test.want), "Sat 07:00-07:10"))
		})
	}
}

// TestTheHintOfAListIsReadyToPaste holds the form that people see.
func TestTheHintOfAListIsReadyToPaste(t *testing.T) {
	f := whenFinding(t, "Mon 09:00-09:50, Wed 10:00-10:50")
	if want := `write ["Mon 09:00-09:50", "Wed 10:00-10:50"]`; f.Hint != want {
		t.Errorf("got the hint %s, want %s", f.Hint, want)
	}
	if want := `"Mon 09:00-09:50, Wed 10:00-10:50" holds 2 times, and when takes a list of them`; f.Message != want {
		t.Errorf("got the message %s, want %s", f.Message, want)
	}
}

// TestACommaInBracketsCutsATimeInTwo has lists in brackets whose first item is days alone.
func TestACommaInBracketsCutsATimeInTwo(t *testing.T) {
	for _, test := range []struct{ when, whole string }{
		{"[Mon, Wed 09:00-09:50]", "Mon Wed 09:00-09:50"},
		{"[Mon-Tue, Wed 09:00-09:50]", "Mon-Tue Wed 09:00-09:50"},
		{"[Mo, Mi 09:00-09:50]", "Mon Wed 09:00-09:50"},
		{"[lunes, miércoles 09:00-09:50]", "Mon Wed 09:00-09:50"},
		{"[monkey, Wed 09:00-09:50]", ""},
		{"[Di, 09:00-09:50]", ""},
		{"[Mon, Wed]", ""},
	} {
		_, findings, err := Load(whenPlan(test.when), "plan.yaml")
		if err != nil || len(findings) == 0 {
			t.Fatalf("%s: %v, no finding", test.when, err)
		}
		whole, cut := strings.CutPrefix(findings[0].Hint, "inside [] a comma begins another item: write ")
		if whole = strings.TrimSuffix(whole, " without the comma"); cut != (test.whole != "") || cut && whole != test.whole {
			t.Errorf("%s: got the hint %q, want %q", test.when, findings[0].Hint, test.whole)
		}
		if cut {
			readsAs(t, "["+whole+"]", []string{whenText(test.whole)})
		}
	}
}

// TestAWordOfSeveralLanguagesIsNotGuessed has words that name different days in different languages, and words that name
// none: no day is suggested that may be another one.
func TestAWordOfSeveralLanguagesIsNotGuessed(t *testing.T) {
	for _, test := range []struct{ text, hint string }{
		{"Di 19:00-19:50", `"Di" is Tue in German and Dutch, Sun in French`},
		{"Do 19:00-19:50", `"Do" is Thu in German and Dutch, Sun in Spanish and Italian`},
		{"Ma 19:00-19:50", `"Ma" is Tue in Spanish, French and Italian, Mon in Dutch`},
		{"Tue Do 19:00-19:50", `"Do" is Thu in German and Dutch, Sun in Spanish and Italian`},
		{"Montag 25:00-26:00", `"Montag" is Mon in German`},
		{"MWF 19:00-19:50", dayNamesHint},
		{"Zon 19:00-19:50", "write Sun 19:00-19:50"},
		{"pon 19:00-19:50", dayNamesHint},
		{"ned 19:00-19:50", dayNamesHint},
		{"wedding 19:00-19:50", dayNamesHint},
		{"March 19:00-19:50", dayNamesHint},
		{"Samurai 19:00-19:50", dayNamesHint},
		{"holidays 19:00-19:50", dayNamesHint},
		{"Tuseday 19:00-19:50", "did you mean Tue 19:00-19:50?"},
		{"Mon Fry 19:00-19:50", "did you mean Mon Fri 19:00-19:50?"},
		{"Wendesday 19:00-19:50", "did you mean Wed 19:00-19:50?"},
	} {
		if f := whenFinding(t, test.text); f.Hint != test.hint {
			t.Errorf("%s: got the hint %q, want %q", test.text, f.Hint, test.hint)
		}
	}
}

// TestEachTimeThatIsSuggestedCanBeWritten draws texts of the pieces that people write. Whatever a hint says to write is
// read without a finding of its syntax.
func TestEachTimeThatIsSuggestedCanBeWritten(t *testing.T) {
	days := []string{"Mon", "Tue", "Fri", "montag", "Di", "mié", "sexta-feira", "weekdays", "daily", "every day", "Fry", "MWF", "2031-09-22", "2031-02-30", "é", "\xff", ""}
	between := []string{",", ", ", ";", " and ", "+", "-", " - ", " to ", "/", ": ", "..", " ", " ", "–", "\u00a0", "\"", ""}
	clocks := []string{"09:00-09:50", "10:00-10:50", "23:00 - 01:00", "09:00–09:50", "9:00", "25:00-26:00", "09:00-09:00", ""}
	suggested := 0
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			for _, list := range [][]string{days, between, days, between, clocks, between} {
				text += rapid.SampledFrom(list).Draw(t, "piece")
			}
		}
		w, err := ParseWhen(text)
		if err == nil {
			return
		}
		var syntax *plan.SyntaxError
		if !errors.As(improveWhenError(err, text, noList), &syntax) {
			t.Fatalf("%q: %v is no syntax error", text, err)
		}
		times, _ := interpretWhen(text)
		for _, time := range times {
			if w, err = ParseWhen(time); err != nil || w.Length <= 0 {
				t.Fatalf("%q: %q is suggested: %v", text, time, err)
			}
		}
		if len(times) > 0 {
			suggested++
		}
	})
	t.Logf("%d texts with a suggestion", suggested)
	if suggested == 0 {
		t.Error("nothing was suggested: it proves nothing")
	}
}

// whenText is a time as [plan.When.String] writes it.
func whenText(text string) string {
	w := must(ParseWhen(text))
	return w.String()
}
