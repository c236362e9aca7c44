package rules

import (
	"errors"
	"os"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest"
)

// TestEachRuleHasABadPlanAndOneAtItsBound holds the pairs of the manual to the list of rules: the bad plan breaks its
// rule, the other one breaks none.
func TestEachRuleHasABadPlanAndOneAtItsBound(t *testing.T) {
	check := func(t *testing.T, kind, rule string) []plan.Finding {
		p, findings, err := load.Load(plantest.Folder("../testdata/rules/"+kind), rule+".yaml")
		if err != nil {
			t.Fatal(err)
		}
		opts := Options{Now: plantest.September}
		if rule == "secret-unresolved" {
			opts.Lookup = func(r plan.Reference) (string, error) {
				if kind == "bad" && r.Name == "S3_SECRET_KEY" {
					return "", errors.New("it is not set")
				}
				return "an-obvious-example", nil
			}
		}
		return append(findings, Check(p, opts)...)
	}
	listed := map[string]bool{}
	for _, r := range plan.Rules() {
		listed[r.ID] = true
		t.Run(r.ID, func(t *testing.T) {
			if r.Statement == "" || r.Severity == "" {
				t.Error("there is no statement or severity")
			}
			broken := false
			for _, f := range check(t, "bad", r.ID) {
				if f.Rule != r.ID {
					continue
				}
				broken = true
				if !strings.Contains(f.Message, r.Conflict) {
					t.Errorf("editions disagree, and the message does not say so: %s", f.Message)
				}
			}
			if !broken {
				t.Error("the bad plan does not break the rule")
			}
			for _, f := range check(t, "ok", r.ID) {
				if f.Severity != plan.SeverityInformation || f.Rule == r.ID {
					t.Error("the plan at the bound is not free of findings:\n" + plantest.Show([]plan.Finding{f}))
				}
			}
		})
	}
	for _, kind := range []string{"bad", "ok"} {
		files, err := os.ReadDir("../testdata/rules/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if id := f.Name()[:max(0, len(f.Name())-len(".yaml"))]; !listed[id] {
				t.Errorf("%s is a plan for no rule", f.Name())
			}
		}
	}
}
