package forest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	randomforest "github.com/malaschitz/randomForest"
)

func TestFitColumns(t *testing.T) {
	nan := math.NaN()
	set := table(5, 2)
	set.X = [][]float64{ // c1 constant, c2 with a gap, c3 missing throughout, c4 constant but for a gap
		{1, 7, 2, nan, 5},
		{3, 7, nan, nan, nan},
		{8, 7, 4, nan, 5},
	}
	kept, dropped := fitColumns(set)
	want := []column{
		{
			source: 0,
			median: 3,
			scale:  math.Sqrt((4.0 + 0 + 25) / 3),
			linear: true,
			middle: 3,
			width:  math.Sqrt((4.0 + 0 + 25) / 3),
		},
		{source: 2, median: 3, scale: 1, middle: 3, width: 1},
	}
	if len(kept) != 2 || kept[0] != want[0] || kept[1] != want[1] {
		t.Errorf("kept %+v, want %+v", kept, want)
	}
	if len(dropped) != 2 || dropped[0] != (constant{1, 7}) || dropped[1] != (constant{4, 5}) {
		t.Errorf("dropped %+v, want columns 1 at 7 and 4 at 5", dropped)
	}
	if filled := fill(kept, []float64{nan, 0, 9, 0, 0}, nil); filled[0] != 3 || filled[1] != 9 {
		t.Errorf("filled %v, want [3 9]", filled)
	}
}

func TestStandardise(t *testing.T) {
	c := column{median: 10, scale: 2}
	for _, v := range []struct{ value, clipped, compressed float64 }{
		{10, 0, 0}, {13, 1.5, 1.5}, {4, -3, -3},
		{10 + 2*(3+math.E-1), 3, 4}, {10 - 2*(3+math.E-1), -3, -4},
	} {
		if got := c.clipped(v.value); math.Abs(got-v.clipped) > 1e-12 {
			t.Errorf("clipped(%g) = %g, want %g", v.value, got, v.clipped)
		}
		if got := c.compressed(v.value); math.Abs(got-v.compressed) > 1e-12 {
			t.Errorf("compressed(%g) = %g, want %g", v.value, got, v.compressed)
		}
	}
	tiny := column{scale: math.SmallestNonzeroFloat64}
	if z := tiny.compressed(MaxMagnitude); math.IsInf(z, 0) || math.IsNaN(z) {
		t.Errorf("compressed overflows to %g", z)
	}
}

// One centred column: the weight is Σzy / (Σz² + λn), worked by hand.
func TestRidgeByHand(t *testing.T) {
	z := [][]float64{{-1}, {0}, {1}}
	y := []float64{0.2, 0.3, 0.7}
	r := gather(z, y, nil).solve(0.5)
	if want := 0.5 / (2 + 1.5); math.Abs(r.weight[0]-want) > 1e-12 || math.Abs(r.intercept-0.4) > 1e-12 {
		t.Errorf("weight %g, intercept %g; want %g and 0.4", r.weight[0], r.intercept, want)
	}
	part := gather(z, y, nil).without(gather(z, y, []int{2})).solve(0) // the line through two points
	if math.Abs(part.weight[0]-0.1) > 1e-12 || math.Abs(part.intercept-0.3) > 1e-12 {
		t.Errorf("without row 2: %+v, want slope 0.1 through 0.3", part)
	}
}

// The gradient of the penalised loss, by finite differences, is zero at the solution.
func TestRidgeIsStationary(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	z, y := make([][]float64, 30), make([]float64, 30)
	for i := range z {
		z[i] = []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		y[i] = 0.5 + 0.1*z[i][0] - 0.2*z[i][2] + 0.05*r.NormFloat64()
	}
	const penalty = 0.3
	fit := gather(z, y, nil).solve(penalty)
	loss := func(f ridge) float64 {
		sum := 0.0
		for i := range z {
			e := y[i] - f.predict(z[i], 0)
			sum += e * e
		}
		for _, w := range f.weight {
			sum += penalty * 30 * w * w
		}
		return sum
	}
	for j := range fit.weight {
		const h = 1e-5
		up, down := fit, fit
		up.weight, down.weight = slices.Clone(fit.weight), slices.Clone(fit.weight)
		up.weight[j] += h
		down.weight[j] -= h
		if slope := (loss(up) - loss(down)) / (2 * h); math.Abs(slope) > 1e-6 {
			t.Errorf("slope of weight %d is %g", j, slope)
		}
	}
}

// Cross-validation keeps a clean signal and shrinks noise away.
func TestRidgeWeighsItsPenalties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	fold := make([]int, 40)
	for i := range fold {
		fold[i] = i % 10
	}
	shrunk, plain := 0.0, 0.0
	for range 20 {
		z, clean, noise := make([][]float64, 40), make([]float64, 40), make([]float64, 40)
		for i := range z {
			z[i] = []float64{r.NormFloat64(), r.NormFloat64()}
			clean[i] = 0.5 + 0.1*z[i][0]
			noise[i] = r.Float64()
		}
		if f := fitRidge(z, clean, nil, fold, 10); math.Abs(f.weight[0]-0.1) > 1e-3 {
			t.Errorf("clean signal: weight %g, want 0.1", f.weight[0])
		}
		shrunk += math.Hypot(fitRidge(z, noise, nil, fold, 10).weight[0], fitRidge(z, noise, nil, fold, 10).weight[1])
		least := gather(z, noise, nil).solve(0)
		plain += math.Hypot(least.weight[0], least.weight[1])
	}
	if shrunk > 0.75*plain {
		t.Errorf("noise: weights of mean length %g, least squares %g: want less than three quarters", shrunk/20, plain/20)
	}
	if f := fitRidge(make([][]float64, 2), []float64{0.2, 0.4}, nil, []int{0, 1}, 2); math.Abs(f.intercept-0.3) > 1e-15 {
		t.Errorf("no linear column: %+v, want the mean", f)
	}
}

// A linear column carries the prediction beyond the accuracies of the past runs, in order, but never past a quarter of
// the way to 1 or to 0.
func TestExtrapolation(t *testing.T) {
	set := table(2, 1)
	r := rand.New(rand.NewPCG(8, 8))
	for i := range 41 {
		x := float64(i) / 40
		set.X = append(set.X, []float64{x, r.Float64()})
		set.Y = append(set.Y, 0.2+0.5*x)
	}
	e, err := fitEstimator(context.Background(), set, set.groupIndex(), must(Options{}.complete()), 1)
	if err != nil {
		t.Fatal(err)
	}
	previous := 0.15
	for _, c := range []struct{ x, low, high float64 }{
		{-0.3, 0.15, 0.2}, {-0.2, 0.15, 0.2}, {0.5, 0.44, 0.46}, {1.1, 0.7, 0.775}, {1.2, 0.72, 0.775}, {1.3, 0.73, 0.775},
	} {
		got := e.predict([]float64{c.x, 0.5}, blend{Boosted: 1}, &scratch{})
		if got < c.low || got > c.high || got <= previous {
			t.Errorf("predicted %g at %g, want %g…%g and more than %g", got, c.x, c.low, c.high, previous)
		}
		previous = got
	}
}

func TestQuantileClasses(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   []int
		k      int
	}{
		"thirds":          {[]float64{6, 1, 5, 2, 4, 3}, []int{2, 0, 2, 0, 1, 1}, 3},
		"ties at the top": {[]float64{1, 9, 9, 9, 9, 9}, []int{0, 1, 1, 1, 1, 1}, 2},
		"ties below":      {[]float64{1, 1, 1, 1, 1, 9}, []int{0, 0, 0, 0, 0, 1}, 2},
		"all equal":       {[]float64{4, 4, 4}, []int{0, 0, 0}, 1},
		"two values":      {[]float64{0, 1, 0, 1}, []int{0, 1, 0, 1}, 2},
		"one":             {[]float64{3}, []int{0}, 1},
	} {
		if got, k := quantileClasses(c.values, 3); k != c.k || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v of %d, want %v of %d", name, got, k, c.want, c.k)
		}
	}
}

// A library tree with its threshold on the left value: the flat tree cuts at the midpoint and carries shrunken means,
// worked by hand.
func TestPlant(t *testing.T) {
	var grown trees
	p := planter{
		trees:    &grown,
		rows:     [][]float64{{0, 1}, {0, 2}, {0, 6}, {0, 8}},
		residual: []float64{0.3, 0.6, -0.4, -0.5},
		step:     make([]float64, 4),
		rate:     0.1,
	}
	grown.roots = append(grown.roots, p.plant(&randomforest.Branch{
		Attribute: 1,
		Value:     2,
		Branch0:   &randomforest.Branch{IsLeaf: true},
		Branch1:   &randomforest.Branch{IsLeaf: true},
	}, []int{0, 1, 2, 3}))
	if n := grown.nodes[0]; n.column != 0 || n.value != 4 {
		t.Errorf("root %+v, want a cut of column 0 at 4", n)
	}
	for value, want := range map[float64]float64{3.9: 0.03, 4.1: -0.03} {
		if got := grown.predict([]float64{value}); math.Abs(got-want) > 1e-12 {
			t.Errorf("predict(%g) = %g, want %g", value, got, want)
		}
	}
	if p.step[0] != p.step[1] || p.step[2] != p.step[3] || p.step[0] == p.step[2] {
		t.Errorf("steps %v, want the leaves' values", p.step)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
