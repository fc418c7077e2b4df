package backendtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

// declaredOps are the types of package trainer that have a method Signature, read from its source.
func declaredOps(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Signature" {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	return names
}

// TestEveryOpHasACase: what Run proves of a backend is every op that package trainer declares. The plan of a GPU is
// made of the same cases (trainer/cuda, TestKernelsAreProved).
func TestEveryOpHasACase(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range cases() {
		tried[trainer.OpName(c.op)] = true
	}
	declared := declaredOps(t)
	if len(declared) < 30 || !slices.Contains(declared, "ConvOp") {
		t.Fatalf("read only %v from the source", declared)
	}
	for _, name := range declared {
		if !tried[name] {
			t.Errorf("%s has no case: add one in cases.go", name)
		}
		if _, ok := tolerances[name]; !ok {
			t.Errorf("%s has no tolerance: add one in cases.go", name)
		}
	}
	for name := range tolerances {
		if !slices.Contains(declared, name) {
			t.Errorf("a tolerance for %s, which is no op", name)
		}
	}
}

// TestSignatures: arguments have names and sizes, and a plan for fewer rows needs no larger buffers.
func TestSignatures(t *testing.T) {
	for _, c := range cases() {
		s, err := c.op.Signature()
		if err != nil {
			t.Fatalf("%s: %v", trainer.OpTitle(c.op), err)
		}
		one, err := c.op.WithRows(1).Signature()
		if err != nil {
			t.Fatalf("%s for one row: %v", trainer.OpTitle(c.op), err)
		}
		if s.AnyOuts == (len(s.Out()) > 0) {
			t.Errorf("%s has %d outputs, any number: %v", trainer.OpTitle(c.op), len(s.Out()), s.AnyOuts)
		}
		less := slices.Concat(one.In(), one.Out())
		for i, a := range slices.Concat(s.In(), s.Out()) {
			if size := product(a.Shape()); a.Name == "" || a.Len != size {
				t.Errorf("%s: argument %d is %+v of %d values", trainer.OpTitle(c.op), i, a, size)
			}
			if less[i].Len > a.Len {
				t.Errorf("%s: %s has %d values, %d for one row", trainer.OpTitle(c.op), a.Name, a.Len, less[i].Len)
			}
		}
	}
}

func product(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// TestDerivativesFit: a derivative gives as many values as the input has that it is the gradient of, and what it reads
// has the sizes that it asks for.
func TestDerivativesFit(t *testing.T) {
	for _, c := range cases() {
		if o, ok := c.op.(trainer.MatMul); ok && (o.TransA || o.TransB) {
			continue // only the gradients themselves are
		}
		s, _ := c.op.Signature()
		known := map[int]bool{} // inputs whose gradients are there
		for _, d := range c.op.Derivatives() {
			title := strings.Join([]string{trainer.OpTitle(c.op), "input", s.In()[d.Input].Name}, " ")
			wanted, given := s.In()[d.Input].Len, s.Out()[0].Len
			if d.Op != nil {
				derivative, err := d.Op.Signature()
				if err != nil {
					t.Fatalf("%s: %v", title, err)
				}
				given = derivative.Out()[0].Len
				if len(derivative.In()) != len(d.From) {
					t.Fatalf("%s: %T reads %d values, is given %d", title, d.Op, len(derivative.In()), len(d.From))
				}
				for i, a := range derivative.In() {
					from, has := d.From[i], s.Out()[0].Len
					if from.Source == trainer.FromInput || from.Source == trainer.FromInputGradient {
						has = s.In()[from.Index].Len
					}
					if from.Source == trainer.FromInputGradient && !known[from.Index] {
						t.Errorf("%s: %T reads the gradient of input %d before it is there", title, d.Op, from.Index)
					}
					if a.Len != has {
						t.Errorf("%s: %T takes %d values as %s, is given %d", title, d.Op, a.Len, a.Name, has)
					}
				}
			}
			if given != wanted {
				t.Errorf("%s: its gradient has %d values, the input %d", title, given, wanted)
			}
			known[d.Input] = true
		}
	}
}
