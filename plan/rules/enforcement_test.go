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

// sources are the packages that the catalogue names, by their names.
var sources = map[string]string{
	"plan": "..", "load": "../load", "schedule": "../schedule", "rules": ".", "forecast": "../forecast", "agora": "../../agora", "catalog": "../../agora/catalog", "simulator": "../../agora/simulator", "runner": "../../runner", "session": "../../runner/session", "web": "../../runner/web", "cli": "../../internal/cli",
}

// functionsOf lists the functions and methods of every package, as package.Function and package.Type.Method, from the sources themselves.
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
					code[name+"."+receiver(f)+f.Name.Name] = true
				case f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test"):
					tests[name+"."+f.Name.Name] = true
				}
			}
		}
	}
	return code, tests
}

// receiver is the type of a method with a dot; "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

func TestEveryRestrictionIsEnforcedSomewhereAndATestProvesIt(t *testing.T) {
	code, tests := functionsOf(t)
	for _, r := range catalog.Restrictions() {
		by, ok := MechanismOf(r.ID)
		_, finding := plan.RuleByID(r.ID)
		k := r.Enforced
		switch {
		case !ok:
			t.Errorf("%s is not known", r.ID)
		case finding && k != (catalog.Enforcement{}):
			t.Errorf("%s has a finding and needs nothing else that enforces it", r.ID)
		case finding, by == ByProbe, by == ByHuman:
		case k == (catalog.Enforcement{}):
			t.Errorf("%s (%s, %s) is enforced by nothing: %s", r.ID, r.Check, r.Severity, r.Statement)
		case r.Check == "runtime" != (by == ByRuntime):
			t.Errorf("%s is checked %s, and said to be enforced by %s", r.ID, r.Check, by)
		case !code[k.In]:
			t.Errorf("%s is said to be enforced in %s, which is not there", r.ID, k.In)
		case !tests[k.Test]:
			t.Errorf("%s is said to be proved by %s, which is not there", r.ID, k.Test)
		}
		if r.LeftToUsers != "" && (k != (catalog.Enforcement{}) || r.Severity != "warning") {
			t.Errorf("%s is no advice, or is enforced, and said to be left to users", r.ID)
		}
		if r.Note != "" && k == (catalog.Enforcement{}) && !finding {
			t.Errorf("%s has a note, and nothing that enforces it", r.ID)
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
		include-not-found invalid-value long-class missing-key moved-far never-happens nothing-ahead overlap-page overlap-self placeholder-unknown prefix-clash
		reference-not-allowed secret-in-plain-text secret-unresolved timezone-fixed timezone-missing timezone-unknown unbounded unknown-key
		unknown-reference unsupported unused-definition unused-ignore url-not-public when-syntax wrong-type yaml-syntax`)
	if !slices.Equal(ours, want) {
		t.Errorf("got  %q\nwant %q", ours, want)
	}
	if _, ok := MechanismOf("no-such-rule"); ok {
		t.Error("a rule that does not exist is kept")
	}
}
