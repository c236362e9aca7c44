package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rundown/agora/catalog"
	"rundown/plan"
)

// sources are the packages that keepings name, by their names.
var sources = map[string]string{
	"plan": "..", "load": "../load", "schedule": "../schedule", "rules": ".", "forecast": "../forecast", "agora": "../../agora", "catalog": "../../agora/catalog", "simulator": "../../agora/simulator", "runner": "../../runner", "session": "../../runner/session", "web": "../../runner/web", "cli": "../../internal/cli",
}

// functionsOf lists the functions and methods of every package, as package.Name, from the sources themselves.
func functionsOf(t *testing.T) (code, tests map[string]bool) {
	t.Helper()
	code, tests = map[string]bool{}, map[string]bool{}
	for name, folder := range sources {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no sources in %s: %v", folder, err)
		}
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				switch {
				case !ok:
				case !strings.HasSuffix(path, "_test.go"):
					code[name+"."+f.Name.Name] = true
				case f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test"):
					tests[name+"."+f.Name.Name] = true
				}
			}
		}
	}
	return code, tests
}

func TestEveryRestrictionIsKeptSomewhereAndATestProvesIt(t *testing.T) {
	code, tests := functionsOf(t)
	for _, r := range catalog.Restrictions() {
		k, ok := EnforcementOf(r.ID)
		if !ok {
			t.Errorf("%s is not known", r.ID)
			continue
		}
		_, listed := enforcements[r.ID]
		_, finding := plan.RuleByID(r.ID)
		switch {
		case finding && listed:
			t.Errorf("%s has a finding and needs no other keeping", r.ID)
		case finding || advice[r.ID] != "" && !listed:
		case k.By == ByProbe || k.By == ByHuman:
		case !listed:
			t.Errorf("%s (%s, %s) is kept by nothing: %s", r.ID, r.Check, r.Severity, r.Statement)
		case r.Check == "runtime" != (k.By == ByRuntime):
			t.Errorf("%s is checked %s, and said to be kept by %s", r.ID, r.Check, k.By)
		}
		if !listed {
			continue
		}
		// A method is named with its type; its own name is what counts.
		parts := strings.Split(k.Place, ".")
		if !code[parts[0]+"."+parts[len(parts)-1]] {
			t.Errorf("%s is said to be kept by %s, which is not there", r.ID, k.Place)
		}
		if !tests[k.Test] {
			t.Errorf("%s is said to be proved by %s, which is not there", r.ID, k.Test)
		}
	}
	for id := range advice {
		if _, kept := enforcements[id]; kept {
			t.Errorf("%s is kept, and said to be left to users", id)
		}
		if r, ok := catalog.RestrictionByID(id); !ok || r.Severity != "warning" {
			t.Errorf("%s is no advice of the catalogue", id)
		}
	}
	for id := range notes {
		_, isRule := plan.RuleByID(id)
		if _, kept := enforcements[id]; !kept && !isRule {
			t.Errorf("%s has a note, and nothing that keeps it", id)
		}
	}
	for id := range enforcements {
		if _, ok := catalog.RestrictionByID(id); !ok {
			t.Errorf("%s is no restriction of the catalogue", id)
		}
	}
}

func TestOurOwnRulesAreThoseOfTheFormat(t *testing.T) {
	var ours []string
	for _, r := range plan.Rules() {
		if _, documented := catalog.RestrictionByID(r.ID); !documented {
			ours = append(ours, r.ID)
		}
	}
	want := strings.Fields(`calendar-contained calendar-matches-nothing change-matches-nothing change-shadowed clock-change cron-days cron-syntax duplicate-key in-the-past
		include-not-found invalid-value long-class missing-key never-happens nothing-ahead overlap-page overlap-self placeholder-unknown prefix-clash
		reference-not-allowed secret-in-plain-text secret-unresolved timezone-fixed timezone-missing timezone-unknown unbounded unknown-key
		unknown-reference unsupported unused-definition unused-ignore url-not-public when-syntax wrong-type yaml-syntax`)
	if !slices.Equal(ours, want) {
		t.Errorf("got  %q\nwant %q", ours, want)
	}
	if _, ok := EnforcementOf("no-such-rule"); ok {
		t.Error("a rule that does not exist is kept")
	}
}
