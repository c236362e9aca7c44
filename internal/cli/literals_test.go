package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The fields that hold a code or a state of the service, and those that hold a sentence for people. What the program does
// must not hang on a literal of the former outside package agora, which has names for them, nor on the words of the latter,
// beside which a reason code stands.
var (
	serviceFields  = map[string]bool{"Status": true, "StatusCode": true, "Code": true, "Cause": true, "Level": true, "Push": true, "UploadStatus": true, "UploadingStatus": true, "State": true}
	sentenceFields = map[string]bool{"Reason": true, "Who": true, "Note": true, "GaveUp": true, "Told": true}
)

func TestNothingHangsOnLiteralsOfTheServiceNorOnSentences(t *testing.T) {
	t.Parallel()
	files := 0
	for _, root := range []string{filepath.Join("..", "..", "runner"), ".."} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest") {
				return err
			}
			files++
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, found := range literalDecisions(f) {
				t.Errorf("%s: %s", set.Position(found.pos), found.text)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestLiteralDecisionsAreFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code string
		want int
	}{
		{`a.Code == 65`, 1},
		{`404 != a.Status`, 1},
		{`a.Status >= http.StatusInternalServerError`, 1},
		{`code == 53`, 1},
		{`x.Who == "the plan"`, 1},
		{`x.Who == planWho`, 1},
		{`x.Who == y.Who`, 0},
		{`strings.HasPrefix(x.Reason, orphan)`, 1},
		{`strings.Contains(string(r.Note), mark)`, 1},
		{`recorder.State == "exit"`, 1},
		{`a.Code == 0 || a.Status != 0`, 0},
		{`x.Reason == ""`, 0},
		{`n.Code == agora.StoppedOK`, 0},
		{`x.State == SessionOrphan`, 0},
		{`len(x.Reason) > 80`, 0},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() bool { return "+tt.code+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := literalDecisions(f); len(got) != tt.want {
			t.Errorf("%s: found %v", tt.code, got)
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { switch a.Code { case 7, 53: } }", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := literalDecisions(f); len(got) != 2 {
		t.Errorf("a switch: found %v", got)
	}
}

// literalDecision is where a literal is compared with what the service or a sentence says.
type literalDecision struct {
	pos  token.Pos
	text string
}

func literalDecisions(f *ast.File) (found []literalDecision) {
	compare := func(field, value ast.Expr) {
		switch name := fieldName(field); {
		case serviceFields[name] && isLiteral(value):
			found = append(found, literalDecision{value.Pos(), name + " is compared with a literal: use a verdict or a constant of package agora"})
		case sentenceFields[name] && fieldName(value) != name && !isNothing(value): // two sentences may be compared
			found = append(found, literalDecision{value.Pos(), name + " is compared with a text: use a reason code"})
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			switch n.Op {
			case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
				compare(n.X, n.Y)
				compare(n.Y, n.X)
			}
		case *ast.SwitchStmt:
			for _, clause := range n.Body.List {
				for _, value := range clause.(*ast.CaseClause).List {
					compare(n.Tag, value)
				}
			}
		case *ast.CallExpr:
			if fun, ok := n.Fun.(*ast.SelectorExpr); ok && fieldName(fun.X) == "strings" && strings.Contains("HasPrefix HasSuffix Contains EqualFold Index", fun.Sel.Name) {
				if name := fieldName(n.Args[0]); sentenceFields[name] {
					found = append(found, literalDecision{n.Pos(), name + " is searched: use a reason code"})
				}
			}
		}
		return true
	})
	return found
}

// fieldName is the last name of an expression, with a capital letter where it is a variable's; "" for another expression.
func fieldName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		switch e.Name {
		case "status", "code", "reason", "who", "result":
			return strings.ToUpper(e.Name[:1]) + e.Name[1:]
		}
		return e.Name
	case *ast.CallExpr:
		if to, ok := e.Fun.(*ast.Ident); ok && to.Name == "string" {
			return fieldName(e.Args[0])
		}
	}
	return ""
}

// isNothing says that an expression is the empty text, or nil.
func isNothing(e ast.Expr) bool {
	literal, ok := e.(*ast.BasicLit)
	return ok && literal.Value == `""` || fieldName(e) == "nil"
}

// isLiteral says that an expression is a literal other than nothing, or one of net/http's statuses.
func isLiteral(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value != "0" && e.Value != `""`
	case *ast.SelectorExpr:
		return fieldName(e.X) == "http" && strings.HasPrefix(e.Sel.Name, "Status")
	}
	return false
}
