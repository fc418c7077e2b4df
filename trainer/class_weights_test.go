package trainer_test

import (
	"math"
	"testing"

	"probewise/trainer"
)

// TestClassWeights: balanced weights are scikit-learn's compute_class_weight("balanced"), n/(classes·n_c) over the
// classes that have images.
func TestClassWeights(t *testing.T) {
	for _, c := range []struct {
		of     trainer.ClassWeighting
		images []int
		want   []float64
	}{
		{trainer.BalancedClasses, []int{60, 30, 10}, []float64{100.0 / 180, 100.0 / 90, 100.0 / 30}},
		{trainer.BalancedClasses, []int{6, 0, 2}, []float64{8.0 / 12, 0, 8.0 / 4}},
		{trainer.RootBalancedClasses, []int{64, 36}, []float64{100.0 / 14 / 8, 100.0 / 14 / 6}},
		{trainer.NoClassWeights, []int{5, 1}, []float64{1, 1}},
		{trainer.BalancedClasses, []int{0, 0}, []float64{0, 0}},
	} {
		for i, w := range c.of.Weights(c.images) {
			if math.Abs(float64(w)-c.want[i]) > 1e-6 {
				t.Errorf("%s of %v: %v, want %v", c.of, c.images, c.of.Weights(c.images), c.want)
				break
			}
		}
	}
}
