package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"testing"
)

// The way of a recording is short enough to be read in an evening.
const (
	mostFiles    = 45
	mostPackages = 5
)

var (
	links     = regexp.MustCompile(`\[([^\]]+)\]\(([^)]+)\)`)
	functions = regexp.MustCompile("^`([A-Za-z.]+)`$")
)

func TestTheArchitectureLeadsToFunctionsThatThereAre(t *testing.T) {
	page, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	files, packages := map[string]bool{}, map[string]bool{}
	for _, link := range links.FindAllStringSubmatch(string(page), -1) {
		text, file := link[1], filepath.FromSlash(link[2])
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		name := functions.FindStringSubmatch(text)
		if name == nil {
			continue
		}
		files[link[2]], packages[path.Dir(link[2])] = true, true
		if !declared(t, file)[name[1]] {
			t.Errorf("%s has no %s", link[2], name[1])
		}
	}
	if len(files) > mostFiles || len(packages) > mostPackages || len(files) == 0 {
		t.Errorf("the way leads through %d files of %d packages, want at most %d of %d", len(files), len(packages), mostFiles, mostPackages)
	}
}

// declared names what a file declares at its top level, a method as Type.Method.
func declared(t *testing.T, file string) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names[receiver(d)+d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

// receiver is the type of a method with a dot; "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}
