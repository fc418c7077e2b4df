package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"probewise/test/tree"
)

// listed is one package as `go list -json` describes it.
type listed struct {
	ImportPath   string
	Dir          string
	ForTest      string // set on the variants that exist for a test only
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
	IgnoredFiles []string `json:"IgnoredGoFiles"` // left out by a build tag or a platform
}

func TestDirections(t *testing.T) {
	packages := list(t, tree.Root(t))
	if !slices.ContainsFunc(packages, func(p listed) bool { return p.ImportPath == Module+"/trainer" }) {
		t.Fatalf("go list does not name %s/trainer", Module)
	}
	var broken []string
	for _, p := range packages {
		broken = append(broken, examine(t, p)...)
	}
	slices.Sort(broken)
	for _, line := range slices.Compact(broken) {
		t.Error(line)
	}
}

// examine checks one listed package. A test variant has the imports of its package once more and is checked only for
// what it reaches.
func examine(t *testing.T, p listed) []string {
	path, _, _ := strings.Cut(p.ImportPath, " ") // "a [a.test]" is a variant of a
	path = strings.TrimSuffix(path, ".test")
	broken := CheckReach(path, p.Deps)
	if p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") {
		return broken
	}
	edges := edgesOf(path, p.Imports, false)
	edges = append(edges, edgesOf(path, p.TestImports, true)...)
	edges = append(edges, edgesOf(path, p.XTestImports, true)...)
	for _, name := range p.IgnoredFiles {
		edges = append(edges, edgesOf(path, importsOf(t, filepath.Join(p.Dir, name)), strings.HasSuffix(name, "_test.go"))...)
	}
	for _, e := range edges {
		broken = append(broken, Check(e)...)
	}
	return broken
}

func edgesOf(from string, imports []string, test bool) []Edge {
	var edges []Edge
	for _, to := range imports {
		edges = append(edges, Edge{From: from, To: to, Test: test})
	}
	return edges
}

// importsOf reads the imports of a file that the go command leaves out on this platform.
func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imports = append(imports, path)
	}
	return imports
}

// list describes every package of the module and its test variants.
func list(t *testing.T, root string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-test",
		"-json=ImportPath,Dir,ForTest,Imports,TestImports,XTestImports,Deps,IgnoredGoFiles", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
