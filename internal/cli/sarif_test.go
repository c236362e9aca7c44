package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
)

// judged checks plans as validate does.
func judged(t *testing.T, paths ...string) []planfile.Checked {
	t.Helper()
	a := &app{}
	var list []planfile.Checked
	for _, path := range paths {
		c, err := a.checkPlan(path, rules.Options{Now: time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// sarifOf writes plans and reads them back, by the schema of SARIF 2.1.0.
func sarifOf(t *testing.T, plans []planfile.Checked, folder string) (*sarif.Run, string) {
	t.Helper()
	var b bytes.Buffer
	if _, err := render.SARIF(&b, plans, "(devel)", folder); err != nil {
		t.Fatal(err)
	}
	report, err := sarif.FromBytes(b.Bytes(), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(report.Runs) != 1 {
		t.Fatalf("%d runs", len(report.Runs))
	}
	return report.Runs[0], b.String()
}

func TestSARIFOfEveryBadPlanIsValidAndWithinTheLimits(t *testing.T) {
	paths, _ := filepath.Glob("../../plan/testdata/err/*.yaml")
	if len(paths) < 40 {
		t.Fatalf("%d bad plans", len(paths))
	}
	folder, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range paths {
		if paths[i], err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
	}
	plans := judged(t, paths...)
	findings := 0
	for _, c := range plans {
		findings += len(c.Findings)
	}
	run, _ := sarifOf(t, plans, folder)
	if len(run.Results) != findings {
		t.Errorf("%d results of %d findings", len(run.Results), findings)
	}
	if run.ColumnKind == nil || *run.ColumnKind != "unicodeCodePoints" {
		t.Error("columns are counted in characters, and the run does not say so")
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.Help == nil || *r.Help.Text == "" || len(*r.ShortDescription.Text) > render.MaxSARIFText || len(*r.ID) > 255 || len(r.Properties.Tags) == 0 || len(r.Properties.Tags) > 10 {
			t.Errorf("rule %s is beyond what code scanning shows", *r.ID)
		}
	}
	marks := map[string]bool{}
	for _, r := range run.Results {
		if id := *run.Tool.Driver.Rules[r.RuleIndex].ID; id != *r.RuleID {
			t.Errorf("a result of %s points to rule %s", *r.RuleID, id)
		}
		place := r.Locations[0].PhysicalLocation
		if uri := *place.ArtifactLocation.URI; !strings.HasPrefix(uri, "plan/testdata/err/") {
			t.Errorf("the file %s is not named from the folder", uri)
		}
		if place.Region == nil || *place.Region.StartLine < 1 || *place.Region.StartColumn < 1 {
			t.Errorf("a result of %s has no place", *r.RuleID)
		}
		mark := r.PartialFingerprints[render.FingerprintKey]
		if mark == "" || marks[mark] {
			t.Errorf("the fingerprint %q of %s is missing or not its own", mark, *r.RuleID)
		}
		marks[mark] = true
	}
}

func TestSARIFKeepsTheWorstWhereARunCannotHoldAll(t *testing.T) {
	t.Parallel()
	var c planfile.Checked
	c.Files, c.Path = planfile.NewReader(nil), "plan.yaml"
	for i := range render.MaxSARIFResults + 3 {
		severity := plan.SeverityWarning
		if i%5 == 4 {
			severity = plan.SeverityError
		}
		c.Findings = append(c.Findings, plan.Finding{
			Pos: plan.Pos{File: "plan.yaml", Line: i + 1, Column: 1}, Severity: severity, Rule: "unused-definition", Message: fmt.Sprint(i),
		})
	}
	var b bytes.Buffer
	leftOut, err := render.SARIF(&b, []planfile.Checked{c}, "(devel)", "")
	if err != nil || leftOut != 3 {
		t.Fatalf("%d left out, error %v; want 3", leftOut, err)
	}
	report, err := sarif.FromBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	results := report.Runs[0].Results
	errors := 0
	for _, r := range results {
		if r.Level == "error" {
			errors++
		}
	}
	if len(results) != render.MaxSARIFResults || errors != c.Count(plan.SeverityError) || results[0].Level != "error" {
		t.Errorf("%d results, %d errors of %d", len(results), errors, c.Count(plan.SeverityError))
	}
}

func TestFingerprintsSurviveMovesAndTellNothingOfSecrets(t *testing.T) {
	marks := func(text string) []string {
		c := planfile.Checked{Path: "plan.yaml", Files: planfile.NewReader(nil)}
		c.Files.Read["plan.yaml"] = []byte(text)
		p, findings, err := load.Load(c.Files, "plan.yaml")
		if err != nil {
			t.Fatal(err)
		}
		c.Plan, c.Findings = p, findings
		run, out := sarifOf(t, []planfile.Checked{c}, "")
		if strings.Contains(out, "canary") {
			t.Error("the secret is shown")
		}
		var list []string
		for _, r := range run.Results {
			list = append(list, r.PartialFingerprints[render.FingerprintKey])
		}
		return list
	}
	const text = "version: 1\nname: a\naccount: {customer_id: x, customer_secret: canary-one}\nrecordings: {b: {wen: x}}\n"
	first := marks(text)
	if len(first) < 3 {
		t.Fatalf("%d findings", len(first))
	}
	if moved := marks(strings.Replace(text, "\n", "\n# a line more\n\n", 1)); !slices.Equal(first, moved) {
		t.Errorf("moved lines: %v became %v", first, moved)
	}
	if other := marks(strings.ReplaceAll(text, "canary-one", "canary-two")); !slices.Equal(first, other) {
		t.Errorf("another secret: %v became %v", first, other)
	}
	if other := marks(strings.ReplaceAll(text, "wen:", "hwen:")); slices.Equal(first, other) {
		t.Error("another line has the same fingerprint")
	}
}

func TestAFindingOfAnIncludedFileIsReportedOnce(t *testing.T) {
	plans := judged(t, "../../plan/testdata/err/unknown-key.yaml", "../../plan/testdata/err/unknown-key.yaml")
	run, _ := sarifOf(t, plans, "")
	if len(run.Results) != len(plans[0].Findings) {
		t.Errorf("%d results of %d findings", len(run.Results), len(plans[0].Findings))
	}
}

func TestFilesAreNamedFromTheWorkingFolder(t *testing.T) {
	for _, test := range []struct{ name, folder, want string }{
		{"plans/a.yaml", "/repo", "plans/a.yaml"},
		{"./plans/../a.yaml", "/repo", "a.yaml"},
		{"/repo/plans/ü b.yaml", "/repo", "plans/%C3%BC%20b.yaml"},
		{"c:d.yaml", "/repo", "./c:d.yaml"},
		{"-", "/repo", "-"},
		{"../other/a.yaml", "/repo", "../other/a.yaml"},
		{"/etc/a.yaml", "/repo", "file:///etc/a.yaml"},
		{"a.yaml", "", "a.yaml"},
	} {
		if got := render.FileURI(test.name, test.folder); got != test.want {
			t.Errorf("%s from %s: %s, want %s", test.name, test.folder, got, test.want)
		}
	}
}
