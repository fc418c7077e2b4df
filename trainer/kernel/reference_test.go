package kernel_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// worked is an op with values small enough to compute by hand; out holds what was there before.
type worked struct {
	name          string
	op            trainer.Op
	in, out, want [][]float64
}

func (w worked) test(t *testing.T, at trainer.Step) {
	t.Helper()
	if err := kernel.Reference(w.op, w.in, w.out, at); err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
	for i := range w.want {
		for j, want := range w.want[i] {
			if got := w.out[i][j]; math.Abs(got-want) > 1e-7 || math.IsNaN(got) != math.IsNaN(want) {
				t.Errorf("%s: out %d = %v, want %v", w.name, i, w.out[i], w.want[i])
				break
			}
		}
	}
}

func zeros(n int) []float64 { return make([]float64, n) }

// TestReferenceByHand checks what gradients cannot: the forward ops' own values.
func TestReferenceByHand(t *testing.T) {
	image := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	three := trainer.Window{N: 1, C: 1, H: 3, W: 3, KH: 2, KW: 2, SH: 1, SW: 1, OH: 2, OW: 2}
	same := trainer.Window{N: 1, C: 1, H: 3, W: 3, KH: 2, KW: 2, SH: 2, SW: 2, OH: 2, OW: 2}
	plane := trainer.Plane{N: 2, C: 2, S: 1}
	nan := math.NaN()
	for _, w := range []worked{
		{"convolution", trainer.ConvOp{Window: three, F: 1}, [][]float64{image, {1, 10, 100, 1000}},
			[][]float64{zeros(4)},
			[][]float64{{5421, 6532, 8754, 9865}}},
		{"convolution with padding", trainer.ConvOp{Window: same, F: 1}, [][]float64{image, {1, 10, 100, 1000}},
			[][]float64{zeros(4)},
			[][]float64{{5421, 603, 87, 9}}},
		{"aᵀ·b", trainer.MatMul{M: 2, K: 2, N: 2, TransA: true}, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}},
			[][]float64{zeros(4)}, [][]float64{{26, 30, 38, 44}}},
		{"a·bᵀ", trainer.MatMul{M: 2, K: 2, N: 2, TransB: true}, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}},
			[][]float64{zeros(4)}, [][]float64{{17, 23, 39, 53}}},
		{"maximum", trainer.MaxPoolOp{Window: same}, [][]float64{image}, [][]float64{zeros(4)},
			[][]float64{{5, 6, 8, 9}}},
		{"first of equal maxima", trainer.MaxPoolGrad{Window: three},
			[][]float64{{7, 7, 7, 7, 7, 7, 7, 7, 7}, {1, 2, 3, 4}}, [][]float64{zeros(9)},
			[][]float64{{1, 2, 0, 3, 4, 0, 0, 0, 0}}},
		{"average inside the image", trainer.AvgPoolOp{Window: same}, [][]float64{image}, [][]float64{zeros(4)},
			[][]float64{{3, 4.5, 7.5, 9}}},
		{"relu", trainer.ActivationOp{Plane: plane, Kind: trainer.ReLU}, [][]float64{{-1, 0, 2, nan}},
			[][]float64{zeros(4)}, [][]float64{{0, 0, 2, nan}}},
		{"leaky relu", trainer.ActivationOp{Plane: plane, Kind: trainer.LeakyReLU, Slope: 0.25},
			[][]float64{{-1, 0, 2, -8}}, [][]float64{zeros(4)}, [][]float64{{-0.25, 0, 2, -2}}},
		{"elu", trainer.ActivationOp{Plane: plane, Kind: trainer.ELU}, [][]float64{{-1, 0, 2, -2}},
			[][]float64{zeros(4)}, [][]float64{{1/math.E - 1, 0, 2, math.Exp(-2) - 1}}},
		{"selu", trainer.ActivationOp{Plane: plane, Kind: trainer.SELU}, [][]float64{{-1, 0, 2, 1}},
			[][]float64{zeros(4)},
			[][]float64{{-1.1113307378125625, 0, 2.101401974, 1.0507009873554805}}},
		{"sigmoid", trainer.ActivationOp{Plane: plane, Kind: trainer.Sigmoid},
			[][]float64{{0, math.Log(3), -1000, 1000}}, [][]float64{zeros(4)}, [][]float64{{0.5, 0.75, 0, 1}}},
		{"tanh", trainer.ActivationOp{Plane: plane, Kind: trainer.Tanh}, [][]float64{{0, math.Log(2), -1000, 1000}},
			[][]float64{zeros(4)}, [][]float64{{0, 0.6, -1, 1}}},
		{"softmax", trainer.SoftmaxOp{Plane: plane}, [][]float64{{0, math.Log(3), 1000, -1000}}, [][]float64{zeros(4)},
			[][]float64{{0.25, 0.75, 1, 0}}},
		{"batch statistics", trainer.BatchNormStats{Plane: plane}, [][]float64{{1, 2, 5, 8}}, [][]float64{zeros(4)},
			[][]float64{{3, 5, 4, 9}}},
		{"batch norm", trainer.BatchNormApply{Plane: plane, Epsilon: 0},
			[][]float64{{1, 2, 5, 8}, {3, 5, 4, 9}, {10, 1, 0, 7}}, [][]float64{zeros(4)},
			[][]float64{{-10, 6, 10, 8}}},
		{"running statistics", trainer.BatchNormUpdate{Plane: plane, Momentum: 0.75}, [][]float64{{3, 5, 4, 9}},
			[][]float64{{1, 1, 0, 2}},
			[][]float64{{1.5, 2, 2, 6}}},
		{"cross-entropy", trainer.CrossEntropyOp{Plane: plane}, [][]float64{{0, math.Log(3), 1000, 0}, {1, 0}},
			[][]float64{zeros(1)}, [][]float64{{math.Log(4.0/3) / 2}}},
		{"weighted cross-entropy", trainer.CrossEntropyOp{Plane: plane, Weighted: true},
			[][]float64{{0, math.Log(3), 1000, 0}, {1, 0}, {7, 4}}, [][]float64{zeros(1)}, [][]float64{{2 * math.Log(4.0/3)}}},
		{"weighted cross-entropy's gradient", trainer.CrossEntropyGrad{Plane: plane, Weighted: true},
			[][]float64{{0, math.Log(3), 1000, 0}, {1, 1}, {7, 4}}, [][]float64{zeros(4)}, [][]float64{{0.5, -0.5, 2, -2}}},
		{"cross-entropy's gradient", trainer.CrossEntropyGrad{Plane: plane},
			[][]float64{{0, math.Log(3), 1000, 0}, {1, 1}}, [][]float64{zeros(4)},
			[][]float64{{0.125, -0.125, 0.5, -0.5}}},
		{"correct: first largest, NaN is wrong", trainer.CorrectOp{Plane: trainer.Plane{N: 5, C: 2, S: 1}},
			[][]float64{{1, 1, 1, 1, 0, 3, nan, 1, 1, nan}, {0, 1, 1, 1, 0}}, [][]float64{zeros(1)}, [][]float64{{2}}},
		{"penalty", trainer.PenaltyGrad{Len: 3, L1: 0.5, L2: 0.25}, [][]float64{{2, 0, -4}}, [][]float64{{1, 1, 1}},
			[][]float64{{2.5, 1, -1.5}}},
		{"clipped", trainer.ClipNorm{Max: 1}, nil, [][]float64{{3}, {0, 4}}, [][]float64{{0.6}, {0, 0.8}}},
		{"not clipped", trainer.ClipNorm{Max: 5}, nil, [][]float64{{3}, {0, 4}}, [][]float64{{3}, {0, 4}}},
		{"statistics", trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: 6, S: 1}, Below: 2},
			[][]float64{{nan, 1, -3, math.Inf(1), 0, 2}},
			[][]float64{zeros(trainer.StatisticsLen)}, [][]float64{statisticsByHand}},
		{"distance", trainer.DistanceOp{Len: 2}, [][]float64{{3, 4}, {3, 0}}, [][]float64{zeros(3)},
			[][]float64{{4, 5, 3}}},
		{"copy", trainer.CopyOp{Len: 2}, [][]float64{{3, 4, 5}}, [][]float64{zeros(2)}, [][]float64{{3, 4}}},
		{"zeros", trainer.UnitZerosOp{Plane: plane}, [][]float64{{0, 0, 1, 0}}, [][]float64{zeros(2)},
			[][]float64{{0.5, 1}}},
		{"padding", trainer.PadOp{N: 1, C: 1, H: 1, W: 2, PH: 1, PW: 1}, [][]float64{{1, 2}}, [][]float64{zeros(12)},
			[][]float64{{0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0}}},
	} {
		w.test(t, trainer.Step{Index: 1})
	}
}

// statisticsByHand are those of −3, 0, 1 and 2 beside two values that are not finite. A fine bin of 2 to 4 is 1/16
// wide; the quantiles stand within the bin of −3, but not beyond the largest size, at the front of that of 1 and 0.47
// into that of 2.
var statisticsByHand = func() []float64 {
	s := make([]float64, trainer.StatisticsLen)
	copy(s, []float64{0, 3.5, 3, 0.5, 0.25, math.Sqrt(14), 98.0 / 4 / (3.5 * 3.5), -3, 1, 2 + 0.47/16, 2})
	const one = trainer.AtHistogram + trainer.HistogramBins/2 - trainer.HistogramLow + 1 // the bin of 1 to 2
	const minusTwo = trainer.AtHistogram + trainer.HistogramBins/2 - 1 + trainer.HistogramLow - 2
	for _, bin := range []int{minusTwo, trainer.AtHistogram + trainer.HistogramBins/2, one, one + 1} {
		s[bin] = 0.25
	}
	return s
}()

// TestHistogramEdges: a value at an edge is counted above it, one just below it (in size) on the other side.
func TestHistogramEdges(t *testing.T) {
	edges := trainer.HistogramEdges()
	if len(edges) != trainer.HistogramBins-1 || !slices.IsSorted(edges) {
		t.Fatalf("edges %v", edges)
	}
	for i, edge := range edges {
		x := float32(edge)
		below, at := i, i+1 // the bins on both sides
		if edge < 0 {       // bins of negative values end with their edge
			below, at = i+1, i
		}
		if got := histogramBin(t, x); got != at {
			t.Errorf("%g is in bin %d, want %d", x, got, at)
		}
		if edge == 0 {
			continue
		}
		if got := histogramBin(t, math.Nextafter32(x, 0)); got != below {
			t.Errorf("just inside %g: bin %d, want %d", x, got, below)
		}
	}
	for x, bin := range map[float32]int{math.MaxFloat32: trainer.HistogramBins - 1, -math.MaxFloat32: 0,
		float32(math.Copysign(0, -1)): trainer.HistogramBins / 2} {
		if got := histogramBin(t, x); got != bin {
			t.Errorf("%g is in bin %d, want %d", x, got, bin)
		}
	}
}

func histogramBin(t *testing.T, x float32) int {
	s := make([]float32, trainer.StatisticsLen)
	op := trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: 1, S: 1}}
	if err := kernel.Reference(op, [][]float32{{x}}, [][]float32{s}, trainer.Step{}); err != nil {
		t.Fatal(err)
	}
	return slices.Index(s[trainer.AtHistogram:], 1)
}

// TestQuantiles holds them against the sorted values.
func TestQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	x := make([]float32, 5001)
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Exp(r.NormFloat64()))
	}
	s := make([]float32, trainer.StatisticsLen)
	if err := kernel.Reference(trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: len(x), S: 1}}, [][]float32{x},
		[][]float32{s}, trainer.Step{}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(x)
	for i, rank := range []int{50, 2500, 4950} {
		if got, want := s[trainer.AtQuantiles+i], x[rank]; math.Abs(float64(got-want)) > math.Abs(float64(want))/32+1e-3 {
			t.Errorf("the value at rank %d is %g, want %g", rank, got, want)
		}
	}
}

// TestUpdatesByHand takes two steps of size 0.5 along the gradients 1 and 2, from weight 1; every constant is a power
// of two, so that float32 settings are exact.
func TestUpdatesByHand(t *testing.T) {
	type step struct{ gradient, weight float64 }
	root := math.Sqrt
	// rmsprop, rho ½, ε 1: s = ½, then ¼+2; adam, β₁ ½, β₂ ¾, ε 1: m = ½, then 5/4; v = ¼, then 3/16+1.
	u1, u2 := 1/(root(0.5)+1), 2/(root(2.25)+1)
	a1 := 1.0 / (1 + 1)
	a2 := (1.25 / 0.75) / (root((3.0/16+1)/(1-9.0/16)) + 1)
	for _, c := range []struct {
		name  string
		op    trainer.Op
		state int // slots
		steps []step
	}{
		{"sgd", trainer.SGDOp{Len: 1}, 1, []step{{1, 0.5}, {2, -0.5}}},
		{"sgd momentum", trainer.SGDOp{Len: 1, Momentum: 0.5}, 1, []step{{1, 0.5}, {2, 0.5 - 0.5*2.5}}},
		{"sgd nesterov", trainer.SGDOp{Len: 1, Momentum: 0.5, Nesterov: true}, 1,
			[]step{{1, 1 - 0.5*1.5}, {2, 0.25 - 0.5*(2+0.5*2.5)}}},
		{"rmsprop", trainer.RMSpropOp{Len: 1, Rho: 0.5, Epsilon: 1}, 2,
			[]step{{1, 1 - 0.5*u1}, {2, 1 - 0.5*u1 - 0.5*u2}}},
		{"rmsprop momentum", trainer.RMSpropOp{Len: 1, Rho: 0.5, Epsilon: 1, Momentum: 0.5}, 2,
			[]step{{1, 1 - 0.5*u1}, {2, 1 - 0.5*u1 - 0.5*(0.5*u1+u2)}}},
		{"adam", trainer.AdamOp{Len: 1, Beta1: 0.5, Beta2: 0.75, Epsilon: 1}, 2,
			[]step{{1, 1 - 0.5*a1}, {2, 1 - 0.5*a1 - 0.5*a2}}},
		{"adamw", trainer.AdamOp{Len: 1, Beta1: 0.5, Beta2: 0.75, Epsilon: 1, WeightDecay: 0.25}, 2,
			[]step{{1, 0.875 - 0.5*a1}, {2, (0.875-0.5*a1)*0.875 - 0.5*a2}}},
	} {
		out := [][]float64{{1}}
		for range c.state {
			out = append(out, zeros(1))
		}
		for i, s := range c.steps {
			w := worked{c.name, c.op, [][]float64{{s.gradient}}, out, [][]float64{{s.weight}}}
			w.test(t, trainer.Step{Index: uint64(i + 1), LearningRate: 0.5})
		}
	}
}

// TestDropoutMask follows the definition word by word.
func TestDropoutMask(t *testing.T) {
	op := trainer.DropoutOp{Plane: trainer.Plane{N: 3, C: 7, S: 2}, Rate: 0.3, Stream: 9}
	at := trainer.Step{Index: 5<<32 + 11, Key: 0xDEADBEEF12345678}
	x, y := make([]float64, op.Len()), make([]float64, op.Len())
	for i := range x {
		x[i] = 1
	}
	if err := kernel.Reference(op, [][]float64{x}, [][]float64{y}, at); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for i := range op.N * op.C {
		word := kernel.Philox([4]uint32{uint32(i / 4), 9, 11, 5}, [2]uint32{0x12345678, 0xDEADBEEF})[i%4]
		want := 0.0
		if float64(word)/(1<<32) >= float64(float32(0.3)) {
			want = 1 / (1 - float64(float32(0.3)))
			kept++
		}
		if y[2*i] != want || y[2*i+1] != want {
			t.Errorf("unit %d: %v and %v, want %v", i, y[2*i], y[2*i+1], want)
		}
	}
	if kept == 0 || kept == op.N*op.C {
		t.Errorf("%d of %d units are kept", kept, op.N*op.C)
	}
}

func TestReferenceErrors(t *testing.T) {
	plane := trainer.Plane{N: 2, C: 2, S: 1}
	four := [][]float64{{0, 1, 2, 3}}
	for _, c := range []struct {
		op      trainer.Op
		in, out [][]float64
		at      trainer.Step
		want    []string
	}{
		{nil, four, four, trainer.Step{}, []string{"unknown op"}},
		{trainer.AddOp{Plane: plane}, [][]float64{{1, 2, 3, 4}, {1, 2, 3}}, four, trainer.Step{},
			[]string{"AddOp", "in b has 3 values, needs 4"}},
		{trainer.SoftmaxOp{Plane: plane}, four, [][]float64{{1}}, trainer.Step{},
			[]string{"SoftmaxOp", "out y has 1 values, needs 4"}},
		{trainer.SoftmaxOp{Plane: plane}, nil, four, trainer.Step{},
			[]string{"SoftmaxOp", "takes 1 buffers in and 1 out, got 0 and 1"}},
		{trainer.SoftmaxOp{}, four, four, trainer.Step{}, []string{"SoftmaxOp", "every size must be above 0"}},
		{trainer.CrossEntropyOp{Plane: plane}, [][]float64{{0, 1, 2, 3}, {1, 2}}, four, trainer.Step{},
			[]string{"CrossEntropyOp", "label of row 1 is 2"}},
		{trainer.CrossEntropyGrad{Plane: plane}, [][]float64{{0, 1, 2, 3}, {0.5, 1}}, four, trainer.Step{},
			[]string{"CrossEntropyGrad", "label of row 0 is 0.5"}},
		{trainer.CorrectOp{Plane: plane}, [][]float64{{0, 1, 2, 3}, {0, -1}}, four, trainer.Step{},
			[]string{"CorrectOp", "label of row 1 is -1"}},
		{trainer.ClipNorm{}, nil, four, trainer.Step{}, []string{"ClipNorm", "above 0"}},
		{trainer.AdamOp{Len: 1}, four, [][]float64{{1}, {1}, {1}}, trainer.Step{},
			[]string{"AdamOp", "counted from 1"}},
		{trainer.PadOp{N: 1, C: 1, H: 1, W: 4, PH: -1}, four, four, trainer.Step{},
			[]string{"PadOp", "negative padding"}},
	} {
		err := kernel.Reference(c.op, c.in, c.out, c.at)
		for _, part := range c.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%T: error %v, want one with %q", c.op, err, part)
			}
		}
	}
}

// TestQuantilesOfEqualValues: however many values share a bin, quantiles are within the resolution that is promised,
// and missing where nothing is finite.
func TestQuantilesOfEqualValues(t *testing.T) {
	for _, value := range []float32{1, -1, 1.99999, -3e-7, 1e30, 0} {
		for _, q := range quantilesOf(t, value, 10_000) {
			if math.Abs(float64(q-value)) > math.Abs(float64(value))/32 {
				t.Errorf("a quantile of values that are all %g is %g", value, q)
			}
		}
	}
	for _, q := range quantilesOf(t, float32(math.Inf(1)), 5) {
		if q == q {
			t.Errorf("a quantile of infinities is %g", q)
		}
	}
}

// quantilesOf summarises n values that are all the same.
func quantilesOf(t *testing.T, value float32, n int) []float32 {
	t.Helper()
	s := make([]float32, trainer.StatisticsLen)
	op := trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: n, S: 1}}
	if err := kernel.Reference(op,
		[][]float32{slices.Repeat([]float32{value}, n)}, [][]float32{s}, trainer.Step{}); err != nil {
		t.Fatal(err)
	}
	return s[trainer.AtQuantiles:][:3]
}
