package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSpecsAndStatusesHaveOneWriterEach reads the statements of this package: the columns of a status are set by Commit
// alone, those of a spec by the methods of SpecTx alone, which only WriteSpecs makes. wakes_at is set by both.
func TestSpecsAndStatusesHaveOneWriterEach(t *testing.T) {
	status := []string{"state", "outcome", "reason", "reason_code", "held_by", "doc", "observed", "version"}
	writers := map[string]string{ // by the constant that holds the statement
		"writeStatus": "status", "insertSpec": "spec", "updateSpec": "spec", "markAbsent": "spec", "setOrders": "spec",
		"commitAtOnce": "status", "addSpecs": "spec",
	}
	assignment := regexp.MustCompile(`(?:SET|,)\s*([a-z_]+) =`)
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		named := map[*ast.BasicLit]string{}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for i, v := range spec.Values {
					if lit, ok := v.(*ast.BasicLit); ok {
						named[lit] = spec.Names[i].Name
					}
				}
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text := strings.Trim(lit.Value, "`\"")
			if at := strings.Index(text, "UPDATE occurrences"); strings.HasPrefix(text, "WITH") && at >= 0 {
				text, _, _ = strings.Cut(text[at:], "RETURNING")
			}
			if !strings.HasPrefix(text, "UPDATE occurrences") && !strings.HasPrefix(text, "INSERT INTO occurrences") {
				return true
			}
			kind := writers[named[lit]]
			seen[named[lit]] = true
			if kind == "" {
				t.Errorf("%s: %q writes occurrences, and is neither of Commit nor of SpecTx", e.Name(), text)
			}
			for _, m := range assignment.FindAllStringSubmatch(text, -1) {
				if m[1] != "wakes_at" && slices.Contains(status, m[1]) != (kind == "status") {
					t.Errorf("%s: %s sets %s", e.Name(), named[lit], m[1])
				}
			}
			return true
		})
		if text, err := os.ReadFile(e.Name()); err != nil || strings.Count(string(text), "SpecTx{") > 0 && e.Name() != "spec.go" || strings.Contains(string(text), "p.status") && e.Name() != "commit.go" {
			t.Errorf("%s makes a SpecTx or writes a status, %v", e.Name(), err)
		}
	}
	for name := range writers {
		if !seen[name] {
			t.Errorf("there is no statement %s", name)
		}
	}
}
