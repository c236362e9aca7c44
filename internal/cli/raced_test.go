package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEachTestRunsUnderTheRaceDetectorOrWithoutIt holds .ci/race against the tests. It goes by their names: one that got another name would
// run without the race detector, and one of the same name in another package not at all.
func TestEachTestRunsUnderTheRaceDetectorOrWithoutIt(t *testing.T) {
	text, err := os.ReadFile("../../.ci/race")
	if err != nil {
		t.Fatal(err)
	}
	folders := testFolders(t)
	raced := map[string][]string{} // by package
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) != 2 {
			t.Errorf(".ci/race: %q is not a package and a test", strings.TrimSpace(line))
			continue
		}
		raced[fields[0]] = append(raced[fields[0]], fields[1])
	}
	if len(raced) == 0 {
		t.Error(".ci/race is empty")
	}
	for folder, names := range raced {
		if slices.Equal(names, []string{"*"}) {
			names = nil
			for name, in := range folders {
				if slices.Contains(in, folder) {
					names = append(names, name)
				}
			}
			if len(names) == 0 {
				t.Errorf(".ci/race has %s, which has no tests", folder)
			}
		}
		for _, name := range names {
			if got := folders[name]; !slices.Equal(got, []string{folder}) {
				t.Errorf(".ci/race has %s in %s, it is in %v", name, folder, got)
			}
		}
	}
}

var isTest = regexp.MustCompile(`^(Test|Fuzz|Example)`)

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
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && isTest.MatchString(f.Name.Name) && f.Name.Name != "TestMain" {
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
