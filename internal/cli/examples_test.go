package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/plan/schedule"
)

const examplesFolder = "../../examples"

// examplesNow is before the first class of every example.
var examplesNow = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)

func loadExample(t *testing.T, path string) planfile.Checked {
	t.Helper()
	c, err := newApp(Streams{}).checkPlan(path, rules.Options{Now: examplesNow})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExamplesAreFreeOfErrorsAndWarnings(t *testing.T) {
	paths, err := filepath.Glob(examplesFolder + "/*.yaml")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := loadExample(t, path)
			for _, f := range c.Findings {
				if f.Severity != plan.SeverityInformation {
					t.Errorf("%s:%d: %s: %s [%s]", f.Pos.File, f.Pos.Line, f.Severity, f.Message, f.Rule)
				}
			}
		})
	}
}

func TestTimetableIsASchoolNetworkWithinDefaultLimits(t *testing.T) {
	p := loadExample(t, examplesFolder+"/timetable.yaml").Plan
	zones, apps, cdns := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range p.Recordings {
		zones[r.Zone.String()], apps[r.App.Name] = true, true
	}
	last, bounded := schedule.New(p).LastBound()
	if !bounded {
		t.Fatal("the term has no end")
	}
	classes := schedule.Occurrences(p, examplesNow, last)
	for _, o := range classes {
		if o.Settings.CDN != nil {
			cdns[o.Settings.CDN.Name] = true
		}
	}
	if len(p.Recordings) < 40 || len(zones) < 3 || len(apps) < 2 || len(cdns) < 2 || len(p.Files) < 4 {
		t.Errorf("%d recordings, %d zones, %d apps, %d CDN targets, %d files", len(p.Recordings), len(zones), len(apps), len(cdns), len(p.Files))
	}
	peak := 0
	for _, o := range classes {
		running := 0
		for _, other := range classes {
			if !other.Cancelled() && !other.RecordFrom.After(o.RecordFrom) && other.RecordUntil.After(o.RecordFrom) {
				running++
				if other.ID != o.ID && o.Settings.CDN != nil && other.Settings.CDN == o.Settings.CDN && !o.Cancelled() {
					t.Errorf("%s and %s push to %s at once", o.ID, other.ID, o.Settings.CDN.Name)
				}
			}
		}
		peak = max(peak, running)
	}
	// Within the tightest documented figures: 10 in Full HD and 30 in HD in Europe, 50 for an App ID.
	if peak < 5 || peak > 30 {
		t.Errorf("%d recordings at once", peak)
	}
}

func TestTheGuidesRecordingsAsPlans(t *testing.T) {
	for _, c := range []struct {
		file string
		push bool
		mp4  plan.MP4
	}{
		{"record-page.yaml", false, plan.MP4{Enabled: true}},
		{"record-and-push.yaml", true, plan.MP4{Enabled: true, Split: 200 * time.Minute}},
	} {
		t.Run(c.file, func(t *testing.T) {
			p := loadExample(t, examplesFolder+"/"+c.file).Plan
			r := p.Recordings[0]
			if r.Storage.Vendor.Number != 2 || r.Storage.Region.Number != 3 {
				t.Errorf("storage at vendor %d in region %d, the guide has 2 and 3", r.Storage.Vendor.Number, r.Storage.Region.Number)
			}
			if r.Video.Width != 1280 || r.Video.Height != 720 || r.AudioProfile != 0 {
				t.Errorf("%d×%d with audio profile %d", r.Video.Width, r.Video.Height, r.AudioProfile)
			}
			if (r.CDN != nil) != c.push {
				t.Errorf("push: %v", r.CDN != nil)
			}
			if r.MP4.Enabled != c.mp4.Enabled || c.push && r.MP4.Split != c.mp4.Split {
				t.Errorf("mp4: %+v, want %+v", r.MP4, c.mp4)
			}
			classes := schedule.Occurrences(p, examplesNow, examplesNow.AddDate(0, 3, 0))
			if len(classes) != 1 || strings.Join(classes[0].Prefix, "/") != "directory1/directory2" {
				t.Errorf("%d classes, prefix %v", len(classes), classes[0].Prefix)
			}
		})
	}
}

// TestExamplesPassTheSchemaThatTheirFirstLineNames holds files and schemas to what editors show of them.
func TestExamplesPassTheSchemaThatTheirFirstLineNames(t *testing.T) {
	roots, err := filepath.Glob(examplesFolder + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	included, err := filepath.Glob(examplesFolder + "/*/*.yaml")
	if err != nil || len(roots) < 5 || len(included) < 4 {
		t.Fatalf("%d roots, %d included files, %v", len(roots), len(included), err)
	}
	for _, path := range append(roots, included...) {
		t.Run(path, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			named, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
			if !ok {
				t.Fatalf("begins with %q", first)
			}
			schema, err := jsonschema.NewCompiler().Compile(filepath.Join(filepath.Dir(path), named))
			if err != nil {
				t.Fatal(err)
			}
			var doc yaml.Node
			if err := yaml.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			value, err := jsonValue(&doc)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Error(err)
			}
		})
	}
}

// jsonValue reads YAML as editors do, in which a date is a text.
func jsonValue(n *yaml.Node) (any, error) {
	var texts func(n *yaml.Node)
	texts = func(n *yaml.Node) {
		if n.Tag == "!!timestamp" {
			n.Tag = "!!str"
		}
		for _, c := range n.Content {
			texts(c)
		}
	}
	texts(n)
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}
