package rules

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// school is a plan without errors in which each definition is used and each day of a calendar has a class.
const school = `version: 1
name: hillside
account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}
apps: {main: {id: "${AGORA_APP_ID}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: hillside-videos, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}"}
cdn:
  parents: rtmps://live.hillside.example/app/${STREAM_KEY}
calendars:
  term: 2031-09-01..2031-12-19
  holidays: [2031-10-03]
defaults:
  timezone: Europe/Berlin
  url: https://hillside.example/rooms/{id}
  only: term
  skip: holidays
recordings:
  room-1:
    when: Mon Wed 09:00-09:50
  room-2:
    when: [Tue 10:00-11:30, Fri 10:00-11:30]
  room-3:
    when: Thu 14:00-14:50
    cdn: parents
`

// schoolFindings are the findings of school after pairs of an old and a new text, but for notes.
func schoolFindings(t *testing.T, oldNew ...string) []plan.Finding {
	t.Helper()
	text := school
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the plan has no %q", oldNew[i])
		}
		text = strings.Replace(text, oldNew[i], oldNew[i+1], 1)
	}
	var list []plan.Finding
	for _, f := range findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml") {
		if f.Severity != plan.SeverityInformation {
			list = append(list, f)
		}
	}
	return list
}

// TestAnErrorHasNoFindingsThatFollowFromIt: whoever reads that a holiday or a target is not needed removes it.
func TestAnErrorHasNoFindingsThatFollowFromIt(t *testing.T) {
	for name, edit := range map[string][]string{
		"no mistake":                    {},
		"a recording within another":    {"  room-2:\n    when", "    room-2:\n      when"},
		"an id that is taken":           {"room-2:", "room-1:"},
		"an id that is not valid":       {"room-2:", "Räume:"},
		"keys at the column of ids":     {"    when: Thu 14:00-14:50\n    cdn", "  when: Thu 14:00-14:50\n  cdn"},
		"a key in capitals":             {"cdn: parents", "CDN: parents"},
		"a target that is not defined":  {"cdn: parents", "cdn: parent"},
		"a calendar of another name":    {"only: term", "only: autumn"},
		"no only":                       {"  only: term\n", ""},
		"recordings under another key":  {"recordings:", "recording:"},
		"a recording without its space": {"    when: Thu 14:00-14:50\n    cdn: parents", "    cdn:parents"},
		"a recording as a list":         {"    when: [Tue 10:00-11:30, Fri 10:00-11:30]", "  - when: [Tue 10:00-11:30, Fri 10:00-11:30]"},
		"a list of recordings in parts": {"  room-1:\n    when: Mon Wed 09:00-09:50\n  room-2:\n    when: [Tue 10:00-11:30, Fri 10:00-11:30]\n  room-3:", "  - room-1\n  - room-2\n  - room-3:"},
		"a key twice":                   {"    cdn: parents", "    cdn: none\n    cdn: parents"},
	} {
		for _, f := range schoolFindings(t, edit...) {
			if f.Severity == plan.SeverityWarning {
				t.Errorf("%s: %s", name, plantest.Show([]plan.Finding{f}))
			}
		}
	}
}

// TestAnErrorElsewhereHidesNothing: what does not follow from an error is told with it.
func TestAnErrorElsewhereHidesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		edit []string
		want string
	}{
		"a target that nobody uses":    {[]string{"    cdn: parents\n", "    vidoe: 720p\n"}, "unused-definition"},
		"a holiday in another year":    {[]string{"[2031-10-03]", "[2030-10-04]", "cdn: parents", "CDN: parents"}, "calendar-matches-nothing"},
		"a target beside wrong labels": {[]string{"cdn: parents", "labels: [berlin]"}, "unused-definition"},
	} {
		var rules []string
		for _, f := range schoolFindings(t, c.edit...) {
			rules = append(rules, f.Rule)
		}
		if !strings.Contains(strings.Join(rules, " "), c.want) {
			t.Errorf("%s: the findings are of %v", name, rules)
		}
	}
}

func TestADefaultSkipThatIsReplacedIsNamed(t *testing.T) {
	const exams = "  exams: 2031-09-02\n"
	for name, c := range map[string]struct {
		edit []string
		want string
	}{
		"replaced": {
			[]string{"  holidays:", exams + "  holidays:", "Fri 10:00-11:30]", "Fri 10:00-11:30]\n    skip: exams"},
			"room-2 has a class then, since its own skip replaces that of defaults; to skip holidays there too, write skip: [holidays, exams]",
		},
		"replaced in two": {
			[]string{
				"  holidays:", exams + "  holidays:", "Fri 10:00-11:30]", "Fri 10:00-11:30]\n    skip: exams",
				"    when: Thu 14:00-14:50", "    when: Tue Fri 14:00-14:50\n    skip: exams",
			},
			"room-2 and room-3 have a class then, since their own skip replaces that of defaults; to skip holidays there too, add it to their skip",
		},
		"defaults below recordings": {
			[]string{
				"  holidays:", exams + "  holidays:", "Fri 10:00-11:30]", "Fri 10:00-11:30]\n    skip: exams",
				"defaults:\n  timezone: Europe/Berlin\n  url: https://hillside.example/rooms/{id}\n  only: term\n  skip: holidays\n", "",
				"    cdn: parents\n", "    cdn: parents\ndefaults:\n  timezone: Europe/Berlin\n  url: https://hillside.example/rooms/{id}\n  only: term\n  skip: holidays\n",
				"  room-1:\n    when: Mon Wed 09:00-09:50\n", "",
			},
			"room-2 has a class then, since its own skip replaces that of defaults; to skip holidays there too, write skip: [holidays, exams]",
		},
		"none on purpose": {
			[]string{"Fri 10:00-11:30]", "Fri 10:00-11:30]\n    skip: none"},
			"check the year and the days of the week, or remove the entry",
		},
		"another year": {
			[]string{"[2031-10-03]", "[2032-10-03]"},
			"check the year and the days of the week, or remove the entry",
		},
	} {
		found := false
		for _, f := range schoolFindings(t, c.edit...) {
			if f.Rule != "calendar-matches-nothing" {
				continue
			}
			found = true
			if f.Hint != c.want {
				t.Errorf("%s: got\n\t%s\nwant\n\t%s", name, f.Hint, c.want)
			}
		}
		if !found {
			t.Errorf("%s: no finding", name)
		}
	}
}
