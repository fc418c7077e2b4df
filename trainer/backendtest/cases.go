package backendtest

import (
	"math"
	"math/rand/v2"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// tolerances are the largest differences to the reference that an op may show: absolute for values below 1, relative
// above. Sums of up to a few hundred products get 5e-5, of thousands 1e-4, smooth functions 5e-6, copies and choices
// nothing.
var tolerances = map[string]float64{
	"ConvOp": 5e-5, "ConvBiasOp": 5e-5, "ConvDataGrad": 5e-5, "ConvFilterGrad": 1e-4, "MatMul": 5e-5,
	"BiasOp": 5e-7, "BiasGrad": 5e-6, "AddOp": 5e-7,
	"ActivationOp": 5e-6, "ActivationGrad": 5e-6, "SoftmaxOp": 5e-6, "SoftmaxGrad": 5e-6,
	"MaxPoolOp": 0, "MaxPoolGrad": 1e-6, "MaxPoolReLUGrad": 1e-6, "AvgPoolOp": 1e-6, "AvgPoolGrad": 1e-6,
	"BatchNormStats": 5e-6, "BatchNormApply": 5e-6, "BatchNormParamGrad": 2e-5, "BatchNormDataGrad": 5e-6,
	"BatchNormUpdate": 1e-6,
	"DropoutOp":       5e-7, "PadOp": 0, "PadGrad": 0, "GatherOp": 1e-7,
	"CrossEntropyOp": 5e-6, "CrossEntropyGrad": 5e-6, "CorrectOp": 0,
	"PenaltyGrad": 1e-6, "ClipNorm": 2e-6, "SGDOp": 1e-6, "RMSpropOp": 5e-6, "AdamOp": 5e-6,
	"StatisticsOp": 2e-6, "UnitZerosOp": 5e-7, "CopyOp": 0, "DistanceOp": 2e-6,
}

// fill writes an argument's values.
type fill func(r *rand.Rand, x []float32)

// testCase is an op and its data: normal inputs and junk in the outputs unless said otherwise.
type testCase struct {
	op      trainer.Op
	in, out []fill
	outs    []int  // ClipNorm: lengths of the gradients
	step    uint64 // Step.Index where it matters
}

func cases() []testCase {
	var all []testCase
	for _, g := range convolutions {
		all = append(all, testCase{op: g}, testCase{op: trainer.ConvDataGrad(g)},
			testCase{op: trainer.ConvFilterGrad(g)},
			testCase{op: trainer.ConvBiasOp{Window: g.Window, F: g.F}},
			testCase{op: trainer.ConvBiasOp{Window: g.Window, F: g.F, ReLU: true}})
	}
	// Sums of over a thousand products, of smaller values: more planes than fit a panel, more tiles than are
	// transformed at once.
	deep := trainer.ConvOp{Window: window(1, 150, 6, 6, 3, 3, 1, 1, 1, 1, 6, 6), F: 140}
	many := trainer.ConvOp{Window: window(8, 16, 50, 48, 3, 3, 1, 1, 1, 1, 50, 48), F: 16}
	for _, op := range []trainer.Op{deep, trainer.ConvDataGrad(deep), trainer.ConvFilterGrad(deep),
		trainer.ConvFilterGrad(many)} {
		all = append(all, testCase{op: op, in: []fill{quarter, quarter}})
	}
	all = append(all, products()...)
	all = append(all, poolCases()...)
	all = append(all, gatherCases()...)
	for _, p := range []trainer.Plane{{N: 1, C: 1, S: 1}, {N: 3, C: 5, S: 1}, {N: 2, C: 3, S: 35}, {N: 64, C: 33, S: 1},
		{N: 5, C: 7, S: 196}, {N: 3, C: 4, S: 1024}} {
		all = append(all, planeCases(p)...)
	}
	all = append(all, activationCases()...)
	all = append(all, lossCases()...)
	all = append(all, statisticsCases()...)
	for _, n := range []int{1, 7, 1003, 20001} {
		all = append(all, updateCases(n)...)
	}
	return all
}

func window(n, c, h, w, kh, kw, sh, sw, pt, pl, oh, ow int) trainer.Window {
	return trainer.Window{N: n, C: c, H: h, W: w, KH: kh, KW: kw, SH: sh, SW: sw, PT: pt, PL: pl, OH: oh, OW: ow}
}

var convolutions = []trainer.ConvOp{
	{Window: window(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1), F: 1},
	{Window: window(2, 3, 5, 7, 3, 3, 1, 1, 0, 0, 3, 5), F: 4},      // valid, not square
	{Window: window(3, 2, 7, 6, 3, 3, 1, 1, 1, 1, 7, 6), F: 5},      // same
	{Window: window(2, 2, 7, 9, 3, 5, 1, 1, 1, 2, 7, 9), F: 3},      // window not square
	{Window: window(2, 3, 6, 6, 2, 2, 1, 1, 0, 0, 6, 6), F: 9},      // same, zeros below and right only
	{Window: window(2, 3, 8, 9, 3, 3, 2, 2, 0, 1, 4, 5), F: 6},      // same, stride 2, asymmetric
	{Window: window(1, 4, 11, 7, 5, 3, 2, 3, 0, 0, 4, 2), F: 8},     // strides differ, pixels left over
	{Window: window(4, 5, 6, 5, 1, 1, 1, 1, 0, 0, 6, 5), F: 7},      // 1×1
	{Window: window(3, 3, 7, 7, 1, 1, 2, 2, 0, 0, 4, 4), F: 2},      // stride above the window
	{Window: window(2, 3, 5, 4, 5, 4, 1, 1, 0, 0, 1, 1), F: 6},      // as large as the image
	{Window: window(2, 2, 3, 3, 5, 5, 1, 1, 2, 2, 3, 3), F: 3},      // larger than the image
	{Window: window(9, 2, 16, 16, 3, 3, 1, 1, 1, 1, 16, 16), F: 8},  // whole vectors
	{Window: window(10, 5, 14, 14, 3, 3, 1, 1, 1, 1, 14, 14), F: 9}, // none of it whole
	{Window: window(2, 2, 28, 28, 5, 5, 1, 1, 2, 2, 28, 28), F: 8},  // a plane of many vectors
	{Window: window(2, 40, 7, 7, 3, 3, 1, 1, 1, 1, 7, 7), F: 17},    // many channels
	{Window: window(2, 8, 15, 13, 4, 4, 2, 2, 1, 1, 7, 6), F: 16},   // even window, stride 2
	{Window: window(2, 4, 9, 31, 7, 7, 3, 2, 2, 3, 3, 16), F: 10},   // big window, strides differ
	{Window: window(17, 6, 4, 4, 3, 3, 1, 1, 1, 1, 4, 4), F: 12},    // small planes
	{Window: window(1, 70, 3, 3, 3, 3, 1, 1, 1, 1, 3, 3), F: 40},    // more channels than positions
	{Window: window(2, 2, 12, 12, 2, 2, 2, 2, 0, 0, 6, 6), F: 4},    // windows side by side
	{Window: window(2, 2, 2, 1, 3, 4, 3, 4, 1, 0, 1, 1), F: 2},      // image smaller than the stride
	{Window: window(1, 2, 3, 50, 1, 43, 1, 1, 0, 21, 3, 50), F: 2},  // wide margins
	{Window: window(17, 1, 28, 28, 3, 3, 1, 1, 1, 1, 28, 28), F: 2}, // many large images
	{Window: window(2, 1, 30, 3, 3, 1, 1, 1, 1, 0, 30, 3), F: 1},    // columns
	{Window: window(1, 2, 1, 300, 1, 9, 1, 1, 0, 4, 1, 300), F: 3},  // one long row
	{Window: window(1, 2, 40, 40, 3, 3, 1, 1, 1, 1, 40, 40), F: 5},  // one image
	{Window: window(66, 2, 6, 6, 3, 3, 1, 1, 0, 0, 4, 4), F: 3},     // many images
	{Window: window(2, 3, 10, 10, 3, 3, 4, 4, 1, 1, 3, 3), F: 5},    // pixels between windows that none sees
	{Window: window(3, 7, 8, 8, 3, 3, 1, 2, 1, 0, 8, 4), F: 11},     // strided one way only
	// Enough planes on both sides for transforms.
	{Window: window(3, 20, 16, 16, 3, 3, 1, 1, 1, 1, 16, 16), F: 24},
	{Window: window(2, 16, 9, 14, 3, 3, 1, 1, 0, 0, 7, 12), F: 17}, // valid, odd
	{Window: window(5, 17, 7, 7, 3, 3, 1, 1, 1, 1, 7, 7), F: 16},   // odd
	{Window: window(33, 16, 4, 4, 3, 3, 1, 1, 1, 1, 4, 4), F: 33},  // small planes
	{Window: window(5, 16, 3, 3, 3, 3, 1, 1, 1, 1, 3, 3), F: 16},   // smaller
	{Window: window(2, 16, 8, 8, 3, 3, 1, 1, 1, 1, 6, 6), F: 16},   // zeros on one side only, whole vectors
	{Window: window(9, 16, 2, 2, 3, 3, 1, 1, 1, 1, 2, 2), F: 16},   // smallest
	{Window: window(2, 16, 5, 40, 3, 3, 1, 1, 2, 0, 7, 38), F: 16}, // more zeros than usual on one side
}

func quarter(r *rand.Rand, x []float32) {
	normal(r, x)
	for i := range x {
		x[i] /= 4
	}
}

func products() (all []testCase) {
	for _, size := range [][3]int{{1, 1, 1}, {3, 5, 7}, {1, 300, 2}, {64, 37, 10}, {65, 129, 97}, {40, 16, 48},
		{7, 1000, 33}, {130, 64, 200}, {200, 3, 1}} {
		for i := range 4 {
			all = append(all,
				testCase{op: trainer.MatMul{M: size[0], K: size[1], N: size[2], TransA: i&1 != 0, TransB: i&2 != 0}})
		}
	}
	return all
}

func poolCases() (all []testCase) {
	for _, g := range []trainer.Window{
		window(1, 1, 2, 2, 2, 2, 2, 2, 0, 0, 1, 1),
		window(3, 5, 6, 8, 2, 2, 2, 2, 0, 0, 3, 4),
		window(2, 3, 7, 9, 2, 2, 2, 2, 0, 0, 3, 4), // a row and a column left over
		window(2, 3, 7, 9, 2, 2, 2, 2, 0, 0, 4, 5), // same
		window(2, 3, 8, 7, 3, 3, 2, 2, 0, 1, 4, 4), // overlapping, asymmetric
		window(1, 4, 5, 5, 3, 3, 1, 1, 1, 1, 5, 5),
		window(4, 6, 7, 5, 7, 5, 7, 5, 0, 0, 1, 1), // global
		window(2, 2, 9, 8, 1, 3, 3, 2, 0, 0, 3, 3), // pixels that no window sees
		window(33, 16, 14, 14, 2, 2, 2, 2, 0, 0, 7, 7),
		window(2, 40, 32, 32, 2, 2, 2, 2, 0, 0, 16, 16),
	} {
		for _, data := range []fill{normal, steps} {
			all = append(all, testCase{op: trainer.MaxPoolOp{Window: g}, in: []fill{data}},
				testCase{op: trainer.MaxPoolGrad{Window: g}, in: []fill{data}},
				testCase{op: trainer.MaxPoolReLUGrad{Window: g}, in: []fill{data}})
		}
		all = append(all, testCase{op: trainer.AvgPoolOp{Window: g}}, testCase{op: trainer.AvgPoolGrad{Window: g}})
	}
	for _, p := range []trainer.PadOp{{N: 1, C: 1, H: 1, W: 1, PH: 1, PW: 1}, {N: 2, C: 3, H: 4, W: 5, PH: 2, PW: 1},
		{N: 2, C: 2, H: 3, W: 3, PW: 4}} {
		all = append(all, testCase{op: p}, testCase{op: trainer.PadGrad(p)})
	}
	return all
}

// gatherCases have images whose pixels fill values and images whose last value is not full, moved beyond their edges as
// well.
func gatherCases() (all []testCase) {
	for _, o := range []trainer.GatherOp{{N: 1, Images: 1, C: 1, H: 1, W: 1}, {N: 7, Images: 5, C: 3, H: 5, W: 4},
		{N: 3, Images: 9, C: 2, H: 3, W: 7}, {N: 40, Images: 60, C: 3, H: 32, W: 32}} {
		pixels := func(r *rand.Rand, x []float32) { each(x, func() float64 { return float64(r.IntN(1 << 24)) }) }
		labels := func(r *rand.Rand, x []float32) { each(x, func() float64 { return float64(r.IntN(10)) }) }
		picks := func(r *rand.Rand, x []float32) {
			for i := 0; i < len(x); i += 4 {
				x[i], x[i+1] = float32(r.IntN(o.Images)), float32(r.IntN(2))
				x[i+2], x[i+3] = float32(r.IntN(2*o.H+3)-o.H-1), float32(r.IntN(9)-4)
			}
		}
		all = append(all, testCase{op: o, in: []fill{pixels, labels, picks}})
	}
	return all
}

func planeCases(p trainer.Plane) []testCase {
	all := []testCase{
		{op: trainer.BiasOp{Plane: p}},
		{op: trainer.BiasGrad{Plane: p}},
		{op: trainer.AddOp{Plane: p}},
		{op: trainer.SoftmaxOp{Plane: p}},
		{op: trainer.SoftmaxGrad{Plane: p}, in: []fill{uniform}},
		{op: trainer.BatchNormStats{Plane: p}, in: []fill{shifted}},
		{op: trainer.BatchNormApply{Plane: p, Epsilon: 1e-3}, in: []fill{shifted, moments}},
		{op: trainer.BatchNormParamGrad{Plane: p, Epsilon: 1e-3}, in: []fill{shifted, moments}},
		{op: trainer.BatchNormDataGrad{Plane: p, Epsilon: 1e-3}, in: []fill{shifted, moments}},
		{op: trainer.BatchNormUpdate{Plane: p, Momentum: 0.9}, in: []fill{moments}, out: []fill{moments}},
		{op: trainer.UnitZerosOp{Plane: p}, in: []fill{steps}},
	}
	for i, rate := range []float32{0, 0.25, 0.5, 0.9} {
		all = append(all, testCase{op: trainer.DropoutOp{Plane: p, Rate: rate, Stream: uint32(i)}, in: []fill{awayFromZero}})
	}
	return all
}

func activationCases() (all []testCase) {
	for _, kind := range []trainer.Activation{trainer.Linear, trainer.ReLU, trainer.LeakyReLU, trainer.ELU,
		trainer.SELU, trainer.Sigmoid, trainer.Tanh} {
		for _, p := range []trainer.Plane{{N: 1, C: 1, S: 1}, {N: 3, C: 5, S: 7}, {N: 40, C: 9, S: 49}} {
			forward := trainer.ActivationOp{Plane: p, Kind: kind, Slope: 0.3}
			outputs := func(r *rand.Rand, x []float32) {
				wideSteps(r, x)
				if err := kernel.Reference(forward, [][]float32{x}, [][]float32{x}, trainer.Step{}); err != nil {
					panic(err)
				}
			}
			all = append(all, testCase{op: forward, in: []fill{wideSteps}},
				testCase{op: trainer.ActivationGrad(forward), in: []fill{outputs}})
		}
	}
	return all
}

func lossCases() (all []testCase) {
	for _, p := range []trainer.Plane{{N: 1, C: 2, S: 1}, {N: 7, C: 10, S: 1}, {N: 64, C: 100, S: 1}} {
		labels := func(r *rand.Rand, x []float32) {
			for i := range x {
				x[i] = float32(r.IntN(p.C))
			}
		}
		for _, logits := range []fill{normal, huge, steps} {
			all = append(all, testCase{op: trainer.CrossEntropyOp{Plane: p}, in: []fill{logits, labels}},
				testCase{op: trainer.CrossEntropyOp{Plane: p, Weighted: true}, in: []fill{logits, labels, uniform}},
				testCase{op: trainer.CrossEntropyGrad{Plane: p, Weighted: true}, in: []fill{logits, labels, uniform}},
				testCase{op: trainer.CrossEntropyGrad{Plane: p}, in: []fill{logits, labels}},
				testCase{op: trainer.CorrectOp{Plane: p}, in: []fill{logits, labels}})
		}
		all = append(all, testCase{op: trainer.CorrectOp{Plane: p}, in: []fill{sometimesNaN, labels}})
	}
	return all
}

func statisticsCases() (all []testCase) {
	for _, n := range []int{1, 7, 20001} {
		all = append(all, testCase{op: trainer.CopyOp{Len: n}}, testCase{op: trainer.DistanceOp{Len: n}},
			testCase{op: trainer.DistanceOp{Len: n}, in: []fill{normal, shifted}})
	}
	many := trainer.Plane{N: 1, C: 9, S: 1 << 17} // more than are all counted
	all = append(all, testCase{op: trainer.StatisticsOp{Plane: many, Below: 0.5}})
	// which the fourth run is cut short in, or not reached
	for _, tail := range []int{5, trainer.CountRun + 77, 3*trainer.CountRun + 1} {
		all = append(all,
			testCase{op: trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: 1, S: trainer.CountAll + tail}, Below: 0.5}})
	}
	for _, p := range []trainer.Plane{{N: 1, C: 1, S: 1}, {N: 3, C: 5, S: 7}, {N: 5, C: 33, S: 196}} {
		for _, data := range []fill{normal, shifted, steps, zeros, ones, negative, tiny, large, sometimesNaN,
			nothingFinite} {
			all = append(all, testCase{op: trainer.StatisticsOp{Plane: p, Below: 0.5}, in: []fill{data}})
		}
	}
	return all
}

func updateCases(n int) []testCase {
	moved := []fill{normal, normal, uniform}
	return []testCase{
		{op: trainer.PenaltyGrad{Len: n, L1: 0.1, L2: 0.2}, in: []fill{steps}, out: []fill{normal}},
		{op: trainer.ClipNorm{Max: 0.1}, outs: []int{n, 3, 2 * n}, out: []fill{normal, normal, normal}},
		{op: trainer.ClipNorm{Max: 1e6}, outs: []int{n}, out: []fill{normal}},
		{op: trainer.SGDOp{Len: n}, out: []fill{normal, junk}},
		{op: trainer.SGDOp{Len: n, Momentum: 0.9}, out: moved},
		{op: trainer.SGDOp{Len: n, Momentum: 0.9, Nesterov: true}, out: moved},
		{op: trainer.RMSpropOp{Len: n, Rho: 0.9, Epsilon: 1e-7}, out: []fill{normal, uniform, junk}},
		{op: trainer.RMSpropOp{Len: n, Rho: 0.9, Epsilon: 1e-7, Momentum: 0.5}, out: []fill{normal, uniform, normal}},
		{op: trainer.AdamOp{Len: n, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7}, out: moved, step: 1},
		{op: trainer.AdamOp{Len: n, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-3, WeightDecay: 0.01}, out: moved, step: 1000},
	}
}

func each(x []float32, value func() float64) {
	for i := range x {
		x[i] = float32(value())
	}
}

// normal values, mean 0 and deviation 1.
func normal(r *rand.Rand, x []float32) { each(x, r.NormFloat64) }

// uniform values between 0.1 and 1: second moments, probabilities.
func uniform(r *rand.Rand, x []float32) { each(x, func() float64 { return 0.1 + 0.9*r.Float64() }) }

// shifted values, mean 5.
func shifted(r *rand.Rand, x []float32) { each(x, func() float64 { return 5 + r.NormFloat64() }) }

// steps are whole numbers from −2 to 2: ties and exact zeros.
func steps(r *rand.Rand, x []float32) { each(x, func() float64 { return float64(r.IntN(5) - 2) }) }

// wideSteps go from −6 to 6, zero among them.
func wideSteps(r *rand.Rand, x []float32) {
	each(x, func() float64 { return float64(r.IntN(49)-24) / 4 })
}

// huge logits overflow a naive softmax.
func huge(r *rand.Rand, x []float32) { each(x, func() float64 { return 1000 * r.NormFloat64() }) }

func awayFromZero(r *rand.Rand, x []float32) {
	each(x, func() float64 { return math.Copysign(0.5+r.Float64(), r.NormFloat64()) })
}

// moments are means, then variances.
func moments(r *rand.Rand, x []float32) {
	each(x[:len(x)/2], func() float64 { return 5 + r.NormFloat64() })
	each(x[len(x)/2:], func() float64 { return 0.5 + r.Float64() })
}

// junk is what an output may hold before.
func junk(_ *rand.Rand, x []float32) { each(x, math.NaN) }

func sometimesNaN(r *rand.Rand, x []float32) {
	normal(r, x)
	for i := 0; i < len(x); i += 3 {
		x[i] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1}[r.IntN(5)])
	}
}

// tiny values have squares that are 0 in float32.
func tiny(r *rand.Rand, x []float32) { each(x, func() float64 { return 1e-25 * r.NormFloat64() }) }

// large values lie beyond the last bins' edges; their variances are still float32.
func large(r *rand.Rand, x []float32) { each(x, func() float64 { return 1e15 * r.NormFloat64() }) }

func negative(r *rand.Rand, x []float32) {
	each(x, func() float64 { return -math.Abs(r.NormFloat64()) })
}

func ones(_ *rand.Rand, x []float32) { each(x, func() float64 { return 1 }) }

func zeros(_ *rand.Rand, x []float32) { each(x, func() float64 { return 0 }) }

func nothingFinite(_ *rand.Rand, x []float32) { each(x, func() float64 { return math.Inf(-1) }) }
