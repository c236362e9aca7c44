package load

import (
	"fmt"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/rules"
)

func TestFindingsOfARuleBeyondTheListAreCountedAndHideNoOther(t *testing.T) {
	const recordings, keys = 300, 5
	var b strings.Builder
	b.WriteString(plantest.Base + "defaults: {timezone: Europe/Madrid, url: \"https://lingua.example/{id}\", ready_timeout: 30s}\nrecordings:\n")
	for i := range recordings {
		fmt.Fprintf(&b, "  course-%d:\n    when: 2031-10-13 19:00-19:50\n", i)
		for k := range keys {
			fmt.Fprintf(&b, "    key-%d: 1\n", k)
		}
	}
	b.WriteString("  last: {when: 2031-10-13 19:00-19:50, audio_profile: 9}\n")
	text := b.String()
	{
		_, findings, err := newLoader(plantest.Texts{}).load("plan.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		var rest plan.Finding
		for _, f := range findings {
			counts[f.Rule]++
			if strings.HasSuffix(f.Message, "not listed") {
				rest = f
			}
		}
		if counts["unknown-key"] != maxListed+1 || counts["audio-profile-values"] != 1 {
			t.Errorf("%v", counts)
		}
		want := fmt.Sprintf("%d more findings of unknown-key in this file from here on, which are not listed", recordings*keys-maxListed)
		line := strings.Split(text, "\n")[max(rest.Pos.Line, 1)-1]
		if rest.Message != want || line != "    key-0: 1" || rest.Severity != plan.SeverityError {
			t.Errorf("%+v at %q, want %q", rest, line, want)
		}
	}
}

func TestAnIgnoreThatMayBeForAFindingThatIsCountedIsNotUnused(t *testing.T) {
	var b strings.Builder
	b.WriteString(plantest.Base + "defaults: {timezone: Europe/Madrid, url: \"https://lingua.example/{id}\", ready_timeout: 30s}\nrecordings:\n")
	for i := range maxListed + 1 {
		fmt.Fprintf(&b, "  course-%d: {when: 2031-10-13 19:00-19:50, audio_profile: 9} # rundown:ignore audio-profile-values a test\n", i)
	}
	p, findings, err := Load(plantest.Texts{"plan.yaml": b.String()}, "plan.yaml")
	if err != nil || len(findings) != 1 || !strings.Contains(findings[0].Message, "1 more finding of") {
		t.Fatalf("%v\n%s", err, plantest.Show(findings))
	}
	for _, f := range rules.Check(p, rules.Options{Now: plantest.September}) {
		if f.Rule == "unused-ignore" {
			t.Fatal(f)
		}
	}
}
