package load

import (
	"strings"
	"testing"

	"rundown/plan/plantest"
)

func TestHintsForABitrateInAnotherUnit(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n    video: {width: 1280, height: 720, bitrate: "
	const range50 = " and must be 50 to 8000 (editions of the documentation disagree: no range in API pages since 2024-04; composite mode stops at 6500)"
	const kbits = "write kbit/s as a whole number, as in bitrate: 2000"
	holdHints(t, []hintCase{
		{when + "2000000}", "bitrate is 2000000" + range50, "write bitrate: 2000; it is in kbit/s, and 2000000 looks like bit/s", when + "2000}"},
		{when + "500000}", "bitrate is 500000" + range50, "write bitrate: 500; it is in kbit/s, and 500000 looks like bit/s", when + "500}"},
		{when + "12000}", "bitrate is 12000" + range50, "write bitrate: 8000; it is in kbit/s", when + "8000}"},
		{when + "100000}", "bitrate is 100000" + range50, "write bitrate: 8000; it is in kbit/s", when + "8000}"},
		{when + "9000000}", "bitrate is 9000000" + range50, "write bitrate: 8000; it is in kbit/s", when + "8000}"},
		{when + "2000500}", "bitrate is 2000500" + range50, "write bitrate: 8000; it is in kbit/s", when + "8000}"},
		{when + "2}", "bitrate is 2" + range50, "it is in kbit/s, as in bitrate: 2000", ""},
		{when + "4}", "bitrate is 4" + range50, "it is in kbit/s, as in bitrate: 2000", ""},
		{when + "49}", "bitrate is 49" + range50, "it is in kbit/s, as in bitrate: 2000", ""},
		{when + "0}", "bitrate is 0" + range50, "it is in kbit/s, as in bitrate: 2000", ""},
		{when + "2Mbit}", "bitrate takes a whole number, not text", "write 2000, in kbit/s", when + "2000}"},
		{when + "2.5 Mbit/s}", "bitrate takes a whole number, not text", "write 2500, in kbit/s", when + "2500}"},
		{when + "2000k}", "bitrate takes a whole number, not text", "write 2000, in kbit/s", when + "2000}"},
		{when + "1500 kbps}", "bitrate takes a whole number, not text", "write 1500, in kbit/s", when + "1500}"},
		{when + "20Mbit}", "bitrate takes a whole number, not text", kbits, ""},
		{when + "high}", "bitrate takes a whole number, not text", kbits, ""},
		{when + "2MB}", "bitrate takes a whole number, not text", kbits, ""},
	})
}

// TestHintsThatWouldBePaidFor: the nearest value that is allowed is not what was meant.
func TestHintsThatWouldBePaidFor(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	holdHints(t, []hintCase{
		{when + "    redundancy: 10", "redundancy is 10 and must be at most 4", "write 1 to 4: so many sessions record each class, and each is billed", ""},
		{when + "    redundancy: 0", "redundancy is 0 and must be at least 1", "write redundancy: 1", when + "    redundancy: 1"},
		{when + "    audio_profile: 5", "audio_profile is 5 and must be one of 0, 1, 2", "write 0, 1 or 2", ""},
		{when + "    audio_profile: -1", "audio_profile is -1 and must be one of 0, 1, 2", "write 0, 1 or 2", ""},
	})
}

func TestHintsForFrameRatesAreWrittenAsTheVideoIs(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n    video: "
	const listed = "fps is 25, and profiles are listed for 1, 7, 10, 15, 24, 30, 60 only; the service may use 15 instead (editions of the documentation disagree)"
	holdHints(t, []hintCase{
		{when + "720p25", listed, "write video: 720p24", when + "720p24"},
		{when + `"720p25"`, listed, "write video: 720p24", when + `"720p24"`},
		{when + "{width: 1280, height: 720, fps: 25}", listed, "write fps: 24", ""},
	})
}

func TestHintsForCronTextAndBareHours(t *testing.T) {
	const bare = "write weekdays and a time as Mon Wed 09:00-09:50, or a date and a time as 2031-12-17 08:00-11:00"
	holdHints(t, []hintCase{
		{"    when: 0 9 * * MON", `"0 9 * * MON" is a cron expression, which needs the length of a class`, `write {cron: "0 9 * * MON", duration: 50m}, with the length of a class as duration`, ""},
		{"    when: \"*/30 8-15 * * 1-5\"", `"*/30 8-15 * * 1-5" is a cron expression, which needs the length of a class`, `write {cron: "*/30 8-15 * * 1-5", duration: 50m}, with the length of a class as duration`, ""},
		{"    when: [\"0 9 * * MON\"]", `"0 9 * * MON" is a cron expression, which needs the length of a class`, `write {cron: "0 9 * * MON", duration: 50m}, with the length of a class as duration`, ""},
		{"    when: Mon Wed 9-10", `"Mon Wed 9-10" has no time`, "if 9-10 is the time, write Mon Wed 09:00-10:00", ""},
		{"    when: Mon-Fri 14-16", `"Mon-Fri 14-16" has no time`, "if 14-16 is the time, write Mon-Fri 14:00-16:00", ""},
		{"    when: Mon 10-9", `"Mon 10-9" has no time`, bare, ""},
		{"    when: Mon 9-25", `"Mon 9-25" has no time`, bare, ""},
		{"    when: 0 99 * * MON", `"0 99 * * MON" has no time`, bare, ""},
	})
}

func TestHintsForAMissingLevelOfKeys(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	holdHints(t, []hintCase{
		{when + "    padding: 2m", "padding needs indented keys below it, not a single value", "write it as in padding: {before: 30s, after: 2m}", ""},
		{when + "    padding: 30", "padding needs indented keys below it, not a single value", "write it as in padding: {before: 30s, after: 2m}", ""},
		{when + "    labels: [berlin]", "labels takes names with a text each, or none, not a list", "write it as in labels: {campus: berlin}", ""},
		{when + "    changes:\n      - 2031-09-15: cancelled", "changes needs indented keys below it, not a list", `write a space in place of the dash before each key below changes`, ""},
		{"    when:Mon Wed 09:00-09:50", "german-a1 needs indented keys below it, not a single value", "put a space after when:", ""},
		{"    - when: Mon Wed 09:00-09:50", "german-a1 needs indented keys below it, not a list", `write a space in place of the dash before each key below german-a1`, ""},
		{"    [a, b]", "german-a1 needs indented keys below it, not a list", "", ""},
		{"    Mon Wed 09:00-09:50", "german-a1 needs indented keys below it, not a single value", "", ""},
	})
	files := hintPlan(when)
	files["plan.yaml"] = strings.Replace(files["plan.yaml"], "calendars:", "notify: \"${DUTY_MAIL}\"\ncalendars:", 1)
	if f := findingsOf(t, files, "plan.yaml")[0]; f.Message != "notify takes a list, not text" || f.Hint != `write it as in notify: [{to: "${DUTY_MAIL}"}]` {
		t.Errorf("got\n\t%s\n\t%s", f.Message, f.Hint)
	}
}

func TestARecordingThatIsIndentedTooFarIsNamed(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	holdHints(t, []hintCase{
		{
			when + "    french-b1:\n      when: Tue 09:00-09:50", "french-b1 is indented by 4 spaces; below recordings it needs 2 spaces",
			"write it like this:\nrecordings:\n  french-b1:", when + "  french-b1:\n      when: Tue 09:00-09:50",
		},
		{when + "    french-b1:\n    when: Tue 09:00-09:50\n    labels: {floor: first}\n    video: high", `"french-b1" is not a key of a recording`, "if it is a recording, indent it like german-a1, by 2 spaces", ""},
		{when + "    foo:\n      bar: 1", `"foo" is not a key of a recording`, "rundown schema prints every key of a recording", ""},
	})
	// The keys below it are its own: they are no second ones of the recording before, and are read as if it was in its place.
	files := hintPlan(when + "    french-b1:\n    when: Tue 09:00-09:50\n    url: https://lingua.example/{none}")
	if found := findingsOf(t, files, "plan.yaml"); len(found) != 2 || found[0].Rule != ruleSyntax || found[1].Rule != "placeholder-unknown" {
		t.Errorf("got\n%s", plantest.Show(found))
	}
	files["plan.yaml"] = strings.Replace(files["plan.yaml"], "    french-b1:", "  french-b1:", 1)
	if found := findingsOf(t, files, "plan.yaml"); len(found) != 1 || found[0].Rule != "placeholder-unknown" {
		t.Errorf("in its place: got\n%s", plantest.Show(found))
	}
}

func TestHintsForWordsOfAnOffice(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	const regions, sizes = " and must be one of CN, AP, EU, NA", " is not a video size: 360p, 480p, 720p, 1080p, each also with a frame rate as in 720p30, or width and height below it"
	holdHints(t, []hintCase{
		{when + "    changes:\n      2031-09-15: {to: 10:00-11:00, reason: ill}", `"reason" is not a key of a change`, "write note", when + "    changes:\n      2031-09-15: {to: 10:00-11:00, note: ill}"},
		{when + "    changes:\n      2031-09-15: {note: moved, reason: ill}", `"reason" is not a key of a change`, "note is given here already; if note was meant, remove one of the two", ""},
		{when + "    region: Europe", `region is "Europe"` + regions, "write EU", when + "    region: EU"},
		{when + "    region: china", `region is "china"` + regions, "write CN", when + "    region: CN"},
		{when + "    region: Asia", `region is "Asia"` + regions, "write AP", when + "    region: AP"},
		{when + "    region: north america", `region is "north america"` + regions, "write NA", when + "    region: NA"},
		{when + "    video: HD", `"HD"` + sizes, "write 720p", when + "    video: 720p"},
		{when + "    video: Full HD", `"Full HD"` + sizes, "write 1080p", when + "    video: 1080p"},
		{when + "    skip: 2031-12-08..2031-12-12", `the calendar "2031-12-08..2031-12-12" is not defined (defined: autumn)`, "define the days under calendars, as in holidays: 2031-12-08..2031-12-12, and write that name here", ""},
		{when + "    titel: a\n    title: b", `"titel" is not a key of a recording`, "title is given here already; if title was meant, remove one of the two", ""},
	})
}

func TestHintsForTheOtherRegion(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	const servers = "this region is the area of Agora's servers; the region of a bucket is a key of its storage"
	holdHints(t, []hintCase{
		{when + "    region: eu-central-1", `region is "eu-central-1" and must be one of CN, AP, EU, NA`, servers, ""},
		{when + "    region: Frankfurt", `region is "Frankfurt" and must be one of CN, AP, EU, NA`, servers, ""},
		{when + "    region: eu", `region is "eu" and must be one of CN, AP, EU, NA`, "did you mean EU?", when + "    region: EU"},
	})
	for city, want := range map[string]string{
		"Frankfurt": "write eu-central-1, the region of Amazon S3 in Frankfurt", "frankfurt": "write eu-central-1, the region of Amazon S3 in frankfurt",
		"London": "write eu-west-2, the region of Amazon S3 in London", "Sao Paulo": "write sa-east-1, the region of Amazon S3 in Sao Paulo",
		"Madrid": "rundown rules storage-region-values lists all",
	} {
		files := hintPlan(when)
		files["plan.yaml"] = strings.Replace(files["plan.yaml"], "eu-central-1", city, 1)
		f := findingsOf(t, files, "plan.yaml")[0]
		if f.Hint != want {
			t.Errorf("%s: got\n\t%s\n\t%s\nwant\n\t%s", city, f.Message, f.Hint, want)
		}
		checkHints(t, files, "plan.yaml")
	}
	files := hintPlan(when)
	files["plan.yaml"] = strings.Replace(files["plan.yaml"], "vendor: s3, region: eu-central-1", "vendor: alibaba, region: Frankfurt", 1)
	if f := findingsOf(t, files, "plan.yaml")[0]; strings.Contains(f.Hint, "eu-central-1, the region") {
		t.Error("another vendor: ", f.Hint)
	}
}

func TestHintsForFoldersInOneElement(t *testing.T) {
	for prefix, want := range map[string]string{
		"videos/2031":          `write prefix: [videos, "2031"]`,
		"videos/autumn":        "write prefix: [videos, autumn]",
		"/videos/{id}/":        `write prefix: [videos, "{id}"]`,
		"[a, videos/2031]":     `write one element for each folder: videos, "2031"`,
		"videos/my-school":     "write one element for each folder",
		"videos/{plan}-{date}": "write one element for each folder",
	} {
		files := hintPlan("    when: Mon 09:00-09:50\n")
		prefixed := func(value string) plantest.Texts {
			return plantest.Texts{"plan.yaml": strings.Replace(files["plan.yaml"], "bucket: lingua-videos,", "bucket: lingua-videos, prefix: "+value+",", 1)}
		}
		if strings.Contains(prefix, "{") {
			prefix = `"` + prefix + `"`
		}
		f := findingsOf(t, prefixed(prefix), "plan.yaml")[0]
		if f.Rule != "prefix-charset" || f.Hint != want {
			t.Errorf("%s: got %s\n\t%s\nwant\n\t%s", prefix, f.Rule, f.Hint, want)
		}
		if list, ok := strings.CutPrefix(f.Hint, "write prefix: "); ok {
			for _, f := range findingsOf(t, prefixed(list), "plan.yaml") {
				t.Errorf("%s: the hint gives %s", prefix, plantest.Show(append(findingsOf(t, prefixed(list), "plan.yaml")[:0:0], f)))
			}
		}
	}
}

// TestHintsForNamesThatAreAList: what is left without its dashes must be names, not the keys of one definition.
func TestHintsForNamesThatAreAList(t *testing.T) {
	const cdn = "write a name before each, as in cdn: {live: {url: …}}"
	const calendars = "write a name before each, as in calendars: {autumn: 2031-09-15..2031-12-19}"
	for _, c := range []struct{ key, value, want string }{
		{"cdn", "\n  - url: \"${LIVE_URL}\"\n", cdn},
		{"cdn", "\n  - url: \"${LIVE_URL}\"\n    fallback: \"${OTHER_URL}\"\n", cdn},
		{"cdn", "\n  - name: live\n    url: \"${LIVE_URL}\"\n", cdn},
		{"cdn", "\n  - name: live\n", cdn},
		{"cdn", " [{url: \"${LIVE_URL}\"}]\n", cdn},
		{"cdn", "\n  - live:\n      url: \"${LIVE_URL}\"\n", `write a space in place of the dash before each key below cdn`},
		{"cdn", "\n  - live: \"${LIVE_URL}\"\n", `write a space in place of the dash before each key below cdn`},
		{"calendars", "\n  - name: autumn\n    days: 2031-09-15..2031-12-19\n", calendars},
		{"calendars", "\n  - name: autumn\n", calendars},
		{"calendars", "\n  - autumn: 2031-09-15..2031-12-19\n  - holidays: [2031-10-13]\n", `write a space in place of the dash before each key below calendars`},
		{"rules", "\n  - clock-change: off\n", `write a space in place of the dash before each key below rules`},
		{"rules", "\n  - rule: clock-change\n    severity: off\n", "write the id before each, as in rules: {clock-change: off}"},
	} {
		files := hintPlan("    when: Mon 09:00-09:50\n")
		text := files["plan.yaml"]
		if c.key == "calendars" {
			text = strings.Replace(text, "calendars: {autumn: 2031-09-15..2031-12-19}\n", "", 1)
		}
		files["plan.yaml"] = strings.Replace(text, "defaults:", c.key+":"+c.value+"defaults:", 1)
		for _, f := range findingsOf(t, files, "plan.yaml") {
			if f.Rule == "wrong-type" && f.Hint != c.want {
				t.Errorf("%s:%s: got\n\t%s\n\t%s\nwant\n\t%s", c.key, c.value, f.Message, f.Hint, c.want)
			}
		}
	}
	const when = "    when: Mon 09:00-09:50\n"
	holdHints(t, []hintCase{
		{when + "    changes:\n      - date: 2031-09-15\n        note: moved", "changes needs indented keys below it, not a list", "write the day before each, as in changes: {2031-10-20: cancelled}", ""},
		{when + "    changes:\n      - 2031-09-15:\n          to: 2031-09-16 09:00-09:50", "changes needs indented keys below it, not a list", `write a space in place of the dash before each key below changes`, ""},
	})
}

// TestHintsForCronTextThatACommaCutsOff: what stands behind the comma is part of the expression.
func TestHintsForCronTextThatACommaCutsOff(t *testing.T) {
	const message = `"0 9 * * 1" is a cron expression, which needs the length of a class`
	const whole = `write {cron: "0 9 * * 1", duration: 50m}, with the length of a class as duration`
	cut := func(days string) string {
		return `in [ ] an unquoted comma begins another entry: quote the whole expression, as in {cron: "0 9 * * ` + days + `", duration: 50m}`
	}
	holdHints(t, []hintCase{
		{"    when: [0 9 * * 1,3]", message, cut("1,3"), ""},
		{"    when: [0 9 * * 1, 3, 5]", message, cut("1,3,5"), ""},
		{"    when: [0 9 * * 1,WED]", message, cut("1,WED"), ""},
		{"    when: [0 9 * * 1, 3-5]", message, cut("1,3-5"), ""},
		{"    when: [0 9 * * 1, 3, Tue 09:00-09:50]", message, cut("1,3"), ""},
		{"    when: [0 9 * * 1]", message, whole, ""},
		{"    when: [0 9 * * 1, Wed 09:00-09:50]", message, whole, ""},
		{"    when: [\"0 9 * * 1\", \"3\"]", message, whole, ""},
	})
}

// TestAHintNamesNoRecordingThatIsNotInTheText: the names that a list of recordings is read with are not its author's.
func TestAHintNamesNoRecordingThatIsNotInTheText(t *testing.T) {
	files := hintPlan("")
	text := strings.Replace(files["plan.yaml"], "  german-a1:\n", "", 1)
	for name, c := range map[string]struct {
		list string
		want []string
	}{
		"one name each": {
			"  - math:\n      when: Mon 09:00-09:50\n  - art:\n      when: Tue 09:00-09:50\n",
			[]string{`recordings needs names of your own, each with the keys of a recording below it, not a list | write a space in place of the dash before each name below recordings`},
		},
		"a name beside keys": {
			"  - when: Mon 09:00-09:50\n    math:\n      when: Tue 09:00-09:50\n",
			[]string{
				"recordings needs names of your own, each with the keys of a recording below it, not a list | write the name before the keys: recordings: {recording-1: {when: Mon 09:00-09:50, math: …}}",
				`"math" is not a key of a recording | rundown schema prints every key of a recording`,
			},
		},
	} {
		files["plan.yaml"] = text + c.list
		var got []string
		for _, f := range findingsOf(t, files, "plan.yaml") {
			got = append(got, f.Message+" | "+f.Hint)
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
