package kernel

import (
	"math"
	"testing"

	"probewise/trainer"
)

// TestControlIsRestored: what runs beside the kernels computes with denormal numbers as Go does.
func TestControlIsRestored(t *testing.T) {
	c, err := New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	small := math.Float32frombits(1 << 20)
	before := small / 2
	x, err := c.Alloc(4)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		op := trainer.CopyOp{Len: 4}
		if err := c.Run([]trainer.Call{{Op: op, In: []trainer.Buffer{x}, Out: []trainer.Buffer{x}}},
			trainer.Step{}); err != nil {
			t.Fatal(err)
		}
		if got := small / 2; got != before || got == 0 {
			t.Fatalf("half of %g is %g after a run", small, got)
		}
	}
}
