package forest

import (
	"fmt"
	"math"
)

// Curve gives the features of a learning curve so far, accuracies of 0…1, one
// for each of the first epochs: where it stands, in accuracy and in logits; how
// fast it rises, and whether it slows; where it would end if the steps went on
// shrinking as the last two did. Features that need more epochs than there are
// are left out, so names depend on the number of epochs alone. NaN stays NaN.
func Curve(accuracy []float64) (names []string, values []float64) {
	add := func(name string, value float64) {
		names, values = append(names, name), append(values, value)
	}
	n := len(accuracy)
	for i, a := range accuracy {
		add(fmt.Sprintf("accuracy_%d", i+1), a)
	}
	if n == 0 {
		return nil, nil
	}
	last := accuracy[n-1]
	add("logit_accuracy", logit(last))
	if n < 2 {
		return names, values
	}
	step := last - accuracy[n-2]
	add("accuracy_step", step)
	add("logit_step", logit(last)-logit(accuracy[n-2]))
	if n < 3 {
		return names, values
	}
	add("accuracy_rise", last-accuracy[0])
	add("accuracy_mean_3", mean(accuracy[n-3:]))
	add("accuracy_slope_3", (last-accuracy[n-3])/2) // least squares over three equidistant points
	add("accuracy_asymptote", asymptote(accuracy[n-3:]))
	return names, values
}

// slowest bounds the ratio of one step of a curve to the one before: beyond it
// the extrapolation runs away.
const slowest = 0.9

// asymptote extrapolates three points as a geometric approach to a limit
// (Aitken, 1926); a curve that falls, or does not slow, ends where it is or at the bound.
func asymptote(p []float64) float64 {
	before, step := max(p[1]-p[0], 1e-3), max(p[2]-p[1], 0)
	ratio := min(step/before, slowest)
	return math.Min(p[2]+step*ratio/(1-ratio), 1)
}
