package cli

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEachFuzzTargetHasACorpusThatLoads walks over the module's tests. go test runs each target on its corpus, and on
// nothing at all without a word when the folder has moved.
func TestEachFuzzTargetHasACorpusThatLoads(t *testing.T) {
	targets, inputs := 0, 0
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			targets++
			folder := filepath.Join(filepath.Dir(path), "testdata", "fuzz", f.Name.Name)
			corpus, err := os.ReadDir(folder)
			if err != nil || len(corpus) == 0 {
				t.Errorf("%s in %s has no corpus: make fuzz KEEP=20", f.Name.Name, path)
			}
			for _, entry := range corpus {
				inputs++
				text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
				if err != nil {
					t.Error(err)
				}
				// Whether the values fit the target, go test says itself.
				if !bytes.HasPrefix(text, []byte("go test fuzz v1\n")) || bytes.Count(text, []byte("\n")) < 2 {
					t.Errorf("%s/%s is no input", folder, entry.Name())
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if targets < 12 {
		t.Errorf("only %d targets were found", targets)
	}
	t.Logf("%d targets, %d inputs", targets, inputs)
}
