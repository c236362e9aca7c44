package rules

import (
	"slices"
	"strings"
	"testing"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/load"
	"rundown/plan/plantest"
	"rundown/plan/schedule"
)

// nearPlan is a plan with two storages, with further keys for the first of them and for its recordings.
func nearPlan(storage, defaults, recording, change string) plantest.Texts {
	return plantest.Texts{"plan.yaml": `version: 1
name: lingua
account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}
apps: {main: {id: "${AGORA_APP_ID}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}", ` + storage + `}
  other: {vendor: s3, region: us-east-1, near: us, bucket: lingua-other, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}"}
calendars: {autumn: 2031-09-15..2031-12-19}
defaults: {ready_timeout: 30s, timezone: Europe/Madrid, url: "https://lingua.example/rooms/{id}", only: autumn, storage: videos, ` + defaults + `}
recordings:
  german-a1: {when: Mon 19:00-19:50, changes: {2031-09-22: {note: in the other room, ` + change + `}}, ` + recording + `}
  german-a2: {when: Sun 05:00-05:10, storage: other}
`}
}

func TestNearIsThatOfTheRecordingOrOfItsStorage(t *testing.T) {
	for _, test := range []struct {
		storage, defaults, recording, change string
		want, changed                        catalog.Area
	}{
		{},
		{storage: "near: eu", want: catalog.AreaEU, changed: catalog.AreaEU},
		{defaults: "near: ap", want: catalog.AreaAP, changed: catalog.AreaAP},
		{storage: "near: eu", defaults: "near: ap", want: catalog.AreaAP, changed: catalog.AreaAP},
		{defaults: "near: ap", recording: "near: cn", want: catalog.AreaCN, changed: catalog.AreaCN},
		{defaults: "near: ap", recording: "near: none"},
		{storage: "near: eu", recording: "near: none"},
		{storage: "near: eu", change: "near: none", want: catalog.AreaEU},
		{storage: "near: eu", change: "storage: other", want: catalog.AreaEU, changed: catalog.AreaUS},
		{recording: "near: ap", change: "near: us", want: catalog.AreaAP, changed: catalog.AreaUS},
	} {
		p, findings, err := load.Load(nearPlan(test.storage, test.defaults, test.recording, test.change), "plan.yaml")
		if findings = append(findings, Check(p, Options{Now: plantest.September})...); err != nil || len(findings) > 0 {
			t.Errorf("%+v: %v\n%s", test, err, plantest.Show(findings))
			continue
		}
		var got []catalog.Area
		for o := range schedule.All(p, plantest.September.AddDate(0, 0, 14), plantest.September.AddDate(0, 0, 28)) {
			if o.Recording.ID == "german-a1" {
				got = append(got, o.Settings.Near())
			}
		}
		if !slices.Equal(got, []catalog.Area{test.want, test.changed}) {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

func TestAnAreaThatIsNoneOfTheFourIsRefused(t *testing.T) {
	for _, test := range []struct{ storage, recording, hint string }{
		{storage: "near: EU", hint: "did you mean eu?"},
		{storage: "near: none"},
		{recording: "near: EU", hint: "did you mean eu?"},
		{recording: "near: europe", hint: ""},
	} {
		_, findings, err := load.Load(nearPlan(test.storage, "", test.recording, ""), "plan.yaml")
		if err != nil || len(findings) != 1 || findings[0].Rule != "invalid-value" || findings[0].Hint != test.hint || !strings.Contains(findings[0].Message, "cn, eu, ap, us") {
			t.Errorf("%+v: %v\n%s", test, err, plantest.Show(findings))
		}
	}
}

func TestADiffTellsOfTheAreaWhereverItIsSet(t *testing.T) {
	load := func(storage, recording string) *plan.Plan {
		p, _, err := load.Load(nearPlan(storage, "", recording, ""), "plan.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, test := range []struct {
		name        string
		old, new    *plan.Plan
		wantChanged bool
	}{
		{name: "of the recording", old: load("", ""), new: load("", "near: eu"), wantChanged: true},
		{name: "of the storage", old: load("", ""), new: load("near: eu", ""), wantChanged: true},
		{name: "from the storage to the recording", old: load("near: eu", ""), new: load("", "near: eu")},
		{name: "of the storage where the recording has its own", old: load("near: eu", "near: ap"), new: load("near: us", "near: ap")},
	} {
		d := forecast.Diff(test.old, test.new, forecast.Options{Now: plantest.September})
		for _, c := range d.Changed {
			if !slices.Equal(c.Keys, []string{"near"}) {
				t.Errorf("%s: %s differs in %q", test.name, c.ID, c.Keys)
			}
		}
		if len(d.Changed) > 0 != test.wantChanged {
			t.Errorf("%s: %d classes are changed", test.name, len(d.Changed))
		}
	}
}

// TestAPrefixOfNoneIsNoFolder tells the word from a folder of this name, which stands in a list.
func TestAPrefixOfNoneIsNoFolder(t *testing.T) {
	for _, test := range []struct {
		prefix string
		want   []string
	}{
		{"the default", []string{"lingua", "germana1", "20310915"}},
		{"prefix: none", nil},
		{"prefix: [none]", []string{"none"}},
		{"prefix: [none, \"{id}\"]", []string{"none", "germana1"}},
		{"prefix: term", []string{"term"}},
		{"prefix: []", nil},
	} {
		prefix := test.prefix
		if prefix == "the default" {
			prefix = ""
		}
		p, findings, err := load.Load(nearPlan(prefix, "", "", ""), "plan.yaml")
		if findings = append(findings, Check(p, Options{Now: plantest.September})...); err != nil || len(findings) > 0 {
			t.Errorf("%s: %v\n%s", test.prefix, err, plantest.Show(findings))
			continue
		}
		for o := range schedule.All(p, plantest.September, plantest.September.AddDate(0, 0, 15)) {
			if o.Recording.ID == "german-a1" && !slices.Equal(o.Prefix, test.want) {
				t.Errorf("%s: the prefix is %q, want %q", test.prefix, o.Prefix, test.want)
			}
		}
	}
}
