package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheLongTestsExist holds .ci/long against the tests. One that got another name would run under the race detector
// again, and one of the same name in another package would not run at all.
func TestTheLongTestsExist(t *testing.T) {
	text, err := os.ReadFile("../../.ci/long")
	if err != nil {
		t.Fatal(err)
	}
	folders := testFolders(t)
	lines := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if lines++; len(fields) != 2 {
			t.Errorf(".ci/long: %q is not a package and a test", strings.TrimSpace(line))
			continue
		}
		if got := folders[fields[1]]; !slices.Equal(got, fields[:1]) {
			t.Errorf(".ci/long has %s in %s, it is in %v", fields[1], fields[0], got)
		}
	}
	if lines == 0 {
		t.Error(".ci/long is empty")
	}
}

// testFolders are the folders in which there is a test of a name.
func testFolders(t *testing.T) map[string][]string {
	t.Helper()
	folders := map[string][]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				folders[f.Name.Name] = append(folders[f.Name.Name], filepath.ToSlash(folder))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}
