package rules

import (
	"slices"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// schoolRules are the rules of the findings of school after edits, without notes.
func schoolRules(t *testing.T, edit ...string) []string {
	t.Helper()
	var list []string
	for _, f := range schoolFindings(t, edit...) {
		list = append(list, f.Rule)
	}
	return list
}

// TestAnIncludeThatMayBeMissingHidesNothing: a plan may allow that a pattern matches no file, and is whole without it.
func TestAnIncludeThatMayBeMissingHidesNothing(t *testing.T) {
	const unused = "calendars:\n  unused: 2031-09-01\n"
	for name, top := range map[string]string{
		"off":     "include: [\"overrides/*.yaml\"]\nrules: {include-not-found: off}\n",
		"note":    "include: [\"overrides/*.yaml\"]\nrules: {include-not-found: note}\n",
		"warning": "include: [\"overrides/*.yaml\"]\nrules: {include-not-found: warning}\n",
		"ignored": "# rundown:ignore include-not-found they are optional\ninclude: [\"overrides/*.yaml\"]\n",
	} {
		edit := []string{"name: hillside\n", "name: hillside\n" + top, "calendars:\n", unused, "2031-09-01..2031-12-19", "2025-09-01..2025-12-19", "[2031-10-03]", "[2025-10-03]"}
		rules := schoolRules(t, edit...)
		for _, want := range []string{"unused-definition", "nothing-ahead"} {
			if !slices.Contains(rules, want) {
				t.Errorf("%s: no %s, but %v", name, want, rules)
			}
		}
	}
	edit := []string{"name: hillside\n", "name: hillside\ninclude: [\"overrides/*.yaml\"]\n", "calendars:\n", unused}
	if rules := schoolRules(t, edit...); !slices.Equal(rules, []string{"include-not-found"}) {
		t.Errorf("an error: %v", rules)
	}
}

// TestNoRecordingsOnPurposeHideNothing: where the mapping is there and empty, nothing is left to be read.
func TestNoRecordingsOnPurposeHideNothing(t *testing.T) {
	before, _, _ := strings.Cut(school, "recordings:")
	find := func(text string) []string {
		var rules []string
		for _, f := range findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml") {
			if f.Severity != plan.SeverityInformation {
				rules = append(rules, f.Rule)
			}
		}
		return rules
	}
	if rules := find(before + "recordings: {}\n"); !slices.Contains(rules, "unused-definition") {
		t.Errorf("an empty mapping: %v", rules)
	}
	if rules := find(before); !slices.Equal(rules, []string{"missing-key"}) {
		t.Errorf("no key: %v", rules)
	}
}

// TestUnboundedTimesThatAreNoErrorHideNoCalendar: only an error is mended, perhaps with a calendar that is not used yet.
func TestUnboundedTimesThatAreNoErrorHideNoCalendar(t *testing.T) {
	unused := []string{"calendars:\n", "calendars:\n  unused: 2031-09-01\n", "    cdn: parents\n", "    cdn: parents\n    only: none\n"}
	for name, edit := range map[string][]string{
		"off":     {"name: hillside\n", "name: hillside\nrules: {unbounded: off}\n"},
		"warning": {"name: hillside\n", "name: hillside\nrules: {unbounded: warning}\n"},
		"ignored": {"    when: Thu 14:00-14:50\n", "    when: Thu 14:00-14:50  # rundown:ignore unbounded it runs all year\n"},
	} {
		if rules := schoolRules(t, append(edit, unused...)...); !slices.Contains(rules, "unused-definition") {
			t.Errorf("%s: %v", name, rules)
		}
	}
	if rules := schoolRules(t, unused...); !slices.Equal(rules, []string{"unbounded"}) {
		t.Errorf("an error: %v", rules)
	}
}
