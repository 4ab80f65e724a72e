package chaostest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// A dot import brings all names of this package into a spec. So they are the words of
// a spec and nothing else, and each is one line over package scope.
func TestEveryWordIsOneLineOverTheScope(t *testing.T) {
	files := token.NewFileSet()
	for _, name := range []string{"words.go", "options.go"} {
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			words = append(words, f.Name.Name)
			body := f.Body.List
			if len(body) == 2 && isHelperCall(body[0]) {
				body = body[1:]
			}
			if _, returns := body[0].(*ast.ReturnStmt); len(body) != 1 || !returns {
				t.Errorf("%s is more than one line", f.Name.Name)
			}
		}
		if len(words) == 0 || len(words) >= 15 {
			t.Errorf("%s has %d words: %q", name, len(words), words)
		}
		for _, taken := range []string{"New", "Close", "T"} {
			if slices.Contains(words, taken) {
				t.Errorf("%s is not a word of a spec", taken)
			}
		}
	}
}

func isHelperCall(s ast.Stmt) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	name, ok := call.Fun.(*ast.SelectorExpr)
	return ok && name.Sel.Name == "GinkgoHelper"
}
