package forest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"testing"

	randomforest "github.com/malaschitz/randomForest"
)

// The module's godebug setting randseednop=0 is in force: without it nothing below would repeat.
func TestGlobalGeneratorObeysItsSeed(t *testing.T) {
	generator.Lock()
	defer generator.Unlock()
	if err := seedGenerator(42); err != nil {
		t.Fatal(err)
	}
	first := rand.Int63()
	if err := seedGenerator(42); err != nil {
		t.Fatal(err)
	}
	if again := rand.Int63(); again != first {
		t.Errorf("same seed drew %d, then %d", first, again)
	}
}

// A program built without the setting says so instead of fitting at random.
func TestGeneratorWithoutTheSetting(t *testing.T) {
	t.Setenv("GODEBUG", "randseednop=1")
	if _, err := Fit(context.Background(), curves(25, 2, 6, 1), small); !errors.Is(err, ErrGenerator) {
		t.Errorf("%v, want ErrGenerator", err)
	}
}

// Input on which the library panics in a goroutine, hangs or recurses without end is refused before it is called.
func TestLibraryGuards(t *testing.T) {
	good, err := newMatrix([][]float64{{1, 2}, {3, 4}, {5, 6}, {7, 8}})
	if err != nil {
		t.Fatal(err)
	}
	labels := []int{0, 1, 0, 1}
	fine := growth{classes: 2, columns: 3, depth: 3}
	for name, c := range map[string]struct {
		m     matrix
		class []int
		g     growth
	}{
		"empty":            {matrix{}, nil, fine},
		"few labels":       {good, labels[:3], fine},
		"negative label":   {good, []int{0, -1, 0, 1}, fine},
		"label too large":  {good, []int{0, 20_000_000, 0, 1}, fine},
		"one class":        {good, make([]int, 4), growth{classes: 1, columns: 3, depth: 3}},
		"too many classes": {good, labels, growth{classes: 20_000_000, columns: 3, depth: 3}},
		"too many columns": {good, labels, growth{classes: 2, columns: 4, depth: 3}},
		"no columns":       {good, labels, growth{classes: 2, columns: 0, depth: 3}},
		"no depth":         {good, labels, growth{classes: 2, columns: 3}},
	} {
		if _, err := grow(c.m, c.class, c.g, 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, rows := range map[string][][]float64{
		"no rows":    nil,
		"no columns": {{}},
		"ragged":     {{1, 2}, {3}},
		"NaN":        {{math.NaN()}},
		"Inf":        {{math.Inf(1)}},
		"huge":       {{1e101}},
	} {
		if _, err := newMatrix(rows); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := isolate(context.Background(), rows, 1, 1); err == nil {
			t.Errorf("isolation, %s: no error", name)
		}
	}
}

// A worker count of zero, which hangs the library, is repaired on every call.
func TestZeroWorkersDoNotHang(t *testing.T) {
	m, err := newMatrix([][]float64{{1}, {2}, {3}, {4}})
	if err != nil {
		t.Fatal(err)
	}
	generator.Lock()
	randomforest.NumWorkers = 0
	generator.Unlock()
	if _, err := grow(m, []int{0, 0, 1, 1}, growth{classes: 2, columns: 2, depth: 3}, 1); err != nil {
		t.Error(err)
	}
}

func TestSameSeedSameTree(t *testing.T) {
	set := friedman1(40, 5, 1)
	m, err := newMatrix(set.X)
	if err != nil {
		t.Fatal(err)
	}
	class, classes := quantileClasses(set.Y, 3)
	draw := func(seed int64) string {
		root, err := grow(m, class, growth{classes: classes, columns: 4, depth: 4}, seed)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		write(&out, root)
		return out.String()
	}
	if first, again := draw(1), draw(1); first != again {
		t.Error("same seed, another tree")
	}
	if draw(1) == draw(2) {
		t.Error("another seed, same tree")
	}
}

func write(out *bytes.Buffer, b *randomforest.Branch) {
	fmt.Fprint(out, b.Attribute, b.Value, b.IsLeaf, b.Size, ";")
	if !b.IsLeaf {
		write(out, b.Branch0)
		write(out, b.Branch1)
	}
}

// Unlike labels on rows that nothing separates: the library splits on column 0 over and over; the guard there makes
// such splits harmless and they are pruned.
func TestSplitsOnNothingArePruned(t *testing.T) {
	rows := make([][]float64, 20)
	class := make([]int, 20)
	residual := make([]float64, 20)
	reach := make([]int, 20)
	for i := range rows {
		rows[i] = []float64{3, 4}
		class[i] = i % 2
		residual[i] = float64(i % 2)
		reach[i] = i
	}
	m, err := newMatrix(rows)
	if err != nil {
		t.Fatal(err)
	}
	root, err := grow(m, class, growth{classes: 2, columns: 3, depth: 3}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var grown trees
	p := planter{trees: &grown, rows: m.rows, residual: residual, step: make([]float64, 20), rate: 1}
	p.plant(root, reach)
	if len(grown.nodes) != 1 || grown.nodes[0].column != leaf {
		t.Fatalf("nodes %+v, want one leaf", grown.nodes)
	}
	if want := 10.0 / 21; math.Abs(grown.nodes[0].value-want) > 1e-15 {
		t.Errorf("leaf %g, want %g: ten of twenty rows and one of prior", grown.nodes[0].value, want)
	}
}

// Equal rows and far outliers: the isolation trees end, and the outlier stands out.
func TestIsolate(t *testing.T) {
	rows := make([][]float64, 30)
	for i := range rows {
		rows[i] = []float64{float64(i % 3), 1}
	}
	rows[29] = []float64{-1e99, 1e99}
	depth, err := isolate(context.Background(), rows, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range depth[:29] {
		if d <= depth[29] {
			t.Errorf("row %d at depth %g, outlier at %g", i, d, depth[29])
		}
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := isolate(stopped, rows, 20, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := isolate(context.Background(), rows, 0, 1); !errors.Is(err, ErrBadOptions) {
		t.Errorf("no trees: %v", err)
	}
}
