//go:build gpu

package cuda

import (
	"math"
	"testing"

	"probewise/trainer"
	"probewise/trainer/backendtest"
	"probewise/trainer/kernel"
)

// TestTiles runs every product of the suite with every tile, in one piece and in slices, whatever would be picked for
// its sizes.
func TestTiles(t *testing.T) {
	const tolerance = 1e-4 // that of the suite for the longest sums
	g, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	worst, runs := 0.0, 0
	for _, trial := range backendtest.Trials(t) {
		if !isProduct(trial.Op) {
			continue
		}
		want := wide(trial.Out)
		if err := kernel.Reference(trial.Op, wide(trial.In), want, trial.At); err != nil {
			t.Fatal(err)
		}
		for i, pick := range forced() {
			g.plan = func(op trainer.Op, outs []int) (Work, error) { return planWith(op, outs, pick) }
			got := trial.Outputs(t, g)
			runs++
			for j, w := range want[0] {
				off := math.Abs(float64(got[0][j])-w) / math.Max(1, math.Abs(w))
				if !(off <= tolerance) {
					t.Fatalf("%s, way %d: value %d is %v, want %v", trainer.OpTitle(trial.Op), i, j, got[0][j], w)
				}
				worst = math.Max(worst, off)
			}
		}
	}
	t.Logf("tiles runs=%d max_err=%.3g tol=%.3g PASS", runs, worst, tolerance)
}

func wide(data [][]float32) (all [][]float64) {
	for _, x := range data {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = float64(v)
		}
		all = append(all, y)
	}
	return all
}
