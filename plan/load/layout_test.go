package load

import (
	"reflect"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// layoutPlan is a plan as beginners write it, a key on each line.
const layoutPlan = `version: 1
name: lingua
account:
  customer_id: ${AGORA_CUSTOMER_ID}
  customer_secret: ${AGORA_CUSTOMER_SECRET}
apps:
  main:
    id: ${AGORA_APP_ID}
storage:
  videos:
    vendor: s3
    region: eu-central-1
    bucket: lingua-videos
    access_key: ${S3_ACCESS_KEY}
    secret_key: ${S3_SECRET_KEY}
calendars:
  autumn: 2031-09-15..2031-12-19
defaults:
  timezone: Europe/Madrid
  ready_timeout: 30s
  only: autumn
recordings:
  german-a1:
    url: https://lingua.example/german-a1
    when: Mon 09:00-09:50
    padding:
      before: 30s
      after: 1m
  english-b2:
    url: https://lingua.example/english-b2
    when: Tue 09:00-09:50
`

// TestEachMistakeOfLayoutIsOneError makes one mistake in a plan, and follows its hint.
func TestEachMistakeOfLayoutIsOneError(t *testing.T) {
	const url, when = "    url: https://lingua.example/german-a1\n", "    when: Mon 09:00-09:50\n"
	const recordings = "  german-a1:\n" + url + when + "    padding:\n      before: 30s\n      after: 1m\n  english-b2:\n    url: https://lingua.example/english-b2\n    when: Tue 09:00-09:50\n"
	const under = "write it like this:\n  german-a1:\n    "
	for _, c := range []struct{ right, wrong, message, hint string }{
		{when, "  when: Mon 09:00-09:50\n", "25:3 when is indented by 2 spaces; below german-a1 it needs 4 spaces", under + "when: Mon 09:00-09:50"},
		{when, "when: Mon 09:00-09:50\n", "25:1 when is not indented; below german-a1 it needs 4 spaces", under + "when: Mon 09:00-09:50"},
		{when, "   when: Mon 09:00-09:50\n", "25:4 when is indented by 3 spaces; below german-a1 it needs 4 spaces", under + "when: Mon 09:00-09:50"},
		{when, "     when: Mon 09:00-09:50\n", "25:6 when is indented by 5 spaces; below german-a1 it needs 4 spaces", under + "when: Mon 09:00-09:50"},
		{when, "      when: Mon 09:00-09:50\n", "25:7 when is indented by 6 spaces; below german-a1 it needs 4 spaces", under + "when: Mon 09:00-09:50"},
		{url, "  url: https://lingua.example/german-a1\n", "24:3 url is indented by 2 spaces; below german-a1 it needs 4 spaces", under + "url: …"},
		{url, "   url: https://lingua.example/german-a1\n", "24:4 url is indented by 3 spaces; below german-a1 it needs 4 spaces", under + "url: …"},
		{url, "      url: https://lingua.example/german-a1\n", "24:7 url is indented by 6 spaces; below german-a1 it needs 4 spaces", under + "url: …"},
		{
			url + when, "  url: https://lingua.example/german-a1\n  when: Mon 09:00-09:50\n",
			"24:3 url and what follows up to line 25 are indented by 2 spaces; below german-a1 they need 4 spaces", under + "url: …\n    when: Mon 09:00-09:50",
		},
		{"  german-a1:\n", "german-a1:\n", "23:1 german-a1 is not indented; below recordings it needs 2 spaces", "write it like this:\nrecordings:\n  german-a1:"},
		{"  english-b2:\n", "english-b2:\n", "29:1 english-b2 is not indented; below recordings it needs 2 spaces", "write it like this:\nrecordings:\n  english-b2:"},
		{"  english-b2:\n", " english-b2:\n", "29:2 english-b2 is indented by 1 space; below recordings it needs 2 spaces", "write it like this:\nrecordings:\n  english-b2:"},
		{"  english-b2:\n", "    english-b2:\n", "29:5 english-b2 is indented by 4 spaces; below recordings it needs 2 spaces", "write it like this:\nrecordings:\n  english-b2:"},
		{
			recordings, strings.ReplaceAll(recordings[2:], "\n  ", "\n"), "23:1 german-a1 and what follows up to line 31 are not indented; below recordings they need 2 spaces",
			"write it like this:\nrecordings:\n  german-a1:\n    url: …\n    when: Mon 09:00-09:50\n    padding:",
		},
		{"      before: 30s\n", "    before: 30s\n", "27:5 before is indented by 4 spaces; below padding it needs 6 spaces", "write it like this:\n    padding:\n      before: 30s"},
		{"      before: 30s\n      after: 1m\n", "    before: 30s\n    after: 1m\n", "27:5 before and what follows up to line 28 are indented by 4 spaces; below padding they need 6 spaces", "write it like this:\n    padding:\n      before: 30s\n      after: 1m"},
		{"  timezone:", "timezone:", "19:1 timezone is not indented; below defaults it needs 2 spaces", "write it like this:\ndefaults:\n  timezone: Europe/Madrid"},
		{"  ready_timeout:", "    ready_timeout:", "20:5 ready_timeout is indented by 4 spaces; below defaults it needs 2 spaces", "write it like this:\ndefaults:\n  ready_timeout: 30s"},
		{"    id:", "  id:", "8:3 id is indented by 2 spaces; below main it needs 4 spaces", "write it like this:\n  main:\n    id: ${AGORA_APP_ID}"},
		{"    bucket:", "  bucket:", "13:3 bucket is indented by 2 spaces; below videos it needs 4 spaces", "write it like this:\n  videos:\n    bucket: lingua-videos"},
		{"  customer_secret:", "customer_secret:", "5:1 customer_secret is not indented; below account it needs 2 spaces", "write it like this:\naccount:\n  customer_secret: ${AGORA_CUSTOMER_SECRET}"},
		{"  autumn: 2", "autumn: 2", "17:1 autumn is not indented; below calendars it needs 2 spaces", "write it like this:\ncalendars:\n  autumn: 2031-09-15..2031-12-19"},
		{"name:", " name:", "2:2 name is indented by 1 space; here it needs no space", "write it like this:\nname: lingua"},
		{"version:", "  version:", "1:3 version is indented by 2 spaces; here it needs no space", "write it like this:\nversion: 1"},

		{when, "\twhen: Mon 09:00-09:50\n", "25:2 a tab stands where YAML needs spaces", "write 4 spaces before when in place of tabs"},
		{when, "  \twhen: Mon 09:00-09:50\n", "25:4 a tab stands where YAML needs spaces", "write 4 spaces before when in place of tabs"},

		{"  german-a1:\n", "  german-a1\n", "23:3 german-a1 is not followed by a colon", "write german-a1:"},
		{"recordings:\n", "recordings\n", "22:1 recordings is not followed by a colon", "write recordings:"},
		{"    when: Mon", "    when Mon", "25:5 when is not followed by a colon and a space", "write when: Mon 09:00-09:50"},
		{"    when: Mon", "    when:Mon", "25:5 when is not followed by a colon and a space", "write when: Mon 09:00-09:50"},
		{"    when: Mon", "    when = Mon", "25:5 when is not followed by a colon and a space", "write when: Mon 09:00-09:50"},
		{"    when: Mon", "    when： Mon", "25:5 when is not followed by a colon and a space", "write when: Mon 09:00-09:50"},
		{"    url: https://lingua.example/german-a1", "    url https://lingua.example/german-a1", "24:5 url is not followed by a colon and a space", "write url: …"},
		{"when: Mon 09", "when: Mon: 09", "25:5 a colon and a space stand in the time of when", "write when: Mon 09:00-09:50"},
		{when, when + "    title: German: A1\n", "26:5 YAML reads more than a text in this title", `put it in quotes: title: "German: A1"`},
		{when, when + "    title: [A1] German\n", "26:5 YAML reads more than a text in this title", `put it in quotes: title: "[A1] German"`},
		{when, when + "    title: @home\n", "26:5 YAML reads more than a text in this title", `put it in quotes: title: "@home"`},
		{when, when + "    labels: {a: b}}\n", "26:19 the } closes nothing", "remove it"},
	} {
		if strings.Count(layoutPlan, c.right) != 1 {
			t.Fatal(c.right)
		}
		text := strings.Replace(layoutPlan, c.right, c.wrong, 1)
		found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
		place, message, _ := strings.Cut(c.message, " ")
		if len(found) != 1 || found[0].Message != message || found[0].Hint != c.hint || !strings.Contains(plantest.Show(found), ":"+place+"-") {
			t.Errorf("%q: got\n%s", c.wrong, plantest.Show(found))
			continue
		}
		fixed := string(found[0].Fix.Apply([]byte(text)))
		if found[0].Fix.IsZero() {
			l := findLayout(plan.NewSource("plan.yaml", []byte(text)), reflect.TypeFor[rootFile](), &layoutBudget{bytes: mostLayoutRead})
			fixed = strings.Join(l.lines, "\n")
		}
		if left := findingsOf(t, plantest.Texts{"plan.yaml": fixed}, "plan.yaml"); len(left) > 0 {
			t.Errorf("%q: with its hint\n%s\n%s", c.wrong, fixed, plantest.Show(left))
		}
	}
}

// TestTheSameMistakeInEachRecordingIsToldOfEach: a beginner makes it everywhere.
func TestTheSameMistakeInEachRecordingIsToldOfEach(t *testing.T) {
	for _, wrong := range []string{"  when:", "      when:", "\twhen:"} {
		text := strings.ReplaceAll(layoutPlan, "    when:", wrong)
		found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
		if len(found) != 2 || found[0].Pos.Line != 25 || found[1].Pos.Line != 31 {
			t.Errorf("%q: got\n%s", wrong, plantest.Show(found))
			continue
		}
		fixed := found[1].Fix.Apply([]byte(text))
		fixed = found[0].Fix.Apply(fixed)
		if left := findingsOf(t, plantest.Texts{"plan.yaml": string(fixed)}, "plan.yaml"); len(left) > 0 {
			t.Errorf("%q: with the hints\n%s", wrong, plantest.Show(left))
		}
	}
}

// TestOtherMistakesBesideALayoutAreToldWhereTheyAre: what is read of a changed line keeps its place.
func TestOtherMistakesBesideALayoutAreToldWhereTheyAre(t *testing.T) {
	text := strings.Replace(layoutPlan, "    when: Mon 09:00-09:50", "  when: Mon 09:00-09:99", 1)
	found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
	if len(found) != 2 || found[0].Rule != ruleSyntax || found[1].Rule != "when-syntax" || found[1].Pos.Line != 25 || found[1].Pos.Column != 9 {
		t.Errorf("got\n%s", plantest.Show(found))
	}
}

// TestAListInPlaceOfKeysIsOneError: the dashes are too much, or names stand where YAML has none.
func TestAListInPlaceOfKeysIsOneError(t *testing.T) {
	const german = "  german-a1:\n    url: https://lingua.example/german-a1\n    when: Mon 09:00-09:50\n"
	const head, tail = "    padding:\n      before: 30s\n      after: 1m\n", "  english-b2:\n    url: https://lingua.example/english-b2\n    when: Tue 09:00-09:50\n"
	const dashes = "write a space in place of the dash before each "
	undashed := func(text string) string { return strings.ReplaceAll(text, "- ", "  ") }
	for _, c := range []struct{ right, wrong, hint string }{
		{german + head, "  german-a1:\n    - url: https://lingua.example/german-a1\n    - when: Mon 09:00-09:50\n", dashes + "key below german-a1"},
		{german + head, "  german-a1:\n    - url: https://lingua.example/german-a1\n      when: Mon 09:00-09:50\n", dashes + "key below german-a1"},
		{german + head, "  german-a1:\n  - url: https://lingua.example/german-a1\n    when: Mon 09:00-09:50\n", dashes + "key below german-a1"},
		{head, "    padding:\n      - before: 30s\n      - after: 1m\n", dashes + "key below padding"},
		{"  autumn: 2", "  - autumn: 2", dashes + "key below calendars"},
		{"  timezone: Europe/Madrid\n  ready_timeout: 30s\n  only: autumn\n", "- timezone: Europe/Madrid\n- ready_timeout: 30s\n- only: autumn\n", dashes + "key below defaults"},
		{german + head + tail, "- german-a1:\n    url: https://lingua.example/german-a1\n    when: Mon 09:00-09:50\n", dashes + "name below recordings"},
		{
			german + head + tail, "  - name: german-a1\n    url: https://lingua.example/german-a1\n    when: Mon 09:00-09:50\n  - name: b2\n    url: https://lingua.example/b2\n    when: Tue 09:00-09:50\n",
			"write the name before the keys: recordings: {german-a1: {url: https://lingua.example/german-a1, when: Mon 09:00-09:50}}",
		},
		{
			german + head + tail, "  - name: German A1\n    url: https://lingua.example/german-a1\n    when: Mon 09:00-09:50\n",
			"write the name before the keys: recordings: {german-a1: {title: German A1, url: https://lingua.example/german-a1, when: Mon 09:00-09:50}}",
		},
		{
			german + head + tail, "  - german-a1:\n    url: https://lingua.example/german-a1\n    when: Mon 09:00-09:50\n",
			"write the name before the keys: recordings: {german-a1: {url: https://lingua.example/german-a1, when: Mon 09:00-09:50}}",
		},
		{"  main:\n    id: ${AGORA_APP_ID}\n", "  - name: main\n    id: ${AGORA_APP_ID}\n", "write the name before the keys: apps: {main: {id: …}}"},
		{"    when: Mon 09:00-09:50\n", "    when: {Mon: 09:00-09:50}\n", "write it without keys: when: Mon 09:00-09:50"},
		{"    when: Mon 09:00-09:50\n", "    when:\n      Mon: 09:00-09:50\n      Wed: [9:00-9:50, 11:00-11:50]\n", `write it without keys: when: ["Mon 09:00-09:50", "Wed 9:00-9:50", "Wed 11:00-11:50"]`},
		{"    when: Mon 09:00-09:50\n", "    when:\n      day: Monday\n      start: 9:00\n      end: 9:50\n", "write it without keys: when: Monday 9:00-9:50"},
		{"    when: Mon 09:00-09:50\n", "    when:\n      - Mon: 09:00-09:50\n", "write it without keys: - Mon 09:00-09:50"},
		{"    when: Mon 09:00-09:50\n", "    when: {soon: maybe}\n", whenHint},
	} {
		if strings.Count(layoutPlan, c.right) != 1 {
			t.Fatal(c.right)
		}
		found := findingsOf(t, plantest.Texts{"plan.yaml": strings.Replace(layoutPlan, c.right, c.wrong, 1)}, "plan.yaml")
		if len(found) != 1 || found[0].Hint != c.hint {
			t.Errorf("%q: got\n%s", c.wrong, plantest.Show(found))
		}
		if strings.HasPrefix(c.hint, dashes) {
			fixed := strings.Replace(layoutPlan, c.right, undashed(c.wrong), 1)
			if left := findingsOf(t, plantest.Texts{"plan.yaml": fixed}, "plan.yaml"); len(left) > 0 {
				t.Errorf("%q: with its hint\n%s", c.wrong, plantest.Show(left))
			}
		}
		if _, entry, _ := strings.Cut(c.hint, "recordings: "); strings.HasPrefix(c.hint, "write the name before the keys: recordings") {
			fixed := strings.Replace(layoutPlan, "recordings:\n"+c.right, "recordings: "+entry+"\n", 1)
			if left := findingsOf(t, plantest.Texts{"plan.yaml": fixed}, "plan.yaml"); len(left) > 0 {
				t.Errorf("%q: with its hint\n%s", c.wrong, plantest.Show(left))
			}
		}
	}
}

// TestWhatFollowsFromAMistakeIsNotTold: a key in capitals is not missing too, and a recording that could not be read needs no url.
func TestWhatFollowsFromAMistakeIsNotTold(t *testing.T) {
	for _, c := range []struct{ right, wrong, message string }{
		{"when: Mon 09:00-09:50\n", "when: Mon 09:00-09:50\"\n", `"Mon 09:00-09:50\"" has a quote at one end only`},
		{"url: https://lingua.example/german-a1", "url: ${PAGE}", "a url may use exposed variables only, and ${PAGE} is not exposed"},
		{"    when: Mon", "    When: Mon", `"When" is not a key of a recording`},
		{"recordings:", "recording:", `"recording" is not a key of a plan`},
		{"  english-b2:\n    url: https://lingua.example/english-b2\n    when: Tue 09:00-09:50\n", "  english-b2:\n", "english-b2 is empty; it needs indented keys below it"},
		{"  english-b2:\n    url: https://lingua.example/english-b2\n    when: Tue 09:00-09:50\n", "  english-b2: Tue 09:00-09:50\n", "english-b2 needs indented keys below it, not a single value"},
	} {
		found := findingsOf(t, plantest.Texts{"plan.yaml": strings.Replace(layoutPlan, c.right, c.wrong, 1)}, "plan.yaml")
		if len(found) != 1 || found[0].Message != c.message {
			t.Errorf("%q: got\n%s", c.wrong, plantest.Show(found))
		}
	}
}
