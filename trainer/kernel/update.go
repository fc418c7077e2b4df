package kernel

import (
	"math"

	"probewise/trainer"
)

// penaltyPass adds up without asking for signs where there is no l1.
func penaltyPass(c *CPU, task, _ int) {
	o, w, dw := c.op.(trainer.PenaltyGrad), cut(c.in[0], task), cut(c.out[0], task)
	if o.L1 != 0 {
		o.Len = len(w)
		penaltyGrad(o, w, dw)
		return
	}
	for i, v := range w {
		dw[i] += 2 * o.L2 * v
	}
}

func sgdPass(c *CPU, task, _ int) {
	o, g := c.op.(trainer.SGDOp), cut(c.in[0], task)
	w := cut(c.out[0], task)
	if o.Momentum == 0 {
		rate := c.at.LearningRate
		for i, v := range g {
			w[i] -= rate * v
		}
		return
	}
	o.Len = len(g)
	sgd(o, g, w, c.velocity(1, task), c.at)
}

// velocity is one task's part of an output that is empty without momentum.
func (c *CPU) velocity(i, task int) []float32 {
	if len(c.out[i]) == 0 {
		return nil
	}
	return cut(c.out[i], task)
}

func rmspropPass(c *CPU, task, _ int) {
	o := c.op.(trainer.RMSpropOp)
	g, w, s, v := cut(c.in[0], task), cut(c.out[0], task), cut(c.out[1], task), c.velocity(2, task)
	if n := c.engine.whole(len(g)); n > 0 && o.Momentum == 0 {
		c.engine.loops.rmsprop(n, &g[0], &w[0], &s[0], c.at.LearningRate, o.Rho, o.Epsilon)
		g, w, s = g[n:], w[n:], s[n:]
	}
	o.Len = len(g)
	rmsprop(o, g, w, s, v, c.at)
}

// adamConstants are the settings of a call; assembly reads them in this order.
type adamConstants struct{ beta1, rest1, beta2, rest2, rate, epsilon, keep float32 }

// adam folds the corrections of both moments into the rate and ε: with a = √(1−β₂ᵗ),
// lr·m̂/(√v̂+ε) = lr·a/(1−β₁ᵗ) · m/(√v + a·ε). Decay multiplies the weight by keep.
func (c *CPU) adam(o trainer.AdamOp) error {
	if c.at.Index == 0 {
		return stepError(o)
	}
	t := float64(c.at.Index)
	root := math.Sqrt(1 - math.Pow(float64(o.Beta2), t))
	c.adamK = adamConstants{
		beta1:   o.Beta1,
		rest1:   1 - o.Beta1,
		beta2:   o.Beta2,
		rest2:   1 - o.Beta2,
		rate:    float32(float64(c.at.LearningRate) * root / (1 - math.Pow(float64(o.Beta1), t))),
		epsilon: float32(root * float64(o.Epsilon)),
		keep:    1 - c.at.LearningRate*o.WeightDecay,
	}
	c.each(spans(o.Len), 4*o.Len, adamPass)
	return nil
}

func adamPass(c *CPU, task, _ int) {
	k := &c.adamK
	g, w, m, v := cut(c.in[0], task), cut(c.out[0], task), cut(c.out[1], task), cut(c.out[2], task)
	n := c.engine.whole(len(g))
	if n > 0 {
		c.engine.loops.adam(n, &g[0], &w[0], &m[0], &v[0], k)
	}
	for i := n; i < len(g); i++ {
		m[i] = k.beta1*m[i] + k.rest1*g[i]
		v[i] = k.beta2*v[i] + k.rest2*g[i]*g[i]
		w[i] = w[i]*k.keep - k.rate*m[i]/(float32(math.Sqrt(float64(v[i])))+k.epsilon)
	}
}

// clipNorm sums up the squares of each gradient by tasks, and scales what is too long.
func (c *CPU) clipNorm(o trainer.ClipNorm) {
	gradients := c.out
	defer func() { c.out = gradients }()
	var squares float64
	for i := range gradients {
		c.out = gradients[i : i+1]
		c.sums = grow(c.sums, spans(len(c.out[0])))
		c.each(len(c.sums), len(c.out[0]), squaresPass)
		for _, s := range c.sums {
			squares += s
		}
	}
	norm := math.Sqrt(squares)
	if norm <= float64(o.Max) {
		return
	}
	c.scale = float32(float64(o.Max) / norm)
	for i := range gradients {
		c.out = gradients[i : i+1]
		c.each(spans(len(c.out[0])), len(c.out[0]), scalePass)
	}
}

func squaresPass(c *CPU, task, _ int) { c.sums[task] = c.engine.squares(cut(c.out[0], task), 0) }

func scalePass(c *CPU, task, _ int) {
	x := cut(c.out[0], task)
	c.engine.affine(x, x, 0, c.scale, 0)
}
