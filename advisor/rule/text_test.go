package rule

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// described are the fields of a Rule that are read by people.
var described = []string{"Finds", "Source", "Proposes"}

// TestTextsAreFilledFromTheConstants: each constant of a rule's file is named in what a rule says of itself, so that a
// text changes with its constant; and no line is too long to read.
func TestTextsAreFilledFromTheConstants(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants, named := map[string]string{}, map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		texts := rulesTexts(file)
		for _, text := range texts {
			ast.Inspect(text, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					named[id.Name] = true
				}
				return true
			})
		}
		if len(texts) == 0 {
			continue
		}
		for _, constant := range constantsOf(file) {
			constants[constant] = name
		}
		for i, line := range strings.Split(string(source), "\n") {
			if n := utf8.RuneCountInString(line); n > 120 {
				t.Errorf("%s:%d has %d columns, want at most 120", name, i+1, n)
			}
		}
	}
	if len(constants) < 30 {
		t.Errorf("only %d constants", len(constants))
	}
	for constant, file := range constants {
		if !named[constant] {
			t.Errorf("%s: no rule's text names %s", file, constant)
		}
	}
}

// rulesTexts returns the expressions of a file's rules that people read.
func rulesTexts(file *ast.File) []ast.Expr {
	var texts []ast.Expr
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if id, ok := literal.Type.(*ast.Ident); !ok || id.Name != "Rule" {
			return true
		}
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok && slices.Contains(described, key.Name) {
					texts = append(texts, pair.Value)
				}
			}
		}
		return true
	})
	return texts
}

// constantsOf names a file's constants that are numbers.
func constantsOf(file *ast.File) []string {
	var names []string
	for _, declaration := range file.Decls {
		if group, ok := declaration.(*ast.GenDecl); ok && group.Tok == token.CONST {
			for _, spec := range group.Specs {
				constants := spec.(*ast.ValueSpec)
				for i, value := range constants.Values {
					if _, ok := value.(*ast.BasicLit); ok {
						names = append(names, constants.Names[i].Name)
					}
				}
			}
		}
	}
	return names
}
