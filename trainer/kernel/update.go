package kernel

import (
	"math"

	"probewise/trainer"
)

func penaltyPass(c *CPU, task, _ int) {
	o, w := c.op.(trainer.PenaltyGrad), cut(c.in[0], task)
	o.Len = len(w)
	penaltyGrad(o, w, cut(c.out[0], task))
}

// updatePass runs an optimizer on one span of the parameters.
func updatePass(c *CPU, task, _ int) {
	g, w := cut(c.in[0], task), cut(c.out[0], task)
	state := func(i int) []float32 {
		if len(c.out[i]) == 0 {
			return nil // a velocity without momentum
		}
		return cut(c.out[i], task)
	}
	switch o := c.op.(type) {
	case trainer.SGDOp:
		o.Len = len(g)
		sgd(o, g, w, state(1), c.at)
	case trainer.RMSpropOp:
		o.Len = len(g)
		rmsprop(o, g, w, state(1), state(2), c.at)
	case trainer.AdamOp:
		fastAdam(o, c.at, g, w, state(1), state(2))
	}
}

// fastAdam folds the corrections of both moments into the rate and ε: with a = √(1−β₂ᵗ),
// lr·m̂/(√v̂+ε) = lr·a/(1−β₁ᵗ) · m/(√v + a·ε).
func fastAdam(o trainer.AdamOp, at trainer.Step, g, w, m, v []float32) {
	root := math.Sqrt(1 - math.Pow(float64(o.Beta2), float64(at.Index)))
	rate := float32(float64(at.LearningRate) * root / (1 - math.Pow(float64(o.Beta1), float64(at.Index))))
	epsilon := float32(root * float64(o.Epsilon))
	keep := 1 - at.LearningRate*o.WeightDecay
	m, v, w = m[:len(g)], v[:len(g)], w[:len(g)]
	for i, d := range g {
		mean := o.Beta1*m[i] + (1-o.Beta1)*d
		square := o.Beta2*v[i] + (1-o.Beta2)*d*d
		m[i], v[i] = mean, square
		w[i] = w[i]*keep - rate*mean/(float32(math.Sqrt(float64(square)))+epsilon)
	}
}
