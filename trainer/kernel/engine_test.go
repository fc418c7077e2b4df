package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"probewise/trainer"
)

// fenced is n random values with guards on both sides that are NaN, so that a value read from there shows, and that
// must still be there afterwards, so that a value written there shows.
type fenced struct{ all, values []float32 }

const fence = 50

func newFenced(r *rand.Rand, n int) fenced {
	all := make([]float32, n+2*fence)
	for i := range all {
		all[i] = float32(math.NaN())
	}
	for i := fence; i < fence+n; i++ {
		all[i] = float32(r.NormFloat64())
	}
	return fenced{all, all[fence : fence+n]}
}

func (f fenced) intact() bool {
	for i, v := range f.all {
		if (i < fence || i >= len(f.all)-fence) && v == v {
			return false
		}
	}
	return true
}

func near(got float32, want float64) bool { return math.Abs(float64(got)-want) < 2e-5 }

func TestSweepsAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, e := range assembled() {
		for v := 1; v <= maxVectors; v++ {
			for _, k := range []int{1, 2, 3, 7, 50} {
				for _, add := range []int{0, 1} {
					t.Run(fmt.Sprintf("%s/%d vectors, k=%d, add=%d", e.variant, v, k, add),
						func(t *testing.T) { testSweep(t, r, e, v, k, add) })
				}
			}
		}
	}
}

func testSweep(t *testing.T, r *rand.Rand, e *engine, v, k, add int) {
	width := v * e.lanes
	stride := width + 3
	a, b, c := newFenced(r, k*e.rows), newFenced(r, k*5+width), newFenced(r, (e.rows-1)*stride+width)
	before := append([]float32(nil), c.values...)
	offsets := make([]int, k)
	for i := range offsets {
		offsets[i] = 4 * r.IntN(k*5+1)
	}
	e.sweeps[v-1](k, &a.values[0], &b.values[0], &offsets[0], &c.values[0], stride, add)
	for i, got := range c.values {
		row, col := i/stride, i%stride
		want := float64(before[i])
		if col < width {
			want *= float64(add)
			for n := range k {
				want += float64(a.values[n*e.rows+row]) * float64(b.values[offsets[n]/4+col])
			}
		}
		if !near(got, want) {
			t.Fatalf("row %d, column %d is %v, want %v", row, col, got, want)
		}
	}
	if !a.intact() || !b.intact() || !c.intact() {
		t.Error("a guard has changed")
	}
}

func TestProductsAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, e := range assembled() {
		for v := 1; v <= maxVectors; v++ {
			for _, k := range []int{1, 2, 17} {
				for add := range 2 {
					t.Run(fmt.Sprintf("%s/%d vectors, %d terms, add %d", e.variant, v, k, add), func(t *testing.T) {
						testProduct(t, r, e, v, k, add, k+3, 1)        // rows of a lie apart
						testProduct(t, r, e, v, k, add, 1, 2*e.rows-1) // terms do
					})
				}
			}
		}
	}
}

func testProduct(t *testing.T, r *rand.Rand, e *engine, v, k, add, aRow, aStep int) {
	width := v * e.lanes
	bStep, stride := width+5, width+3
	a, b := newFenced(r, (e.rows-1)*aRow+(k-1)*aStep+1), newFenced(r, (k-1)*bStep+width)
	c := newFenced(r, (e.rows-1)*stride+width)
	before := append([]float32(nil), c.values...)
	e.multiply[v-1](k, &a.values[0], aRow, aStep, &b.values[0], bStep, &c.values[0], stride, add)
	for i, got := range c.values {
		row, col := i/stride, i%stride
		want := float64(before[i])
		if col < width {
			want *= float64(add)
			for n := range k {
				want += float64(a.values[row*aRow+n*aStep]) * float64(b.values[n*bStep+col])
			}
		}
		if !near(got, want) {
			t.Fatalf("row %d, column %d is %v, want %v", row, col, got, want)
		}
	}
	if !a.intact() || !b.intact() || !c.intact() {
		t.Error("a guard has changed")
	}
}

func TestDotsAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, e := range assembled() {
		for _, steps := range []int{1, 2, 3, 11} {
			t.Run(fmt.Sprintf("%s/%d steps", e.variant, steps), func(t *testing.T) { testDot(t, r, e, steps) })
		}
	}
}

func testDot(t *testing.T, r *rand.Rand, e *engine, steps int) {
	n := steps * e.lanes
	aRow := n + 1
	a, out := newFenced(r, (e.rows-1)*aRow+n), newFenced(r, e.rows*maxVectors)
	var b [maxVectors]fenced
	for q := range b {
		b[q] = newFenced(r, n)
	}
	e.dot(steps, &a.values[0], aRow, &b[0].values[0], &b[1].values[0], &b[2].values[0], &out.values[0])
	for i, got := range out.values {
		q, row := i/e.rows, i%e.rows
		var want float64
		for j := range n {
			want += float64(a.values[row*aRow+j]) * float64(b[q].values[j])
		}
		if !near(got, want) {
			t.Fatalf("row %d, column %d is %v, want %v", row, q, got, want)
		}
	}
	if !a.intact() || !out.intact() || !b[0].intact() || !b[1].intact() || !b[2].intact() {
		t.Error("a guard has changed")
	}
}

// TestSteadyStateAllocatesNothing runs a small network's ops until the scratch has grown, then counts.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	g := trainer.Window{N: 3, C: 5, H: 9, W: 9, KH: 3, KW: 3, SH: 1, SW: 1, PT: 1, PL: 1, OH: 9, OW: 9}
	strided := g
	strided.SH, strided.SW, strided.OH, strided.OW = 2, 2, 5, 5
	halves := trainer.Window{N: 3, C: 5, H: 9, W: 9, KH: 2, KW: 2, SH: 2, SW: 2, OH: 4, OW: 4}
	wide := g
	wide.C = 17
	p := trainer.Plane{N: 3, C: 5, S: 81}
	ops := []trainer.Op{
		trainer.ConvOp{Window: g, F: 6}, trainer.ConvDataGrad{Window: g, F: 6}, trainer.ConvFilterGrad{Window: g, F: 6},
		trainer.ConvOp{Window: strided, F: 6}, trainer.ConvDataGrad{Window: strided, F: 6},
		trainer.ConvFilterGrad{Window: strided, F: 6},
		trainer.ConvOp{Window: wide, F: 18}, trainer.ConvDataGrad{Window: wide, F: 18},
		trainer.ConvFilterGrad{Window: wide, F: 18},
		trainer.ConvBiasOp{Window: g, F: 6, ReLU: true}, trainer.ConvBiasOp{Window: strided, F: 6, ReLU: true},
		trainer.ConvBiasOp{Window: wide, F: 18},
		trainer.MaxPoolReLUGrad{Window: halves}, trainer.BatchNormUpdate{Plane: p}, trainer.CopyOp{Len: 100},
		trainer.DistanceOp{Len: 100},
		trainer.MatMul{M: 7, K: 50, N: 10}, trainer.MatMul{M: 7, K: 50, N: 10, TransA: true},
		trainer.MatMul{M: 7, K: 50, N: 10, TransB: true},
		trainer.BiasOp{Plane: p}, trainer.BiasGrad{Plane: p}, trainer.AddOp{Plane: p},
		trainer.ActivationOp{Plane: p, Kind: trainer.ReLU}, trainer.ActivationGrad{Plane: p, Kind: trainer.ReLU},
		trainer.MaxPoolOp{Window: halves}, trainer.MaxPoolGrad{Window: halves}, trainer.AvgPoolOp{Window: halves},
		trainer.AvgPoolGrad{Window: halves},
		trainer.BatchNormStats{Plane: p}, trainer.BatchNormApply{Plane: p}, trainer.BatchNormParamGrad{Plane: p},
		trainer.BatchNormDataGrad{Plane: p},
		trainer.DropoutOp{Plane: p, Rate: 0.5}, trainer.PenaltyGrad{Len: 100, L2: 1}, trainer.AdamOp{Len: 100},
		trainer.RMSpropOp{Len: 100}, trainer.SGDOp{Len: 100},
		trainer.CrossEntropyOp{Plane: trainer.Plane{N: 3, C: 5, S: 1}},
		trainer.CrossEntropyGrad{Plane: trainer.Plane{N: 3, C: 5, S: 1}},
	}
	for _, v := range variants() {
		c, err := newCPU(2, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range ops {
			signature, err := op.Signature()
			if err != nil {
				t.Fatal(err)
			}
			call := trainer.Call{Op: op}
			for _, a := range signature.In() {
				call.In = append(call.In, make(memory, a.Len))
			}
			for _, a := range signature.Out() {
				call.Out = append(call.Out, make(memory, a.Len))
			}
			calls := []trainer.Call{call}
			run := func() {
				if err := c.Run(calls, trainer.Step{Index: 1}); err != nil {
					t.Fatal(err)
				}
			}
			run()
			run() // the second worker may come to its first task only now
			if n := testing.AllocsPerRun(20, run); n > 0 {
				t.Errorf("%s: %T allocates %v times a run", v, op, n)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
