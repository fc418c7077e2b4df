//go:build gpu

package cuda

import (
	"errors"
	"math"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// TestStatisticsOfMany: with so many values a thread counts more of one bin than a byte of its counters holds, in both
// passes.
func TestStatisticsOfMany(t *testing.T) {
	const n = 1 << 24
	op := trainer.StatisticsOp{Plane: trainer.Plane{N: 1, C: 1, S: n}, Below: 0.5}
	x := make([]float32, n)
	for i := range x {
		x[i] = 0.37 // one bin
		if i%1001 == 0 {
			x[i] = float32(i) - n/2
		}
	}
	want := [][]float64{make([]float64, trainer.StatisticsLen)}
	if err := kernel.Reference(op, wide([][]float32{x}), want, trainer.Step{}); err != nil {
		t.Fatal(err)
	}
	g, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	in, err := g.Alloc(n)
	out, err2 := g.Alloc(trainer.StatisticsLen)
	got := make([]float32, trainer.StatisticsLen)
	call := trainer.Call{Op: op, In: []trainer.Buffer{in}, Out: []trainer.Buffer{out}}
	if err := errors.Join(err, err2, g.Upload(in, x), g.Run([]trainer.Call{call}, trainer.Step{}),
		g.Download(got, out)); err != nil {
		t.Fatal(err)
	}
	for i, w := range want[0] {
		if off := math.Abs(float64(got[i])-w) / math.Max(1, math.Abs(w)); !(off <= 2e-6) { // as in the suite
			t.Errorf("value %d is %v, want %v", i, got[i], w)
		}
	}
}
