package load_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/plan/rules"
)

func TestExamplesHaveNoErrorsOrWarnings(t *testing.T) {
	for _, name := range []string{"quickstart.yaml", "reference.yaml"} {
		p, findings, err := load.Load(plantest.Folder("../../examples"), name)
		if err != nil {
			t.Fatal(err)
		}
		findings = append(findings, rules.Check(p, rules.Options{Now: plantest.September})...)
		for _, f := range findings {
			if f.Severity != plan.SeverityInformation {
				t.Errorf("%s:\n%s", name, plantest.Show([]plan.Finding{f}))
			}
		}
	}
}

func TestLayersAreLaidOverOneAnother(t *testing.T) {
	p := build.Loaded(t, plantest.Texts{
		"plan.yaml": plantest.Base + `include: ["*-part.yaml"]
calendars: {term: 2031-09-15..2031-12-19, break: 2031-10-20..2031-10-24}
cdn: {parents: "rtmps://live.lingua.example/app/${STREAM_KEY}"}
defaults:
  timezone: Europe/Madrid
  url: https://lingua.example/{id}
  only: term
  skip: break
  cdn: parents
  padding: {before: 1m, after: 5m}
  labels: {campus: mitte, grade: 7}
recordings:
  own:
    when: Mon 19:00-19:50
    skip: none
    cdn: none
    padding: {after: 1m}
    labels: {grade: 8}
  inherits: {when: Mon 20:00-20:50}
`,
		"b-part.yaml": `defaults: {timezone: Europe/Berlin, labels: {campus: berlin}, video: 1080p30}
recordings:
  included: {when: Tue 19:00-19:50, labels: none}
`,
	})
	var ids []string
	for _, r := range p.Recordings {
		ids = append(ids, r.ID)
	}
	if want := []string{"own", "inherits", "included"}; !slices.Equal(ids, want) {
		t.Fatalf("recordings %v, want %v", ids, want)
	}
	own, inherits, included := p.Recordings[0], p.Recordings[1], p.Recordings[2]
	if own.Skip != nil || own.CDN != nil || len(own.Only) != 1 {
		t.Error("none does not remove, or removes too much")
	}
	if want := (plan.Padding{Before: 30 * time.Second, After: time.Minute}); own.Padding != want {
		t.Errorf("a recording's padding is %v and should replace the default whole: %v", own.Padding, want)
	}
	if want := (plan.Padding{Before: time.Minute, After: 5 * time.Minute}); inherits.Padding != want {
		t.Errorf("padding %v, want the default's %v", inherits.Padding, want)
	}
	if want := map[string]string{"campus": "mitte", "grade": "8"}; !maps.Equal(own.Labels, want) {
		t.Errorf("labels %v should add up to %v", own.Labels, want)
	}
	if len(inherits.Labels) != 2 || inherits.Labels["grade"] != "7" {
		t.Errorf("the labels of one recording changed those of another: %v", inherits.Labels)
	}
	if included.Labels != nil || included.Zone.String() != "Europe/Berlin" || included.CDN == nil {
		t.Errorf("included: labels %v, zone %v, cdn %v", included.Labels, included.Zone, included.CDN)
	}
	if want := (plan.Video{Width: 1920, Height: 1080, FPS: 30}); included.Video != want {
		t.Errorf("video %v, want %v", included.Video, want)
	}
	if own.App != p.Apps[0] || own.Storage != p.Storages[0] || own.Attempts != 3 || own.Priority != plan.PriorityNormal {
		t.Error("the program's defaults are not laid below")
	}
	for key, want := range map[string]string{"timezone": "b-part.yaml:1", "url": "plan.yaml:12", "labels": "b-part.yaml:3", "video": "b-part.yaml:1", "attempts": ":0"} {
		if pos, _ := included.From.Of(key); fmt.Sprintf("%s:%d", pos.File, pos.Line) != want {
			t.Errorf("%s comes from %v, want %s", key, pos, want)
		}
	}
}

func TestChangesLayTheirKeysOverTheRecordings(t *testing.T) {
	p := build.Loaded(t, plantest.Texts{"plan.yaml": plantest.Base + `defaults: {timezone: Europe/Madrid, url: "https://lingua.example/{id}", labels: {a: x}}
recordings:
  evening:
    when: 2031-10-17 20:00-21:30
    changes:
      2031-10-17: {to: 2031-10-18 20:00-21:30, video: 1080p, labels: {b: y}, note: moved}
`})
	r := p.Recordings[0]
	c := r.Changes[0]
	changed := c.Over(r.Settings)
	if changed.Video.Height != 1080 || r.Video.Height != 720 || len(changed.Labels) != 2 || len(r.Labels) != 1 {
		t.Errorf("changed to %v %v, recording %v %v", changed.Video, changed.Labels, r.Video, r.Labels)
	}
	if changed.Note != "moved" || c.To == nil || c.ToPos.Line != 12 || !slices.Equal(c.Keys, []string{"video", "labels", "note"}) {
		t.Errorf("change %+v", c)
	}
	at, _ := changed.From.Of("video")
	if _, given := r.From.Of("video"); at.Line != 12 || given {
		t.Error("From does not tell the change from the recording")
	}
}

// TestNoneInAChangeRemovesWhatTheDefaultsSet goes through each key that a change can remove, and compares the change with a
// recording that removes the key itself.
func TestNoneInAChangeRemovesWhatTheDefaultsSet(t *testing.T) {
	const plans = plantest.Base + `cdn: {parents: {url: "rtmps://live.school.example/app/key"}}
defaults: {timezone: Europe/Madrid, url: "https://lingua.example/{id}", KEY: VALUE}
recordings:
  removed: {when: 2031-10-17 20:00-21:30, KEY: none}
  changed: {when: 2031-10-17 20:00-21:30, changes: {2031-10-17: {KEY: none}}}
`
	for key, value := range map[string]string{
		"region": "EU", "near": "eu", "cdn": "parents", "cname": "trip", "mobile": "true", "ready_timeout": "30s",
		"labels": "{campus: austin}", "note": "room 4",
	} {
		p := build.Loaded(t, plantest.Texts{"plan.yaml": strings.NewReplacer("KEY", key, "VALUE", value).Replace(plans)})
		row := plan.SettingTable[slices.IndexFunc(plan.SettingTable, func(s plan.Setting) bool { return s.Key == key })]
		removed, changed := p.Recordings[0], p.Recordings[1]
		got := changed.Changes[0].Settings(&changed.Settings)
		if before, want := row.Text(&changed.Settings), row.Text(&removed.Settings); before == want || row.Text(got) != want {
			t.Errorf("%s: %q, with none in the change %q, want %q", key, before, row.Text(got), want)
		}
	}
}

func TestTheRootIsAnErrorWhenItCannotBeRead(t *testing.T) {
	if _, _, err := load.Load(plantest.Texts{}, "plan.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, _, err := load.Load(plantest.Folder("../testdata"), "err"); err == nil {
		t.Error("a folder was read")
	}
}

// TestSecretsAreNowhereToBeSeen plants a canary in every secret field and prints all that a plan gives.
func TestSecretsAreNowhereToBeSeen(t *testing.T) {
	const canary = "canary-an-obvious-example"
	text := strings.NewReplacer("CANARY", canary).Replace(`version: 1
name: lingua
account: {customer_id: id, customer_secret: CANARY}
apps: {main: {id: app}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: b, access_key: CANARY, secret_key: "CANARY-${X}"}
  wrong: {vendor: s4, region: nowhere, bucket: [b], access_key: 7CANARY, secret_key: "${CANARY", sts: {file: x}}
cdn:
  parents: rtmps://live.lingua.example/app/CANARY
  spare: {url: "https://CANARY@live.lingua.example/?CANARY", fallback: CANARY}
notify: [{webhook: "https://hooks.lingua.example/CANARY", events: [failed, never]}]
expose: [TOKEN]
defaults: {timezone: Europe/Madrid, url: "https://lingua.example/{id}?t=${TOKEN}"}
recordings:
  one: {when: 2031-10-17 20:00-21:30, cdn: parents, storage: videos}
  two: {when: 2031-10-17 20:00-21:30, cdn: spare, storage: wrong}
`)
	for _, resolve := range []bool{false, true} {
		p, findings, err := load.Load(plantest.Texts{"plan.yaml": text}, "plan.yaml")
		if err != nil {
			t.Fatal(err)
		}
		opts := rules.Options{Now: plantest.September}
		if resolve {
			opts.Lookup = func(plan.Reference) (string, error) { return canary, nil }
		}
		findings = append(findings, rules.Check(p, opts)...)
		var b strings.Builder
		p.Files = nil // the texts themselves
		for _, v := range []any{findings, p, *p, p.Storages[0], *p.Storages[0], p.CDNs[0], p.Notify, p.Account, *p.Recordings[0]} {
			fmt.Fprintf(&b, "%v %+v %#v\n", v, v, v)
			slog.New(slog.NewTextHandler(&b, nil)).Info("plan", "value", v)
			slog.New(slog.NewJSONHandler(&b, nil)).Info("plan", "value", v)
		}
		for _, v := range []any{findings, p.Storages, p.CDNs, p.Notify, p.Account} {
			asJSON, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			asYAML, err := yaml.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(asJSON)
			b.Write(asYAML)
		}
		if at := strings.Index(b.String(), canary); at >= 0 {
			t.Errorf("a secret is shown: …%s…", b.String()[max(0, at-200):at+40])
		}
		if !strings.Contains(b.String(), "secret-in-plain-text") {
			t.Error("the findings were not printed")
		}
	}
}

func TestZoneNamesAreAllZones(t *testing.T) {
	for _, name := range plan.ZoneList() {
		if zone, ok := plan.Zone(name); !ok || zone.String() != name {
			t.Errorf("%s cannot be loaded", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	seeds := 0
	for _, pattern := range []string{"../testdata/err/*.yaml", "../testdata/ok/*.yaml", "../../examples/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
			seeds++
		}
	}
	if seeds < 40 {
		f.Fatalf("%d seeds: the folders have moved", seeds)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, findings, err := load.Load(plantest.Texts{"plan.yaml": string(text)}, "plan.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if p == nil && len(findings) == 0 {
			t.Fatal("no plan and no finding")
		}
		findings = append(findings, rules.Check(p, rules.Options{Now: plantest.September})...)
		lines := strings.Split(string(bytes.TrimPrefix(text, []byte("\uFEFF"))), "\n")
		for _, f := range findings {
			at := f.Pos
			if at.File != "plan.yaml" || at.Line < 1 || at.Column < 1 || at.EndLine > len(lines) || at.EndLine < at.Line || at.EndLine == at.Line && at.EndColumn < at.Column {
				t.Fatalf("no place in the file: %s", plantest.Show([]plan.Finding{f}))
			}
			if at.Column > utf8.RuneCountInString(lines[at.Line-1])+1 || at.EndColumn > utf8.RuneCountInString(lines[at.EndLine-1])+1 {
				t.Fatalf("outside its line: %s", plantest.Show([]plan.Finding{f}))
			}
		}
	})
}
