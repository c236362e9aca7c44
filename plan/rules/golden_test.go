package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// findingsOf loads and checks a plan.
func findingsOf(t *testing.T, files load.Files, name string) []plan.Finding {
	t.Helper()
	p, findings, err := load.Load(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return plantest.Findings(p, name, findings, Check(p, Options{Now: plantest.September, Lookup: plantest.LookupFor(name)}))
}

func TestBadPlansGiveTheirFindings(t *testing.T) {
	plans, err := filepath.Glob("../testdata/err/*.yaml")
	if err != nil || len(plans) == 0 {
		t.Fatal("no plans in testdata/err", err)
	}
	for _, path := range plans {
		name := filepath.Base(path)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			got := plantest.Show(findingsOf(t, plantest.Folder("../testdata/err"), name))
			if got == "" {
				t.Error("the plan has no findings")
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoodPlansHaveNoFindings(t *testing.T) {
	plans, err := filepath.Glob("../testdata/ok/*.yaml")
	if err != nil || len(plans) == 0 {
		t.Fatal("no plans in testdata/ok", err)
	}
	for _, path := range plans {
		name := filepath.Base(path)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			for _, f := range findingsOf(t, plantest.Folder("../testdata/ok"), name) {
				if f.Severity != plan.SeverityInformation {
					t.Error(plantest.Show([]plan.Finding{f}))
				}
			}
		})
	}
}

func TestFindingsAreTheSameEachTime(t *testing.T) {
	for _, name := range []string{"invalid-value.yaml", "storage.yaml", "missing-key.yaml", "duplicate-key-across-files.yaml"} {
		first := plantest.Show(findingsOf(t, plantest.Folder("../testdata/err"), name))
		for range 60 {
			if again := plantest.Show(findingsOf(t, plantest.Folder("../testdata/err"), name)); again != first {
				t.Fatalf("%s: once\n%s\nand once\n%s", name, first, again)
			}
		}
	}
}
