package load

import (
	"strings"
	"testing"

	"rundown/plan/plantest"
)

// TestHintsForTimesWithKeysCanBePasted puts what a hint shows in place of the keys, and validates.
func TestHintsForTimesWithKeysCanBePasted(t *testing.T) {
	const right, before = "    when: Mon 09:00-09:50\n", "write it without keys: "
	for _, c := range []struct{ wrong, hint, fixed string }{
		{"    when: {Mon: 09:00-09:50}\n", "when: Mon 09:00-09:50", "    HINT\n"},
		{"    when: {day: Mon, start: 09:00, end: 09:50}\n", "when: Mon 09:00-09:50", "    HINT\n"},
		{"    when: {days: [Mon, Wed], start: 09:00, end: 09:50}\n", "when: Mon Wed 09:00-09:50", "    HINT\n"},
		{"    when: {weekday: Monday, time: 09:00-09:50}\n", "", ""},
		{"    when: {Mon: 09:00-09:50, Wed: [10:00-10:50, 12:00-12:50]}\n", `when: ["Mon 09:00-09:50", "Wed 10:00-10:50", "Wed 12:00-12:50"]`, "    HINT\n"},
		{"    when:\n      - Mon: 09:00-09:50\n", "- Mon 09:00-09:50", "    when:\n      HINT\n"},
		{"    when:\n      - Mon: 09:00-09:50\n        Wed: 10:00-10:50\n      - Fri 10:00-10:50\n", "\n- Mon 09:00-09:50\n- Wed 10:00-10:50", "    when:HINT\n      - Fri 10:00-10:50\n"},
		{"    when: [{Mon: 09:00-09:50}, Tue 09:00-09:50]\n", `"Mon 09:00-09:50"`, "    when: [HINT, Tue 09:00-09:50]\n"},
		{"    when: [{Mon: 09:00-09:50, Wed: 10:00-10:50}, Tue 09:00-09:50]\n", `"Mon 09:00-09:50", "Wed 10:00-10:50"`, "    when: [HINT, Tue 09:00-09:50]\n"},
	} {
		found := findingsOf(t, plantest.Texts{"plan.yaml": strings.Replace(layoutPlan, right, c.wrong, 1)}, "plan.yaml")
		if len(found) != 1 || c.hint != "" && found[0].Hint != before+c.hint {
			t.Errorf("%q: got\n%s", c.wrong, plantest.Show(found))
			continue
		}
		if c.hint == "" {
			c.hint, c.fixed = strings.TrimPrefix(found[0].Hint, before), "    HINT\n"
		}
		pasted := strings.Replace(c.fixed, "HINT", strings.ReplaceAll(c.hint, "\n", "\n      "), 1)
		if left := findingsOf(t, plantest.Texts{"plan.yaml": strings.Replace(layoutPlan, right, pasted, 1)}, "plan.yaml"); strings.Contains(plantest.Show(left), "error") {
			t.Errorf("%q: with its hint %q\n%s", c.wrong, pasted, plantest.Show(left))
		}
	}
}

// TestNoHintDropsAKeyOfATime: what a key means that is not a day or a time would be lost.
func TestNoHintDropsAKeyOfATime(t *testing.T) {
	for _, wrong := range []string{
		"{Mon: [09:00-09:50, 10:00-10:50], foo: bar}", "{Mon: 09:00-09:50, timezone: Europe/Berlin}", "{Mon: 09:00-09:50, Wed: 10:00-10:50, skip: exams}",
		"{day: Mon, time: 09:00-09:50, until: 2031-12-19}", "{day: Mon, from: 2031-09-01, until: 2031-12-19, time: 09:00-09:50}",
		"{day: Mon, days: Tue, start: 9:00, end: 10:00}", "{Mon: 09:00-09:50, Wed: {start: 10:00}}", "{day: Mon, start: 09:00, end: 09:50, foo: {}}",
		"{day: Mon, start: 09:00, end: 09:50, foo: }", "{day: Mon, start: 09:00}", "{Mon: [09:00-09:50, soon]}", "{Mon: []}",
	} {
		for _, lead := range []string{"    when: ", "    when:\n      - "} {
			found := findingsOf(t, plantest.Texts{"plan.yaml": strings.Replace(layoutPlan, "    when: Mon 09:00-09:50\n", lead+wrong+"\n", 1)}, "plan.yaml")
			if len(found) == 0 || strings.Contains(plantest.Show(found), "write it without keys") {
				t.Errorf("%q: got\n%s", wrong, plantest.Show(found))
			}
		}
	}
}
