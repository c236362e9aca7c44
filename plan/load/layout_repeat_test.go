package load

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// layoutPlanOf is layoutPlan with recordings of the test's own.
func layoutPlanOf(recordings string) string {
	return layoutPlan[:strings.Index(layoutPlan, "recordings:\n")] + "recordings:\n" + recordings
}

// TestTheSameMistakeInManyRecordingsIsOneErrorEach: with three or more, a hint that says to remove one of two keys would delete times
// of classes.
func TestTheSameMistakeInManyRecordingsIsOneErrorEach(t *testing.T) {
	for _, lead := range []string{"  when:", "   when:", "      when:", "when:", "\twhen:"} {
		for n := 1; n <= 6; n++ {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "  r%d:\n    url: https://lingua.example/%d\n%s Tue %02d:00-%02d:50\n    padding:\n      before: 30s\n", i, i, lead, 9+i, 9+i)
			}
			text := layoutPlanOf(b.String())
			found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
			ok := len(found) == n
			for i, f := range found {
				ok = ok && f.Rule == ruleSyntax && f.Pos.Line == 25+5*i
			}
			if !ok {
				t.Errorf("%q in %d recordings: got\n%s", lead, n, plantest.Show(found))
				continue
			}
			fixed := []byte(text)
			for i := len(found) - 1; i >= 0; i-- {
				fixed = found[i].Fix.Apply(fixed)
			}
			if left := findingsOf(t, plantest.Texts{"plan.yaml": string(fixed)}, "plan.yaml"); len(left) > 0 {
				t.Errorf("%q in %d recordings: with the hints\n%s", lead, n, plantest.Show(left))
			}
		}
	}
}

// TestTheFirstNameIsBlamedAlone: the parser takes the indentation of the first name for that of all.
func TestTheFirstNameIsBlamedAlone(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "  r%d:\n    url: https://lingua.example/%d\n    when: Tue 09:00-09:50\n", i, i)
	}
	first, others, _ := strings.Cut(b.String(), "  r1:")
	for _, by := range []string{" ", "  "} {
		for name, wrong := range map[string]string{"the name": by + first, "the whole": by + strings.ReplaceAll(strings.TrimSuffix(first, "\n"), "\n", "\n"+by) + "\n"} {
			found := findingsOf(t, plantest.Texts{"plan.yaml": layoutPlanOf(wrong + "  r1:" + others)}, "plan.yaml")
			if len(found) != 1 || found[0].Pos.Line != 23 || !strings.HasPrefix(found[0].Message, "r0 ") {
				t.Errorf("%s by %d: got\n%s", name, len(by), plantest.Show(found))
			}
		}
	}
}

// TestTheOddOneOfTwoIsBlamed: of two keys with different indentations, the one is right that the file has elsewhere.
func TestTheOddOneOfTwoIsBlamed(t *testing.T) {
	for _, c := range []struct{ right, message string }{
		{"  customer_id:", "customer_id is indented by 4 spaces; below account it needs 2 spaces"},
		{"  customer_secret:", "customer_secret is indented by 4 spaces; below account it needs 2 spaces"},
	} {
		found := findingsOf(t, plantest.Texts{"plan.yaml": strings.Replace(layoutPlan, c.right, "  "+c.right, 1)}, "plan.yaml")
		if len(found) != 1 || found[0].Message != c.message {
			t.Errorf("%q: got\n%s", c.right, plantest.Show(found))
		}
	}
}

// TestCommentsDoNotChangeWhatIsFound: a comment at the end of a line is no part of a value or a title.
func TestCommentsDoNotChangeWhatIsFound(t *testing.T) {
	const name, when, under = "  german-a1:\n", "    when: Mon 09:00-09:50\n", "write it like this:\n  german-a1:\n    "
	for _, c := range []struct{ right, wrong, hint string }{
		{name + "    url: https://lingua.example/german-a1\n" + when, "  german-a1: # the first\n    url: https://lingua.example/german-a1\n   when: Mon 09:00-09:50\n", under + "when: Mon 09:00-09:50"},
		{"  english-b2:\n", "   english-b2: # second\n", "write it like this:\nrecordings:\n  english-b2:"},
		{"  english-b2:\n", "english-b2: # second\n", "write it like this:\nrecordings:\n  english-b2:"},
		{"  english-b2:\n", "  english-b2 # second\n", "write english-b2:"},
		{when, "   when: Mon 09:00-09:50 # room 4\n", under + "when: Mon 09:00-09:50"},
		{when, "    when Mon 09:00-09:50 # room 4\n", "write when: Mon 09:00-09:50"},
		{when, "    when: Mon: 09:00-09:50 # room 4\n", "write when: Mon 09:00-09:50"},
		{when, when + "    title: German: A1 # the first\n", `put it in quotes: title: "German: A1"`},
	} {
		if strings.Count(layoutPlan, c.right) != 1 {
			t.Fatal(c.right)
		}
		text := strings.Replace(layoutPlan, c.right, c.wrong, 1)
		found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
		if len(found) != 1 || found[0].Hint != c.hint {
			t.Errorf("%q: got\n%s", c.wrong, plantest.Show(found))
			continue
		}
		fixed := found[0].Fix.Apply([]byte(text))
		if left := findingsOf(t, plantest.Texts{"plan.yaml": string(fixed)}, "plan.yaml"); len(left) > 0 || strings.Contains(c.wrong, "#") && !strings.Contains(string(fixed), " # ") {
			t.Errorf("%q: with its hint\n%s\n%s", c.wrong, fixed, plantest.Show(left))
		}
	}
}

// TestColumnsOfAChangedLineAreCharacters: what follows a full-width colon or a letter with an accent keeps its column.
func TestColumnsOfAChangedLineAreCharacters(t *testing.T) {
	for _, c := range []struct {
		wrong  string
		column int
	}{
		{"    when： Mon 09:00-09:99\n", 11}, {"    when：Mon 09:00-09:99\n", 10},
	} {
		text := strings.Replace(layoutPlan, "    when: Mon 09:00-09:50\n", c.wrong, 1)
		found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
		if len(found) != 2 || found[1].Rule != "when-syntax" || int(found[1].Pos.Column) != c.column {
			t.Errorf("%q: got\n%s", c.wrong, plantest.Show(found))
		}
	}
	text := strings.Replace(layoutPlan, "    padding:", "    labels: {room: crème}}\n    padding:", 1)
	if found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml"); len(found) != 1 || found[0].Message != "the } closes nothing" || found[0].Pos.Column != 26 {
		t.Errorf("got\n%s", plantest.Show(found))
	}
}

// TestKeysOfAnItemStandBesideItsFirst: a key below a dash belongs beside the key behind the dash.
func TestKeysOfAnItemStandBesideItsFirst(t *testing.T) {
	text := strings.Replace(layoutPlan, "calendars:\n", "notify:\n  - severity: warning\n      to: ${DUTY_MAIL}\ncalendars:\n", 1)
	l := findLayout(plan.NewSource("plan.yaml", []byte(text)), reflect.TypeFor[rootFile](), &layoutBudget{bytes: mostLayoutRead})
	if l == nil || len(l.found) != 1 || l.found[0].message != "to is indented by 6 spaces; beside severity it needs 4 spaces" {
		t.Errorf("got %+v", l)
	}
}

// TestLayoutsAreBounded counts the tries for files in which everything is wrong: those of a small file, of one large file, and of
// many large files of one load.
func TestLayoutsAreBounded(t *testing.T) {
	wrong := func(size int) string {
		var b strings.Builder
		for i := 0; b.Len() < size-100; i++ {
			fmt.Fprintf(&b, "  r%d:\n    url: https://lingua.example/%d\n   when: Tue 09:00-09:50\n", i, i)
		}
		return b.String()
	}
	const large, files = 60000, 20
	texts := plantest.Texts{"plan.yaml": "include: [parts/*.yaml]\n" + layoutPlan}
	for i := range files {
		texts[fmt.Sprintf("parts/%d.yaml", i)] = "recordings:\n" + wrong(large)
	}
	for name, c := range map[string]struct {
		files plantest.Texts
		least int
		most  int
	}{
		"a small file":     {plantest.Texts{"plan.yaml": layoutPlanOf(wrong(3000))}, 100, mostTries + 1},
		"a large file":     {plantest.Texts{"plan.yaml": layoutPlanOf(wrong(large))}, 20, mostLayoutRead/large + 2},
		"many large files": {texts, 20, mostLayoutRead/large + 2},
	} {
		l := newLoader(c.files)
		if _, _, err := l.load("plan.yaml", []byte(c.files["plan.yaml"])); err != nil {
			t.Fatal(err)
		}
		if l.layout.tries < c.least || l.layout.tries > c.most || l.layout.bytes < -longestLayout {
			t.Errorf("%s: %d tries, %d bytes left", name, l.layout.tries, l.layout.bytes)
		}
	}
}
