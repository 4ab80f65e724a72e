package docs_test

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

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// functions are the names of a package's functions for which want is true.
func functions(t *testing.T, dir string, want func(file string, f *ast.FuncDecl) bool) []string {
	t.Helper()
	g := NewWithT(t)
	var names []string
	entries, err := os.ReadDir(filepath.Join("../../..", dir))
	g.Expect(err).NotTo(HaveOccurred())
	for _, entry := range slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !strings.HasSuffix(e.Name(), ".go") }) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../..", dir, entry.Name()), nil, 0)
		g.Expect(err).NotTo(HaveOccurred())
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && want(entry.Name(), f) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// examples are the names of the package's runnable examples.
func examples(t *testing.T, dir string) []string {
	t.Helper()
	return functions(t, dir, func(file string, f *ast.FuncDecl) bool {
		return strings.HasSuffix(file, "_test.go") && strings.HasPrefix(f.Name.Name, "Example")
	})
}

// TestEveryFaultHasAnExample checks that the page of package fault shows every fault.
func TestEveryFaultHasAnExample(t *testing.T) {
	g := NewWithT(t)
	shown := examples(t, "chaostest/fault")
	for _, entry := range fault.Catalogue {
		name, _, _ := strings.Cut(strings.TrimPrefix(entry.Call, "fault."), "(")
		g.Expect(shown).To(ContainElement("Example" + name))
	}
}

// TestEveryMatcherHasAnExample checks that the page of package matchers shows every matcher.
func TestEveryMatcherHasAnExample(t *testing.T) {
	g := NewWithT(t)
	matchers := functions(t, "matchers", func(file string, f *ast.FuncDecl) bool {
		return !strings.HasSuffix(file, "_test.go") && f.Name.IsExported() && returns(f, "GomegaMatcher")
	})
	g.Expect(len(matchers)).To(BeNumerically(">=", 12))
	shown := examples(t, "matchers")
	for _, name := range matchers {
		g.Expect(shown).To(ContainElement("Example" + name))
	}
}

// returns reports whether a function's result is a type of this name.
func returns(f *ast.FuncDecl, name string) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	selector, ok := f.Type.Results.List[0].Type.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == name
}

// TestEveryVerbHasAnExample checks that the page of package chaostest shows every verb.
func TestEveryVerbHasAnExample(t *testing.T) {
	g := NewWithT(t)
	verbs := functions(t, "chaostest", func(file string, f *ast.FuncDecl) bool {
		return file == "words.go" && f.Name.IsExported()
	})
	g.Expect(len(verbs)).To(And(BeNumerically(">=", 5), BeNumerically("<", 15)))
	shown := examples(t, "chaostest")
	for _, name := range verbs {
		g.Expect(shown).To(ContainElement("Example" + name))
	}
}
