package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// loopCase runs one loop: inputs of n values each, an output of n values, and sums that it returns.
type loopCase struct {
	name string
	run  func(e *engine, out []float32, in [][]float32) []float64
}

var loopCases = []loopCase{
	{"affine", func(e *engine, out []float32, in [][]float32) []float64 {
		e.affine(out, in[0], 0.5, 2, -1)
		return nil
	}},
	{"add", func(e *engine, out []float32, in [][]float32) []float64 { e.add(out, in[0], in[1]); return nil }},
	{"relu", func(e *engine, out []float32, in [][]float32) []float64 { e.rectify(out, in[0], 0); return nil }},
	{"leaky relu", func(e *engine, out []float32, in [][]float32) []float64 { e.rectify(out, in[0], 0.3); return nil }},
	{"relu gradient", func(e *engine, out []float32, in [][]float32) []float64 {
		e.rectifyGrad(out, in[0], in[1], 0)
		return nil
	}},
	{"norm gradient", func(e *engine, out []float32, in [][]float32) []float64 {
		e.normGrad(out, in[0], in[1], line{mean: 0.5, scale: 2, level: 0.25, slope: -0.75})
		return nil
	}},
	{"sum", func(e *engine, _ []float32, in [][]float32) []float64 { return []float64{e.sum(in[0])} }},
	{"squares", func(e *engine, _ []float32, in [][]float32) []float64 { return []float64{e.squares(in[0], 0.5)} }},
	{"moments", func(e *engine, _ []float32, in [][]float32) []float64 {
		second, fourth := e.moments(in[0], 0.5)
		return []float64{second, fourth}
	}},
	{"zeros", func(e *engine, _ []float32, in [][]float32) []float64 {
		x := append([]float32(nil), in[0]...)
		for i := range x {
			if i%3 == 0 {
				x[i] = 0
			}
		}
		return []float64{float64(e.zeros(x))}
	}},
	{"products", func(e *engine, _ []float32, in [][]float32) []float64 {
		sum, product := e.products(in[0], in[1], 0.5)
		return []float64{sum, product}
	}},
}

// TestLoopsAgainstGo compares each engine's loops with the same in Go, at every size up to a few vectors.
func TestLoopsAgainstGo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, e := range assembled() {
		for _, c := range loopCases {
			for n := 1; n < 45; n++ {
				a, b, got := newFenced(r, n), newFenced(r, n), newFenced(r, n)
				want := append([]float32(nil), got.values...)
				in := [][]float32{a.values, b.values}
				sums, wantSums := c.run(e, got.values, in), c.run(nil, want, in)
				for i := range want {
					if !near(got.values[i], float64(want[i])) {
						t.Errorf("%s: %s of %d values: value %d is %v, want %v",
							e.variant, c.name, n, i, got.values[i], want[i])
					}
				}
				for i := range wantSums {
					if math.Abs(sums[i]-wantSums[i]) > 1e-12*float64(n) {
						t.Errorf("%s: %s of %d values: sum %d is %v, want %v",
							e.variant, c.name, n, i, sums[i], wantSums[i])
					}
				}
				if !a.intact() || !b.intact() || !got.intact() {
					t.Errorf("%s: %s of %d values: a guard has changed", e.variant, c.name, n)
				}
			}
		}
	}
}

func TestCopyRows(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, e := range assembled() {
		for n := 1; n < 36; n++ {
			const rows, wider, widest = 3, 2, 5
			from, to := newFenced(r, 2*(n+wider)+n), newFenced(r, 2*(n+widest)+n)
			want := append([]float32(nil), to.values...)
			for row := range rows {
				copy(want[row*(n+widest):], from.values[row*(n+wider):][:n])
			}
			e.copyRows(rows, n, from.values, n+wider, to.values, n+widest)
			for i := range want {
				if to.values[i] != want[i] {
					t.Fatalf("%s: rows of %d: value %d is %v, want %v", e.variant, n, i, to.values[i], want[i])
				}
			}
			if !from.intact() || !to.intact() {
				t.Errorf("%s: rows of %d: a guard has changed", e.variant, n)
			}
		}
	}
}

// TestHalves looks for the first largest value of each window on data full of ties.
func TestHalves(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, e := range assembled() {
		for n := 1; n < 36; n++ {
			t.Run(fmt.Sprintf("%s/%d", e.variant, n), func(t *testing.T) {
				upper, lower, y, dy := newFenced(r, 2*n), newFenced(r, 2*n), newFenced(r, n), newFenced(r, n)
				dupper, dlower := newFenced(r, 2*n), newFenced(r, 2*n)
				for i := range 2 * n {
					upper.values[i], lower.values[i] = float32(r.IntN(3)), float32(r.IntN(3))
				}
				e.loops.halve(n, &upper.values[0], &lower.values[0], &y.values[0])
				e.loops.halveGrad(n, &upper.values[0], &lower.values[0], &dy.values[0], &dupper.values[0],
					&dlower.values[0])
				for i := range n {
					window := [4]float32{upper.values[2*i], upper.values[2*i+1], lower.values[2*i], lower.values[2*i+1]}
					best := 0
					for j, v := range window {
						if v > window[best] {
							best = j
						}
					}
					var want [4]float32
					want[best] = dy.values[i]
					got := [4]float32{dupper.values[2*i], dupper.values[2*i+1], dlower.values[2*i],
						dlower.values[2*i+1]}
					if y.values[i] != window[best] || got != want {
						t.Fatalf("window %v: maximum %v, gradient %v, want %v and %v", window, y.values[i], got,
							window[best], want)
					}
				}
				for _, f := range []fenced{upper, lower, y, dy, dupper, dlower} {
					if !f.intact() {
						t.Error("a guard has changed")
					}
				}
			})
		}
	}
}
