package plan

import (
	"regexp"
	"strings"
	"testing"
)

// TestManyRecordingsGiveTheSameFindingsEachTime holds what several rules find at a time to what one after the other
// does.
func TestManyRecordingsGiveTheSameFindingsEachTime(t *testing.T) {
	text := termPlan(manyRecordings + 50)
	text = strings.ReplaceAll(text, "video: 1080p30", "video: {width: 1920, height: 1920}")
	text = strings.ReplaceAll(text, "rooms.lingua.example/course-2", "rooms.lingua.example/course{room}{hall}")
	text = regexp.MustCompile(`when: (Mon Wed .*)`).ReplaceAllString(text,
		`when: [$1, Mon 08:00-09:00, Sun 02:30-03:30, Sun 03:00-04:00, 2030-01-07 09:00-10:00, {cron: "0 0 31 2 *", duration: 1h}]`)
	text = regexp.MustCompile(`/course-[1-9]3\?`).ReplaceAllString(text, "/course-3?")
	text += "    changes: {2031-09-03: cancelled}\n"
	read := func() (*Plan, []Finding) {
		p, findings, err := Load(texts{"plan.yaml": text}, "plan.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return p, findings
	}
	p, loading := read()
	one := &checker{p: p, opts: CheckOptions{Now: september}}
	for _, id := range ruleIDs() {
		if rules[id].check != nil {
			one.rule = resolveRule(id)
			one.rule.check(one)
		}
	}
	want := show(Sort(p, append(loading, one.findings...)))
	for _, id := range []string{"overlap-self", "overlap-page", "clock-change", "never-happens", "in-the-past", "video-pixels-max", "placeholder-unknown", "change-matches-nothing"} {
		if !strings.Contains(want, id) {
			t.Errorf("the plan has no %s", id)
		}
	}
	for range 60 {
		p, loading := read()
		if got := show(Sort(p, append(loading, Check(p, CheckOptions{Now: september})...))); got != want {
			t.Fatalf("once\n%s\nand once\n%s", want, got)
		}
	}
}
