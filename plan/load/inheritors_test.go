package load_test

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/plan/rules"
)

func TestAMistakeInDefaultsIsReportedOnceWithTheRecordingsItReaches(t *testing.T) {
	for _, tt := range []struct{ name, defaults, want string }{
		{"a value that is refused on loading", "  audio_profile: 3", "audio_profile is 3 and must be one of 0, 1, 2, in a, b and c"},
		{"a part of a value", "  video: {width: 1280, height: 720, fps: 99}", "fps is 99 and must be 5 to 60, in a, b and c"},
		{"a value that is refused later", "  video: 720p60", "fps is 60, and at most 30 are supported, in a, b and c (editions"},
		{"a value that some set themselves", "  region: SA", "region is \"SA\" and must be one of CN, AP, EU, NA, in a and c"},
		{"a name that depends on the recording", "  cname: \"{id}_live\"", "cname \"a_live\" becomes \"a-live\" in file names: !@#$%^&*()+_.=[]{}~|,;:?<> are replaced by hyphens, in a, b and c"},
		{"a value of another type", "  attempts: many", "attempts takes a whole number, not text, in a, b and c"},
		{"a mapping where a text belongs", "  note: {of: two}", "note takes text, not nested keys, in a, b and c"},
		{"a name that nothing has", "  app: mian", "in a, b and c"},
		{"a reference where none may stand", "  note: \"${ROOM}\"", "in a, b and c"},
		{"a placeholder that nothing gives", "  cname: \"{rom}\"", "{rom} is neither a built-in placeholder nor a label of the recording, in a, b and c"},
		{"an address that its placeholders break", "  labels: {port: x}\n  url: \"https://lingua.example:{port}/{id}\"", "url is not a web address for recording a, once its placeholders are replaced: invalid port \":x\" after host, in a, b and c"},
		{"an address without a host", "  labels: {host: \"\"}\n  url: \"https://{host}/{id}\"", "url has no host for recording a, once its placeholders are replaced, in a, b and c"},
		{"a reference without a value", "  url: \"https://lingua.example/{id}?token=${ROOM_TOKEN}\"", "${ROOM_TOKEN} has no value: it is empty, in a, b and c"},
		{"a key that no plan has", "  atempts: 3", "\"atempts\" is not a key of defaults"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := strings.Split(tt.defaults, "\n")
			head := plantest.Base
			if strings.Contains(tt.defaults, "ROOM_TOKEN") {
				head += "expose: [ROOM_TOKEN]\n"
			}
			if !strings.Contains(tt.defaults, "url:") {
				tt.defaults += "\n  url: \"https://lingua.example/rooms/{id}\""
			}
			text := head + "defaults:\n  timezone: Europe/Madrid\n" + tt.defaults + "\n  ready_timeout: 30s\nrecordings:\n" +
				"  a: {when: 2031-10-13 19:00-19:50}\n  b: {when: 2031-10-14 19:00-19:50, region: EU}\n  c: {when: 2031-10-15 19:00-19:50}\n"
			p, findings, err := load.Load(plantest.Texts{"plan.yaml": text}, "plan.yaml")
			if err != nil {
				t.Fatal(err)
			}
			lookup := func(r plan.Reference) (string, error) { return strings.TrimPrefix(r.Name, "ROOM_TOKEN"), nil }
			findings = append(findings, rules.Check(p, rules.Options{Now: plantest.September, Lookup: lookup})...)
			if len(findings) != 1 || !strings.Contains(findings[0].Message, tt.want) || strings.Contains(findings[0].Message, ", in ") != strings.Contains(tt.want, "in a") || strings.Split(text, "\n")[findings[0].Pos.Line-1] != lines[len(lines)-1] {
				t.Errorf("got\n%swant %q at its line", plantest.Show(findings), tt.want)
			}
		})
	}
}

func TestAPrefixThatIsTooLongIsReportedOnceWithTheRecordingsItReaches(t *testing.T) {
	long := strings.Repeat("a", 129)
	text := strings.Replace(plantest.Base, "bucket:", "prefix: [\"{campus}\"], bucket:", 1) + "defaults: {timezone: Europe/Madrid, url: \"https://lingua.example/rooms/{id}\", ready_timeout: 30s, labels: {campus: " + long + "}}\nrecordings:\n"
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		text += "  " + id + ": {when: 2031-10-13 19:00-19:50}\n"
	}
	findings := rules.Check(build.Loaded(t, plantest.Texts{"plan.yaml": text}), rules.Options{Now: plantest.September})
	if len(findings) != 1 || !strings.HasSuffix(findings[0].Message, "at most 128 are allowed, in a, b, c and 2 more") {
		t.Errorf("got\n%s", plantest.Show(findings))
	}
}

func TestAMistakeInTheDefaultsOfAnIncludedFileReachesItsOwnRecordings(t *testing.T) {
	files := plantest.Texts{
		"plan.yaml": plantest.Base + "include: part.yaml\ndefaults: {timezone: Europe/Madrid, url: \"https://lingua.example/rooms/{id}\"}\nrecordings:\n  a: {when: 2031-10-13 19:00-19:50}\n",
		"part.yaml": "defaults: {audio_profile: 3}\nrecordings:\n  b: {when: 2031-10-14 19:00-19:50}\n",
	}
	_, findings, err := load.Load(files, "plan.yaml")
	if err != nil || len(findings) != 1 || !strings.HasSuffix(findings[0].Message, "0, 1, 2, in b") {
		t.Errorf("got %v\n%s", err, plantest.Show(findings))
	}
}
