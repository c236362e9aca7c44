package reason

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/reason-codes.md anew")

// reasonPage is docs/reason-codes.md.
func reasonPage() string {
	var b strings.Builder
	b.WriteString(`# Reason codes

Generated from the code by ` + "`go test ./runner/reason -update`" + `, and held by that test.

A reason code says in one word why something is as it is. It stands as ` + "`reason_code`" + ` beside the sentence for people: in
the JSON of ` + "`history`, `status` and `now`" + `, in ` + "`history ID`" + `, in the log, and in ` + "`/readyz`" + `. The list is closed: codes may be added,
and none is renamed or given another meaning. So a script may go by them; it should not go by the sentences.
`)
	for _, g := range Groups {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| code | what it means | what to do |\n| --- | --- | --- |\n", g.title, g.text)
		for _, info := range g.Codes {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", info.Code, info.meaning, info.todo)
		}
	}
	return b.String()
}

func TestTheReasonCodesPageIsThatOfTheCode(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "reason-codes.md")
	if *update {
		if err := os.WriteFile(path, []byte(reasonPage()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != reasonPage() {
		t.Error("docs/reason-codes.md is not that of the code; write it anew with -update")
	}
}

// TestEachReasonCodeIsDescribedOnceAndUsed compares the constants with their descriptions, and looks for a use of each.
func TestEachReasonCodeIsDescribedOnceAndUsed(t *testing.T) {
	t.Parallel()
	constants, uses := reasonConstants(t), reasonUses(t)
	if len(constants) < 50 {
		t.Fatalf("only %d constants were found", len(constants))
	}
	described := map[string]int{}
	for _, g := range Groups {
		for _, info := range g.Codes {
			described[string(info.Code)]++
			if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(string(info.Code)) {
				t.Errorf("%q is not lower-case words with hyphens", info.Code)
			}
			if !strings.HasSuffix(info.meaning, ".") || !strings.HasSuffix(info.todo, ".") {
				t.Errorf("%s: what it means and what to do are sentences", info.Code)
			}
		}
	}
	values := map[string]string{}
	for name, value := range constants {
		if other := values[value]; other != "" {
			t.Errorf("%s and %s have the same value", name, other)
		}
		values[value] = name
		if described[value] != 1 {
			t.Errorf("%s (%s) is described %d times", name, value, described[value])
		}
		if uses[name] < 3 { // beside its definition and its description
			t.Errorf("%s (%s) is never given as a reason", name, value)
		}
	}
	for value := range described {
		if values[value] == "" {
			t.Errorf("%s is described and is no constant", value)
		}
	}
}

// reasonConstants are the constants of reason codes by name, which must all be in reason.go.
func reasonConstants(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	eachFile(t, func(path string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Code" || len(spec.Values) != 1 {
				return true
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || filepath.Base(path) != "reason.go" {
				t.Errorf("%s: %s: a reason code is a literal in reason.go", path, spec.Names[0].Name)
				return true
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[spec.Names[0].Name] = value
			return true
		})
	})
	return found
}

// reasonUses counts in how many places each identifier stands.
func reasonUses(t *testing.T) map[string]int {
	t.Helper()
	uses := map[string]int{}
	eachFile(t, func(path string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "reason" {
					uses[n.Sel.Name]++
				}
			case *ast.Ident:
				if filepath.Dir(path) == "." {
					uses[n.Name]++
				}
			}
			return true
		})
	})
	return uses
}

// eachFile gives the source files of the packages that give reasons, tests aside.
func eachFile(t *testing.T, take func(path string, f *ast.File)) {
	t.Helper()
	for _, folder := range []string{".", "../web", "../notify", "../view", "../operate", "..", "../session", "../../internal/cli", "../../internal/planfile", "../../internal/host"} {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range slices.DeleteFunc(paths, func(p string) bool { return strings.HasSuffix(p, "_test.go") }) {
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			take(path, f)
		}
	}
}
