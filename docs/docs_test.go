package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEachAttackIsHeldByATest: the tests that security.md names are there.
func TestEachAttackIsHeldByATest(t *testing.T) {
	text, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{
		"api": "../runner/web/api", "access": "../runner/web/access", "page": "../runner/web/page", "web": "../runner/web", "runner": "../runner",
		"cli": "../internal/cli",
	}
	source := map[string]string{}
	for name, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source[name] += string(code)
		}
	}
	_, rows, found := strings.Cut(string(text), "| attack | what happens | test |")
	if !found {
		t.Fatal("security.md has no table of attacks")
	}
	named := regexp.MustCompile("`([a-z]+)\\.(Test\\w+)`")
	for row := range strings.Lines(strings.TrimSpace(rows)) {
		if strings.HasPrefix(row, "| **") || strings.HasPrefix(row, "| ---") {
			continue
		}
		tests := named.FindAllStringSubmatch(row, -1)
		if len(tests) == 0 {
			t.Errorf("a row names no test: %s", row)
		}
		for _, one := range tests {
			if !strings.Contains(source[one[1]], "\nfunc "+one[2]+"(t *testing.T) {") {
				t.Errorf("there is no test %s", one[0])
			}
		}
	}
}
