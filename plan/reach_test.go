package plan

import (
	"strings"
	"testing"
)

func TestAMistakeInDefaultsIsReportedOnceWithTheRecordingsItReaches(t *testing.T) {
	for _, tt := range []struct{ name, defaults, want string }{
		{"a value that is refused on loading", "  audio_profile: 3", "audio_profile is 3 and must be one of 0, 1, 2, in a, b and c"},
		{"a part of a value", "  video: {width: 1280, height: 720, fps: 99}", "fps is 99 and must be 5 to 60, in a, b and c"},
		{"a value that is refused later", "  video: 720p60", "60 frames a second are more than the 30 that are supported, in a, b and c (editions"},
		{"a value that some set themselves", "  region: SA", "region is \"SA\" and must be one of CN, AP, EU, NA, in a and c"},
		{"a name that depends on the recording", "  cname: \"{id}_live\"", "cname \"a_live\" becomes \"a-live\": !@#$%^&*()+_.=[]{}~|,;:?<> turn into hyphens, in a, b and c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := base + "defaults:\n  timezone: Europe/Madrid\n  url: \"https://lingua.example/rooms/{id}\"\n" + tt.defaults + "\n  ready_timeout: 30s\nrecordings:\n" +
				"  a: {when: 2031-10-13 19:00-19:50}\n  b: {when: 2031-10-14 19:00-19:50, region: EU}\n  c: {when: 2031-10-15 19:00-19:50}\n"
			p, findings, err := Load(texts{"plan.yaml": text}, "plan.yaml")
			if err != nil {
				t.Fatal(err)
			}
			findings = append(findings, Check(p, CheckOptions{Now: september})...)
			if len(findings) != 1 || !strings.Contains(findings[0].Message, tt.want) || !strings.HasPrefix(strings.Split(text, "\n")[findings[0].Pos.Line-1], strings.SplitAfter(tt.defaults, ":")[0]) {
				t.Errorf("got\n%swant %q at its line", show(findings), tt.want)
			}
		})
	}
}

func TestAMistakeInTheDefaultsOfAnIncludedFileReachesItsOwnRecordings(t *testing.T) {
	files := texts{
		"plan.yaml": base + "include: part.yaml\ndefaults: {timezone: Europe/Madrid, url: \"https://lingua.example/rooms/{id}\"}\nrecordings:\n  a: {when: 2031-10-13 19:00-19:50}\n",
		"part.yaml": "defaults: {audio_profile: 3}\nrecordings:\n  b: {when: 2031-10-14 19:00-19:50}\n",
	}
	_, findings, err := Load(files, "plan.yaml")
	if err != nil || len(findings) != 1 || !strings.HasSuffix(findings[0].Message, "0, 1, 2, in b") {
		t.Errorf("got %v\n%s", err, show(findings))
	}
}
