package load

import (
	"strings"
	"testing"

	"rundown/plan/plantest"
)

// hintPlan is a plan with one recording, whose keys are the given lines.
func hintPlan(recording string) plantest.Texts {
	return plantest.Texts{"plan.yaml": `version: 1
name: lingua
account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}
apps: {main: {id: "${AGORA_APP_ID}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}"}
calendars: {autumn: 2031-09-15..2031-12-19}
defaults: {ready_timeout: 30s, timezone: Europe/Madrid, only: autumn, url: "https://lingua.example/{id}"}
recordings:
  german-a1:
` + recording}
}

// hintCase is a mistake, what its finding says, and the keys of the recording once the hint is followed: "" where the
// hint is not definite enough for an edit.
type hintCase struct{ wrong, message, hint, fixed string }

// holdHints fails unless each mistake gives the message and the hint, and unless the edit leads to a plan without errors.
func holdHints(t *testing.T, cases []hintCase) {
	t.Helper()
	for _, c := range cases {
		files := hintPlan(c.wrong + "\n")
		findings := findingsOf(t, files, "plan.yaml")
		if len(findings) == 0 {
			t.Errorf("%s: no finding", c.wrong)
			continue
		}
		f := findings[0]
		if f.Message != c.message || f.Hint != c.hint {
			t.Errorf("%s: got\n\t%s\n\t%s\nwant\n\t%s\n\t%s", c.wrong, f.Message, f.Hint, c.message, c.hint)
		}
		checkHints(t, files, "plan.yaml")
		if f.Fix.IsZero() != (c.fixed == "") {
			t.Errorf("%s: the edit is %+v", c.wrong, f.Fix)
			continue
		}
		if f.Fix.IsZero() {
			continue
		}
		fixed := string(f.Fix.Apply([]byte(files["plan.yaml"])))
		if want := hintPlan(c.fixed + "\n")["plan.yaml"]; fixed != want {
			t.Errorf("%s: the edit gives\n%s", c.wrong, fixed[strings.Index(fixed, "  german-a1:"):])
		}
	}
}

func TestHintsForBooleans(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	for key, takes := range map[string]string{
		"mp4": "true, false or a duration", "mobile": "true or false", "exact_start": "true or false", "preflight": "true or false",
	} {
		for value, want := range map[string]string{
			"yes": "true", "Yes": "true", "on": "true", "ON": "true", "y": "true", `"true"`: "true", "'yes'": "true",
			"no": "false", "off": "false", "Off": "false", "n": "false", `"false"`: "false",
		} {
			holdHints(t, []hintCase{{
				when + "    " + key + ": " + value, key + ` takes ` + takes + `, not text`, "write " + want, when + "    " + key + ": " + want,
			}})
		}
	}
}

func TestHintsForDaysThatDoNotExist(t *testing.T) {
	holdHints(t, []hintCase{
		{"    when: 2031-11-31 09:00-09:50", "there is no day 2031-11-31: November 2031 has 30 days", "did you mean 2031-11-30?", "    when: 2031-11-30 09:00-09:50"},
		{"    when: 2033-02-29 09:00-09:50", "there is no day 2033-02-29: February 2033 has 28 days", "did you mean 2033-02-28?", "    when: 2033-02-28 09:00-09:50"},
		{"    when: 2032-02-30 09:00-09:50", "there is no day 2032-02-30: February 2032 has 29 days", "did you mean 2032-02-29?", "    when: 2032-02-29 09:00-09:50"},
		{"    when: 2031-13-01 09:00-09:50", "there is no day 2031-13-01: months go from 01 to 12", "did you mean 2031-01-13?", ""},
		{"    when: 2031-13-32 09:00-09:50", "there is no day 2031-13-32: months go from 01 to 12", dayHint, ""},
		{"    when: 2031-00-10 09:00-09:50", "there is no day 2031-00-10: months go from 01 to 12", dayHint, ""},
		{"    when: 2031-11-32 09:00-09:50", "there is no day 2031-11-32: November 2031 has 30 days", dayHint, ""},
		{"    when: 2031-11-00 09:00-09:50", "there is no day 2031-11-00: November 2031 has 30 days", dayHint, ""},
		{"    when: 0000-01-01 09:00-09:50", "there is no day 0000-01-01: years go from 0001 to 9999", dayHint, ""},
		{
			"    when: Sun 09:00-09:50\n    changes: {2031-11-31: cancelled}", "there is no day 2031-11-31: November 2031 has 30 days",
			"did you mean 2031-11-30?", "    when: Sun 09:00-09:50\n    changes: {2031-11-30: cancelled}",
		},
		{
			"    when: Sun 09:00-09:50\n    changes: {2031-11-31 09:00: cancelled}", "there is no day 2031-11-31: November 2031 has 30 days",
			"did you mean 2031-11-30?", "    when: Sun 09:00-09:50\n    changes: {2031-11-30 09:00: cancelled}",
		},
		{
			"    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 2031-11-31 09:00-09:50}}", "there is no day 2031-11-31: November 2031 has 30 days",
			"did you mean 2031-11-30?", "    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 2031-11-30 09:00-09:50}}",
		},
		{
			"    when: Sun 09:00-09:50\n    changes: {2031-11-29..2031-11-31: cancelled}", "there is no day 2031-11-31: November 2031 has 30 days",
			"did you mean 2031-11-30?", "    when: Sun 09:00-09:50\n    changes: {2031-11-29..2031-11-30: cancelled}",
		},
	})
}

func TestHintsForWhatIsNoTimeAtAll(t *testing.T) {
	takes := func(what string) string {
		return "when takes weekdays and a time, a date and a time, or a cron entry, not " + what
	}
	holdHints(t, []hintCase{
		{"    when: 2", takes("a whole number"), whenHint, ""},
		{"    when: 9", takes("a whole number"), whenHint, ""},
		{"    when: 9.5", takes("a number with a fraction"), whenHint, ""},
		{"    when: true", takes("true or false"), whenHint, ""},
		{"    when: [9]", takes("a whole number"), whenHint, ""},
		{"    when:", "when is empty; it takes weekdays and a time, a date and a time, or a cron entry", whenHint, ""},
		{"    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 9}}", "to takes text, not a whole number", changeToHint, ""},
	})
	for _, when := range examplesIn(whenHint) {
		readsAs(t, when, []string{when})
	}
}

// examplesIn are the times that a hint shows.
func examplesIn(hint string) (list []string) {
	for _, part := range strings.Split(hint, ", or ") {
		_, example, _ := strings.Cut(part, " as ")
		list = append(list, example)
	}
	return list
}

func TestAnUnknownKeyIsToldOnOneLine(t *testing.T) {
	const when = "    when: Mon 09:00-09:50\n"
	holdHints(t, []hintCase{
		{when + "    lables: {a: b}", `"lables" is not a key of a recording`, "did you mean labels?", when + "    labels: {a: b}"},
		{when + "    foo: x", `"foo" is not a key of a recording`, "rundown schema prints every key of a recording", ""},
		{when + "    padding: {middle: 1m}", `"middle" is not a key of padding`, "padding takes after, before", ""},
	})
	for _, noun := range []string{"a recording", "padding"} {
		long := strings.Repeat("x", 200)
		place := map[string]string{"a recording": "    " + long + ": 1\n", "padding": "    padding: {" + long + ": 1}\n"}[noun]
		f := findingsOf(t, hintPlan(when+place), "plan.yaml")[0]
		if n := len(f.Message); n > 110 || len(f.Hint) > 110 {
			t.Errorf("%d characters: %s\n%s", n, f.Message, f.Hint)
		}
	}
}

func TestHintsForWordsAfterATime(t *testing.T) {
	const when = "    when: Mon 09:00-09:50"
	after := func(words string) string {
		return `"Mon 09:00-09:50 ` + words + `" has text after the time`
	}
	const zone = "write Mon 09:00-09:50; the zone belongs in timezone, as in timezone: "
	holdHints(t, []hintCase{
		{when + " Uhr", after("Uhr"), "write Mon 09:00-09:50", when},
		{when + " h", after("h"), "write Mon 09:00-09:50", when},
		{when + " o'clock", after("o'clock"), "write Mon 09:00-09:50", when},
		{when + " weekly", after("weekly"), "write Mon 09:00-09:50", when},
		{when + ", weekly", `"Mon 09:00-09:50, weekly" has text after the time`, "write Mon 09:00-09:50", when},
		{when + " every week", after("every week"), "write Mon 09:00-09:50", when},
		{when + " wöchentlich", after("wöchentlich"), "write Mon 09:00-09:50", when},
		{"    when: Mo 09:00-09:50 Uhr", `"Mo 09:00-09:50 Uhr" has text after the time`, "write Mon 09:00-09:50", when},
		{"    when: 2031-11-03 09:00-09:50 Uhr", `"2031-11-03 09:00-09:50 Uhr" has text after the time`, "write 2031-11-03 09:00-09:50", "    when: 2031-11-03 09:00-09:50"},
		{"    when: 2031-11-03 09:00-09:50 weekly", `"2031-11-03 09:00-09:50 weekly" has text after the time`, "a date is one class; write a weekday for a class in each week, as in Mon 09:00-09:50", ""},
		{when + " biweekly", after("biweekly"), "write Mon 09:00-09:50, and name the days of these weeks in a calendar for only", ""},
		{when + " every other week", after("every other week"), "write Mon 09:00-09:50, and name the days of these weeks in a calendar for only", ""},
		{when + " CET", after("CET"), zone + "Europe/Berlin", ""},
		{when + " (CEST)", after("(CEST)"), zone + "Europe/Berlin", ""},
		{when + " UTC", after("UTC"), zone + "UTC", ""},
		{when + " EST", after("EST"), zone + "America/New_York", ""},
		{when + " PST", after("PST"), zone + "America/Los_Angeles", ""},
		{when + " Europe/Berlin", after("Europe/Berlin"), zone + "Europe/Berlin", ""},
		{when + " Berlin", after("Berlin"), "write Mon 09:00-09:50; a remark for people goes in note", ""},
		{when + " UTC+1", after("UTC+1"), zone + "Europe/Berlin", ""},
		{when + " online", after("online"), "write Mon 09:00-09:50; a remark for people goes in note", ""},
		{when + " in room five", after("in room five"), "write Mon 09:00-09:50; a remark for people goes in note", ""},
	})
	spelling := func(when string) string { return `the times in "` + when + `" are not written as 09:00-09:50` }
	holdHints(t, []hintCase{
		{"    when: Mon 9.00-9.50h", spelling("Mon 9.00-9.50h"), "write Mon 9:00-9:50", "    when: Mon 9:00-9:50"},
		{"    when: Mon 9.00-9.50", spelling("Mon 9.00-9.50"), "write Mon 9:00-9:50", "    when: Mon 9:00-9:50"},
		{"    when: Mon 9h00-9h50", spelling("Mon 9h00-9h50"), "write Mon 9:00-9:50", "    when: Mon 9:00-9:50"},
		{"    when: Mon 9:00h-9:50h", spelling("Mon 9:00h-9:50h"), "write Mon 9:00-9:50", "    when: Mon 9:00-9:50"},
		{"    when: Mon 9-10 Uhr", spelling("Mon 9-10 Uhr"), "write Mon 9:00-10:00", "    when: Mon 9:00-10:00"},
		{"    when: Mon 9.00 Uhr bis 9.50 Uhr", spelling("Mon 9.00 Uhr bis 9.50 Uhr"), "write Mon 9:00-9:50", "    when: Mon 9:00-9:50"},
		{"    when: Mon 9-10am", spelling("Mon 9-10am"), "write Mon 09:00-10:00", "    when: Mon 09:00-10:00"},
		{"    when: Mon 2:00-2:50 pm", spelling("Mon 2:00-2:50 pm"), "write Mon 14:00-14:50", "    when: Mon 14:00-14:50"},
		{"    when: Mon 11am-1pm", spelling("Mon 11am-1pm"), "write Mon 11:00-13:00", "    when: Mon 11:00-13:00"},
		{"    when: Mon 12pm-1pm", spelling("Mon 12pm-1pm"), "write Mon 12:00-13:00", "    when: Mon 12:00-13:00"},
		{"    when: Mon 11:00-1:00 pm", `"Mon 11:00-1:00 pm" does not end with a time as 09:00-09:50`, timesHint + ", without spaces", ""},
		{"    when: Mon 13:00-14:00 pm", `"Mon 13:00-14:00 pm" does not end with a time as 09:00-09:50`, timesHint + ", without spaces", ""},
	})
	holdHints(t, []hintCase{
		{"    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 9.00-9.50 Uhr}}", `"9.00-9.50 Uhr" is not a new time as plans write it`, "write 9:00-9:50", "    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 9:00-9:50}}"},
		{"    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 2031-12-01 2pm-3pm}}", `"2031-12-01 2pm-3pm" is not a new time as plans write it`, "write 2031-12-01 14:00-15:00", "    when: Sun 09:00-09:50\n    changes: {2031-11-30: {to: 2031-12-01 14:00-15:00}}"},
	})
}

func TestHintsForACommaInBraces(t *testing.T) {
	const cut = "inside {} a comma ends the value of when"
	holdHints(t, []hintCase{
		{"    {when: Mon,Wed 09:00-09:50}", cut, `put it in quotes: when: "Mon,Wed 09:00-09:50"`, `    {when: "Mon,Wed 09:00-09:50"}`},
		{"    {when: Mon, Wed 09:00-09:50, title: German}", cut, `put it in quotes: when: "Mon, Wed 09:00-09:50"`, `    {when: "Mon, Wed 09:00-09:50", title: German}`},
		{"    {title: German, when: Mon, Tue, Wed 09:00-09:50}", cut, `put it in quotes: when: "Mon, Tue, Wed 09:00-09:50"`, `    {title: German, when: "Mon, Tue, Wed 09:00-09:50"}`},
		{"    {when: Mo, Mi 09:00-09:50}", cut, `write when: "Mon Wed 09:00-09:50"`, `    {when: "Mon Wed 09:00-09:50"}`},
		{
			"    {when: Mon 09:00-09:50, Wed 10:00-10:50, title: German}", cut,
			`write when: ["Mon 09:00-09:50", "Wed 10:00-10:50"]`, `    {when: ["Mon 09:00-09:50", "Wed 10:00-10:50"], title: German}`,
		},
		{"    {when: Mon 09:00-09:50, title: Mountains, lakes}", `"lakes" is not a key of a recording`, `put it in quotes: title: "Mountains, lakes"; inside {} a comma ends a value`, `    {when: Mon 09:00-09:50, title: "Mountains, lakes"}`},
		{"    {title: Mountains, lakes, when: Mon 09:00-09:50}", `"lakes" is not a key of a recording`, `put it in quotes: title: "Mountains, lakes"; inside {} a comma ends a value`, `    {title: "Mountains, lakes", when: Mon 09:00-09:50}`},
		{`    {when: {cron: 0 9 * * MON,WED, duration: 50m}}`, `"WED" is not a key of a cron entry`, `put it in quotes: cron: "0 9 * * MON,WED"; inside {} a comma ends a value`, `    {when: {cron: "0 9 * * MON,WED", duration: 50m}}`},
	})
	for _, wrong := range []string{"    {when: Mon,Wed 09:00-09:50}\n", "    {when: Mon 09:00-09:50, Wed 10:00-10:50}\n"} {
		if findings := findingsOf(t, hintPlan(wrong), "plan.yaml"); len(findings) != 1 {
			t.Errorf("%s: one mistake has %d findings:\n%s", wrong, len(findings), plantest.Show(findings))
		}
	}
}

func TestHintsForRegionsNameTheNearestFew(t *testing.T) {
	const all = "rundown rules storage-region-values lists all"
	for region, want := range map[string]struct{ message, hint string }{
		"eu-central-3":  {`"eu-central-3" is not a region of Amazon S3`, "the nearest are eu-central-1, eu-west-3, eu-west-1, eu-west-2; " + all},
		"moon-1":        {`"moon-1" is not a region of Amazon S3`, all},
		"us-gov-west-1": {`"us-gov-west-1" is no longer a region of Amazon S3`, "the nearest are us-west-1, us-west-2, us-east-1, us-east-2; " + all},
		"eu-cental-1":   {`"eu-cental-1" is not a region of Amazon S3`, "did you mean eu-central-1?"},
	} {
		files := hintPlan("    when: Mon 09:00-09:50\n")
		files["plan.yaml"] = strings.Replace(files["plan.yaml"], "eu-central-1", region, 1)
		f := findingsOf(t, files, "plan.yaml")[0]
		message, _, _ := strings.Cut(f.Message, " (editions")
		if message != want.message || f.Hint != want.hint {
			t.Errorf("%s: got\n\t%s\n\t%s\nwant\n\t%s\n\t%s", region, message, f.Hint, want.message, want.hint)
		}
		checkHints(t, files, "plan.yaml")
	}
}
