package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/backendtest"
	"probewise/trainer/kernel"
)

// slope is a function of one argument and the gradient that is claimed for it: forward gives the values y(x), backward
// the gradient of Σ dy·y with respect to x.
type slope struct {
	name     string
	x        []float64
	forward  func(x []float64) []float64
	backward func(x, dy []float64) []float64
}

// applied are the names of the ops that apply has run.
var applied = map[string]bool{}

// apply runs one op and returns its first output, of n values.
func apply(op trainer.Op, n int, in ...[]float64) []float64 {
	applied[trainer.OpName(op)] = true
	out := make([]float64, n)
	if err := kernel.Reference(op, in, [][]float64{out}, trainer.Step{Index: 7, Key: 42}); err != nil {
		panic(err)
	}
	return out
}

func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// TestGradients compares every gradient with central differences of its forward op: that of each op which says how it
// is differentiated.
func TestGradients(t *testing.T) {
	const step, tolerance = 1e-5, 1e-7
	r := rand.New(rand.NewPCG(4, 2))
	for _, s := range slices.Concat(windowSlopes(r), planeSlopes(r), normSlopes(r)) {
		y := s.forward(s.x)
		dy := normals(r, len(y))
		got := s.backward(s.x, dy)
		along := func(i int, by float64) (sum float64) {
			x := slices.Clone(s.x)
			x[i] += by
			for k, v := range s.forward(x) {
				sum += dy[k] * v
			}
			return sum
		}
		if len(got) != len(s.x) {
			t.Fatalf("%s: gradient of %d values for %d", s.name, len(got), len(s.x))
		}
		for i := range s.x {
			want := (along(i, step) - along(i, -step)) / (2 * step)
			if math.Abs(got[i]-want) > tolerance*math.Max(1, math.Abs(want)) {
				t.Errorf("%s: gradient at %d is %v, finite differences give %v", s.name, i, got[i], want)
				break
			}
		}
	}
	for _, trial := range backendtest.Trials(t) {
		for _, d := range trial.Op.Derivatives() {
			if d.Op != nil && !applied[trainer.OpName(d.Op)] {
				t.Errorf("%s, the gradient of %s, is compared with nothing", trainer.OpName(d.Op),
					trainer.OpName(trial.Op))
				applied[trainer.OpName(d.Op)] = true
			}
		}
	}
}

func windowSlopes(r *rand.Rand) (all []slope) {
	for _, g := range []trainer.Window{
		{N: 1, C: 1, H: 1, W: 1, KH: 1, KW: 1, SH: 1, SW: 1, OH: 1, OW: 1},
		{N: 2, C: 3, H: 5, W: 4, KH: 3, KW: 2, SH: 1, SW: 1, PT: 1, OH: 5, OW: 4},
		{N: 2, C: 2, H: 7, W: 6, KH: 3, KW: 3, SH: 2, SW: 3, PT: 1, PL: 2, OH: 4, OW: 2},
		{N: 1, C: 2, H: 5, W: 5, KH: 1, KW: 1, SH: 2, SW: 2, OH: 3, OW: 3},
	} {
		const f = 3
		xs, ws, ys, ps := g.N*g.C*g.H*g.W, f*g.C*g.KH*g.KW, g.N*f*g.OH*g.OW, g.N*g.C*g.OH*g.OW
		x, w := normals(r, xs), normals(r, ws)
		conv, maxPool, avgPool := trainer.ConvOp{Window: g, F: f}, trainer.MaxPoolOp{Window: g},
			trainer.AvgPoolOp{Window: g}
		name := fmt.Sprintf(" %+v", g)
		all = append(all,
			slope{"conv, data" + name, x,
				func(x []float64) []float64 { return apply(conv, ys, x, w) },
				func(_, dy []float64) []float64 { return apply(trainer.ConvDataGrad(conv), xs, w, dy) }},
			slope{"conv, filter" + name, w,
				func(w []float64) []float64 { return apply(conv, ys, x, w) },
				func(_, dy []float64) []float64 { return apply(trainer.ConvFilterGrad(conv), ws, x, dy) }},
			slope{"max pool" + name, x,
				func(x []float64) []float64 { return apply(maxPool, ps, x) },
				func(x, dy []float64) []float64 { return apply(trainer.MaxPoolGrad(maxPool), xs, x, dy) }},
			slope{"avg pool" + name, x,
				func(x []float64) []float64 { return apply(avgPool, ps, x) },
				func(_, dy []float64) []float64 { return apply(trainer.AvgPoolGrad(avgPool), xs, dy) }})
	}
	pad := trainer.PadOp{N: 2, C: 2, H: 3, W: 2, PH: 1, PW: 2}
	return append(all, slope{"pad", normals(r, 24),
		func(x []float64) []float64 { return apply(pad, 120, x) },
		func(_, dy []float64) []float64 { return apply(trainer.PadGrad(pad), 24, dy) }})
}

func planeSlopes(r *rand.Rand) (all []slope) {
	for i := range 4 { // op(a)·op(b): da = dc·op(b)ᵀ or its transpose, db = op(a)ᵀ·dc or its transpose
		const m, k, n = 3, 4, 5
		ta, tb := i&1 != 0, i&2 != 0
		a, b := normals(r, m*k), normals(r, k*n)
		product := trainer.MatMul{M: m, K: k, N: n, TransA: ta, TransB: tb}
		all = append(all,
			slope{fmt.Sprintf("product, left %+v", product), a,
				func(a []float64) []float64 { return apply(product, m*n, a, b) },
				func(_, dc []float64) []float64 {
					if ta {
						return apply(trainer.MatMul{M: k, K: n, N: m, TransA: tb, TransB: true}, m*k, b, dc)
					}
					return apply(trainer.MatMul{M: m, K: n, N: k, TransB: !tb}, m*k, dc, b)
				}},
			slope{fmt.Sprintf("product, right %+v", product), b,
				func(b []float64) []float64 { return apply(product, m*n, a, b) },
				func(_, dc []float64) []float64 {
					if tb {
						return apply(trainer.MatMul{M: n, K: m, N: k, TransA: true, TransB: ta}, k*n, dc, a)
					}
					return apply(trainer.MatMul{M: k, K: m, N: n, TransA: !ta}, k*n, a, dc)
				}})
	}
	for _, p := range []trainer.Plane{{N: 1, C: 1, S: 1}, {N: 3, C: 4, S: 1}, {N: 2, C: 3, S: 5}} {
		n, name := p.Len(), fmt.Sprintf(" %+v", p)
		x, bias := normals(r, n), normals(r, p.C)
		drop := trainer.DropoutOp{Plane: p, Rate: 0.4, Stream: 3}
		all = append(all,
			slope{"bias" + name, bias,
				func(b []float64) []float64 { return apply(trainer.BiasOp{Plane: p}, n, x, b) },
				func(_, dy []float64) []float64 { return apply(trainer.BiasGrad{Plane: p}, p.C, dy) }},
			slope{"sum" + name, x,
				func(a []float64) []float64 { return apply(trainer.AddOp{Plane: p}, n, a, a) },
				func(_, dy []float64) []float64 { return apply(trainer.AddOp{Plane: p}, n, dy, dy) }},
			slope{"softmax" + name, x,
				func(x []float64) []float64 { return apply(trainer.SoftmaxOp{Plane: p}, n, x) },
				func(x, dy []float64) []float64 {
					return apply(trainer.SoftmaxGrad{Plane: p}, n, apply(trainer.SoftmaxOp{Plane: p}, n, x), dy)
				}},
			slope{"dropout" + name, x,
				func(x []float64) []float64 { return apply(drop, n, x) },
				func(_, dy []float64) []float64 { return apply(drop, n, dy) }})
		for _, kind := range []trainer.Activation{trainer.Linear, trainer.ReLU, trainer.LeakyReLU, trainer.ELU,
			trainer.SELU, trainer.Sigmoid, trainer.Tanh} {
			f := trainer.ActivationOp{Plane: p, Kind: kind, Slope: 0.25}
			all = append(all, slope{string(kind) + name, x,
				func(x []float64) []float64 { return apply(f, n, x) },
				func(x, dy []float64) []float64 { return apply(trainer.ActivationGrad(f), n, apply(f, n, x), dy) }})
		}
	}
	logits, labels := trainer.Plane{N: 4, C: 3, S: 1}, []float64{2, 0, 1, 2}
	weights := []float64{0.5, 2, 1.25}
	penalty := trainer.PenaltyGrad{Len: 6, L1: 0.25, L2: 0.5}
	return append(all,
		slope{"cross-entropy", normals(r, 12),
			func(x []float64) []float64 { return apply(trainer.CrossEntropyOp{Plane: logits}, 1, x, labels) },
			func(x, dy []float64) []float64 {
				return scaled(apply(trainer.CrossEntropyGrad{Plane: logits}, 12, x, labels), dy[0])
			}},
		slope{"weighted cross-entropy", normals(r, 12),
			func(x []float64) []float64 {
				return apply(trainer.CrossEntropyOp{Plane: logits, Weighted: true}, 1, x, labels, weights)
			},
			func(x, dy []float64) []float64 {
				return scaled(apply(trainer.CrossEntropyGrad{Plane: logits, Weighted: true}, 12, x, labels, weights), dy[0])
			}},
		slope{"penalty", []float64{1, -2, 0.5, -0.1, 3, -1},
			func(w []float64) []float64 {
				var sum float64
				for _, v := range w {
					sum += 0.25*math.Abs(v) + 0.5*v*v
				}
				return []float64{sum}
			},
			func(w, dy []float64) []float64 { return scaled(apply(penalty, 6, w), dy[0]) }})
}

func scaled(x []float64, by float64) []float64 {
	for i := range x {
		x[i] *= by
	}
	return x
}

// normSlopes differentiate batch norm through the statistics of the batch.
func normSlopes(r *rand.Rand) (all []slope) {
	for _, p := range []trainer.Plane{{N: 5, C: 2, S: 1}, {N: 3, C: 2, S: 4}, {N: 1, C: 3, S: 6}} {
		const epsilon = 1.0 / 1024 // exact in float32
		n, name := p.Len(), fmt.Sprintf(" %+v", p)
		x, params := normals(r, n), normals(r, 2*p.C)
		stats := func(x []float64) []float64 { return apply(trainer.BatchNormStats{Plane: p}, 2*p.C, x) }
		forward := func(x, params []float64) []float64 {
			return apply(trainer.BatchNormApply{Plane: p, Epsilon: epsilon}, n, x, stats(x), params)
		}
		paramGrad := func(x, dy []float64) []float64 {
			return apply(trainer.BatchNormParamGrad{Plane: p, Epsilon: epsilon}, 2*p.C, x, stats(x), dy)
		}
		all = append(all,
			slope{"batch norm, data" + name, x,
				func(x []float64) []float64 { return forward(x, params) },
				func(x, dy []float64) []float64 {
					return apply(trainer.BatchNormDataGrad{Plane: p, Epsilon: epsilon}, n, x, stats(x), params,
						paramGrad(x, dy), dy)
				}},
			slope{"batch norm, parameters" + name, params,
				func(params []float64) []float64 { return forward(x, params) },
				func(_, dy []float64) []float64 { return paramGrad(x, dy) }})
	}
	return all
}
