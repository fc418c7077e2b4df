package kernel_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// benchmark runs one op on every variant with one and two threads; work is its number of products.
func benchmark(b *testing.B, op trainer.Op, work int) {
	signature, err := op.Signature()
	if err != nil {
		b.Fatal(err)
	}
	for _, variant := range kernel.Variants() {
		for _, threads := range threadCounts() {
			b.Run(fmt.Sprintf("%s-%d", variant, threads), func(b *testing.B) {
				c := open(b, threads, variant)
				defer c.Close()
				call := trainer.Call{Op: op}
				for _, a := range signature.In() {
					call.In = append(call.In, ramp(b, c, a.Len))
				}
				for _, a := range signature.Out() {
					call.Out = append(call.Out, ramp(b, c, a.Len))
				}
				calls := []trainer.Call{call}
				b.ReportAllocs()
				for b.Loop() {
					if err := c.Run(calls, trainer.Step{Index: 1, LearningRate: 1e-3}); err != nil {
						b.Fatal(err)
					}
				}
				if work > 0 {
					b.ReportMetric(2*float64(work)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
				}
			})
		}
	}
}

// threadCounts are one, two and all.
func threadCounts() []int {
	counts := []int{1, 2, runtime.GOMAXPROCS(0)}
	slices.Sort(counts)
	return slices.Compact(counts)
}

// ramp is a buffer of n values around zero.
func ramp(b *testing.B, c *kernel.CPU, n int) trainer.Buffer {
	buffer, err := c.Alloc(n)
	if err != nil {
		b.Fatal(err)
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i*7919%1000)/500 - 1
	}
	if err := c.Upload(buffer, x); err != nil {
		b.Fatal(err)
	}
	return buffer
}

// BenchmarkSgemm is the rate that everything else is held against.
func BenchmarkSgemm(b *testing.B) {
	const n = 1536
	benchmark(b, trainer.MatMul{M: n, K: n, N: n}, n*n*n)
}

func BenchmarkMatMul(b *testing.B) {
	for name, o := range map[string]trainer.MatMul{
		"square":        {M: 512, K: 512, N: 512},
		"conv":          {M: 32, K: 144, N: 196},
		"dense":         {M: 64, K: 3136, N: 128},
		"dense-data":    {M: 64, K: 128, N: 3136, TransB: true},
		"dense-weights": {M: 3136, K: 64, N: 128, TransA: true},
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, o, o.M*o.K*o.N) })
	}
}

func BenchmarkConv(b *testing.B) {
	for _, o := range []trainer.ConvOp{
		{Window: trainer.Window{N: 64, C: 16, H: 14, W: 14, KH: 3, KW: 3, SH: 1, SW: 1, PT: 1, PL: 1, OH: 14, OW: 14},
			F: 32},
		{Window: trainer.Window{N: 64, C: 32, H: 16, W: 16, KH: 3, KW: 3, SH: 1, SW: 1, PT: 1, PL: 1, OH: 16, OW: 16},
			F: 64},
		{Window: trainer.Window{N: 64, C: 64, H: 7, W: 7, KH: 3, KW: 3, SH: 1, SW: 1, PT: 1, PL: 1, OH: 7, OW: 7},
			F: 64},
		{Window: trainer.Window{N: 64, C: 1, H: 28, W: 28, KH: 3, KW: 3, SH: 1, SW: 1, PT: 1, PL: 1, OH: 28, OW: 28},
			F: 16},
	} {
		name := fmt.Sprintf("%d→%d,%dx%d", o.C, o.F, o.H, o.W)
		work := o.N * o.F * o.OH * o.OW * o.C * o.KH * o.KW
		b.Run("forward/"+name, func(b *testing.B) { benchmark(b, o, work) })
		b.Run("data/"+name, func(b *testing.B) { benchmark(b, trainer.ConvDataGrad(o), work) })
		b.Run("filter/"+name, func(b *testing.B) { benchmark(b, trainer.ConvFilterGrad(o), work) })
	}
}

func BenchmarkPlane(b *testing.B) {
	p := trainer.Plane{N: 64, C: 32, S: 196}
	halves := trainer.Window{N: 64, C: 32, H: 14, W: 14, KH: 2, KW: 2, SH: 2, SW: 2, OH: 7, OW: 7}
	for _, op := range []trainer.Op{
		trainer.BiasOp{Plane: p}, trainer.BiasGrad{Plane: p}, trainer.AddOp{Plane: p},
		trainer.ActivationOp{Plane: p, Kind: trainer.ReLU}, trainer.ActivationGrad{Plane: p, Kind: trainer.ReLU},
		trainer.BatchNormStats{Plane: p}, trainer.BatchNormApply{Plane: p}, trainer.BatchNormParamGrad{Plane: p},
		trainer.BatchNormDataGrad{Plane: p},
		trainer.MaxPoolOp{Window: halves}, trainer.MaxPoolGrad{Window: halves}, trainer.AvgPoolOp{Window: halves},
		trainer.AvgPoolGrad{Window: halves},
		trainer.DropoutOp{Plane: trainer.Plane{N: 64, C: 32 * 196, S: 1}, Rate: 0.25},
		trainer.StatisticsOp{Plane: p, Below: 0.01},
		trainer.AdamOp{Len: p.Len(), Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7},
		trainer.RMSpropOp{Len: p.Len(), Rho: 0.9, Epsilon: 1e-7},
		trainer.SGDOp{Len: p.Len(), Momentum: 0.9}, trainer.PenaltyGrad{Len: p.Len(), L2: 1e-4},
	} {
		b.Run(fmt.Sprintf("%T", op), func(b *testing.B) { benchmark(b, op, 0) })
	}
}
