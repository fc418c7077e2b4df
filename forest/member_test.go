package forest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestRanked(t *testing.T) {
	r := newRanked([][]float64{{3, 1}, {1, 1}, {3, 2}, {2, 2}})
	if !slices.Equal(r.values[0], []float64{1, 2, 3}) || !slices.Equal(r.rank[0], []int32{2, 0, 2, 1}) ||
		!slices.Equal(r.ordered[0], []int32{1, 3, 0, 2}) {
		t.Errorf("%+v", r)
	}
	if got := r.threshold(0, 1); got != 2.5 {
		t.Errorf("threshold %g, want the midpoint 2.5", got)
	}
	neighbours := newRanked([][]float64{{1}, {math.Nextafter(1, 2)}})
	if got := neighbours.threshold(0, 0); got != 1 {
		t.Errorf("threshold %g between neighbouring floats, want the lower one", got)
	}
}

// A step in one column: every tree finds it, whatever the noise columns say.
func TestGrownTreesFindAStep(t *testing.T) {
	set := friedman1(80, 0, 3)
	target := make([]float64, 80)
	for i, row := range set.X {
		target[i] = -1
		if row[2] > 0.5 {
			target[i] = 1
		}
	}
	for _, how := range []splitter{bestCut, randomCut} {
		grown, err := growForest(context.Background(), newRanked(set.X), target, how, 5, 1)
		if err != nil || len(grown.roots) != ownTrees {
			t.Fatalf("%d trees, %v", len(grown.roots), err)
		}
		low, high := grown.predict([]float64{0.5, 0.5, 0.1, 0.5, 0.5}), grown.predict([]float64{0.5, 0.5, 0.9, 0.5, 0.5})
		if low > -0.7 || high < 0.7 {
			t.Errorf("splitter %d: %.3f below the step and %.3f above it, want about -1 and 1", how, low, high)
		}
		again, _ := growForest(context.Background(), newRanked(set.X), target, how, 5, 1)
		if !slices.Equal(again.nodes, grown.nodes) {
			t.Errorf("splitter %d: same seed, other trees", how)
		}
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := growForest(stopped, newRanked(set.X), target, bestCut, 5, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Too few rows to split: one leaf, the mean shrunk by a row of prior.
func TestGrownLeafByHand(t *testing.T) {
	grown, err := growForest(context.Background(), newRanked([][]float64{{1}, {2}, {3}}),
		[]float64{0, 3, 6}, randomCut, 1, 1)
	if want := 9.0 / 4; err != nil || math.Abs(grown.predict([]float64{2})-want) > 1e-12 {
		t.Errorf("%g, %v; want %g", grown.predict([]float64{2}), err, want)
	}
}

// A kernel model interpolates a bend that no line follows, and falls back to its centre far away.
func TestKernelFollowsABend(t *testing.T) {
	var z [][]float64
	var y []float64
	for i := range 41 {
		x := -2 + float64(i)/10
		z, y = append(z, []float64{x}), append(y, x*x)
	}
	k := fitKernel(z, y, 1)
	for _, x := range []float64{-1.55, 0.05, 1.25} {
		if got := k.predict([]float64{x}); math.Abs(got-x*x) > 0.1 {
			t.Errorf("%.3f at %g, want %.3f", got, x, x*x)
		}
	}
	if k := fitKernel(z, make([]float64, 41), 1); k.predict([]float64{1}) != 0 {
		t.Errorf("equal targets: %g, want 0", k.predict([]float64{1}))
	}
	if k := fitKernel([][]float64{{}, {}}, []float64{1, 3}, 1); k.predict(nil) != 2 {
		t.Errorf("no columns: %g, want the mean", k.predict(nil))
	}
}

// A kernel model keeps all runs up to a bound, also where its settings were chosen on fewer, and then a part of them.
func TestKernelKeepsRows(t *testing.T) {
	for n, want := range map[int]int{kernelChosen: kernelChosen, kernelChosen + 20: kernelChosen + 20,
		kernelRows + 30: kernelRows} {
		z, y := make([][]float64, n), make([]float64, n)
		for i := range z {
			x := 4*float64(i)/float64(n) - 2
			z[i], y[i] = []float64{x}, x*x
		}
		k := fitKernel(z, y, 1)
		if len(k.rows) != want || len(k.factor) != want {
			t.Errorf("of %d rows %d are kept, with %d factors, want %d", n, len(k.rows), len(k.factor), want)
		}
		if got := k.predict([]float64{1.25}); math.Abs(got-1.5625) > 0.1 {
			t.Errorf("of %d rows: %.3f, want 1.563", n, got)
		}
	}
}

// Two members err independently, a third is far off: it is dropped, the others share by their squared errors; without
// any runs all are equal.
func TestBlendByHand(t *testing.T) {
	active := [numMembers]bool{Boosted: true, Ridge: true, Kernel: true}
	held := make([][numMembers]float64, 4)
	y := []float64{0.5, 0.5, 0.5, 0.5}
	for i, e := range [][3]float64{{0.1, 0.1, 2}, {-0.1, 0.1, 2}, {0.1, -0.1, 2}, {-0.1, -0.1, 2}} {
		held[i][Boosted], held[i][Ridge], held[i][Kernel] = 0.5+e[0], 0.5+e[1], 0.5+e[2]
	}
	b := fitBlend(held, y, active, func(int) bool { return true })
	if math.Abs(b[Boosted]-0.5) > 1e-9 || math.Abs(b[Ridge]-0.5) > 1e-9 || b[Kernel] != 0 {
		t.Errorf("weights %v, want a half each for the two good ones", b)
	}
	if got := b.of(held[0]); math.Abs(got-0.6) > 1e-9 {
		t.Errorf("blended to %g, want 0.6", got)
	}
	if b := fitBlend(held, y, active, func(int) bool { return false }); math.Abs(b[Kernel]-1.0/3) > 1e-12 ||
		b[ExtraTrees] != 0 {
		t.Errorf("no runs: %v, want equal weights of the fitted ones", b)
	}
}

// Every member predicts alone, finds the signal, and survives saving.
func TestOnlyOneMember(t *testing.T) {
	set := curves(40, 2, 6, 5)
	for _, name := range Members() {
		m := fit(t, set, Options{Stages: 20, Folds: 4, Only: name})
		if w := m.Weights(); w[name] != 1 {
			t.Errorf("%s: weights %v", name, w)
		}
		if r2 := m.R2(); r2 < 0.3 {
			t.Errorf("%s: held-out R² %.3f", name, r2)
		}
	}
	if _, err := Fit(context.Background(), set, Options{Only: "best"}); !errors.Is(err, ErrBadOptions) ||
		!strings.Contains(err.Error(), "boosted, forest") {
		t.Errorf("unknown member: %v", err)
	}
}

// A start helps where runs hardly change any more; it has to be a column.
func TestCurrentAccuracy(t *testing.T) {
	set := curves(40, 2, 6, 5)
	set.Current = "c1"
	m := fit(t, set, Options{Stages: 5, Folds: 4, Only: "ridge"})
	if m.full.start < 0 || m.full.whole.start <= 0 || m.full.whole.start >= 1 {
		t.Errorf("start %d with weight %g, want a share of the candidates", m.full.start, m.full.whole.start)
	}
	set.Current = "c9"
	if _, err := Fit(context.Background(), set, small); !errors.Is(err, ErrBadTable) {
		t.Errorf("no such column: %v", err)
	}
}

func TestCurve(t *testing.T) {
	names, values := curveFeatures([]float64{0.2, 0.5, 0.6})
	want := []float64{0.6, math.Log(1.5), 0.1, 0.4, 1.3 / 3, 0.2}
	if len(names) != len(want) || names[0] != currentAccuracy {
		t.Fatalf("%v", names)
	}
	for j, v := range values {
		if math.Abs(v-want[j]) > 1e-12 {
			t.Errorf("%s %g, want %g", names[j], v, want[j])
		}
	}
	for n, count := range []int{0, 2, 3, 6, 6} {
		if names, values := curveFeatures(make([]float64, n)); len(names) != count || len(values) != count {
			t.Errorf("%d epochs: %v", n, names)
		}
	}
	if _, values := curveFeatures([]float64{math.NaN()}); !math.IsNaN(values[0]) || !math.IsNaN(values[1]) {
		t.Errorf("unknown accuracy: %v", values)
	}
}

// TestOnlySome: members that are not named have no say, and names that are none are refused.
func TestOnlySome(t *testing.T) {
	m, err := Fit(context.Background(), friedman1(60, 0, 3), Options{Seed: 1, Only: "forest+kernel", Folds: 3})
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range m.Weights() {
		if named := name == "forest" || name == "kernel"; w > 0 && !named {
			t.Errorf("%s has a weight of %g", name, w)
		}
	}
	for _, only := range []string{"forest+", "forest+trees", "+"} {
		if _, err := Fit(context.Background(), friedman1(60, 0, 3), Options{Only: only}); !errors.Is(err, ErrBadOptions) {
			t.Errorf("only %q: %v", only, err)
		}
	}
}
