package trainer

import "fmt"

// The ops that change gradients and weights.

// PenaltyGrad adds the gradient of l1·Σ|w| + l2·Σw². In: w → dw, changed in place: dw += l1·sign(w) + 2·l2·w.
type PenaltyGrad struct {
	Len    int
	L1, L2 float32
}

// WithRows implements Op.
func (o PenaltyGrad) WithRows(int) Op { return o }

// Signature implements Op.
func (o PenaltyGrad) Signature() (Signature, error) {
	return takes(arg("w", o.Len)).gives(changed("dw", o.Len)), positive(o.Len)
}

// Derivatives implements Op.
func (PenaltyGrad) Derivatives() []Derivative { return notDifferentiated }

// ClipNorm scales all gradients by Max/norm where their global L2 norm is above Max. In: none → every gradient, changed
// in place.
type ClipNorm struct{ Max float32 }

// WithRows implements Op.
func (o ClipNorm) WithRows(int) Op { return o }

// Signature implements Op.
func (o ClipNorm) Signature() (Signature, error) {
	if !(o.Max > 0) {
		return Signature{AnyOuts: true}, errNorm
	}
	return Signature{AnyOuts: true}, nil
}

// Derivatives implements Op.
func (ClipNorm) Derivatives() []Derivative { return notDifferentiated }

// Update is the op that moves n weights by the optimizer. Its outputs are the weights, then the states that the
// optimizer keeps, which begin as 0.
func (o Optimizer) Update(n int) (Op, error) {
	momentum, epsilon := float32(o.Momentum), float32(o.Epsilon)
	adam := AdamOp{Len: n, Beta1: float32(o.Beta1), Beta2: float32(o.Beta2), Epsilon: epsilon}
	switch o.Type {
	case SGD:
		return SGDOp{Len: n, Momentum: momentum, Nesterov: o.Nesterov}, nil
	case RMSprop:
		return RMSpropOp{Len: n, Rho: float32(o.Rho), Epsilon: epsilon, Momentum: momentum}, nil
	case Adam:
		return adam, nil
	case AdamW:
		adam.WeightDecay = float32(o.WeightDecay)
		return adam, nil
	}
	return nil, fmt.Errorf("optimizer %q is not known", o.Type)
}

// velocity is the state of momentum; without momentum it is not touched and may be empty.
func velocity(momentum float32, n int) Arg {
	if momentum == 0 {
		n = 0
	}
	return changed("v", n)
}

// SGDOp: without momentum w −= lr·g; with it v = momentum·v + g, w −= lr·v (Nesterov: w −= lr·(g + momentum·v)).
// In: g → w, v, changed in place.
type SGDOp struct {
	Len      int
	Momentum float32
	Nesterov bool
}

// WithRows implements Op.
func (o SGDOp) WithRows(int) Op { return o }

// Signature implements Op.
func (o SGDOp) Signature() (Signature, error) {
	return takes(arg("g", o.Len)).gives(changed("w", o.Len), velocity(o.Momentum, o.Len)), positive(o.Len)
}

// Derivatives implements Op.
func (SGDOp) Derivatives() []Derivative { return notDifferentiated }

// RMSpropOp: s = rho·s + (1−rho)·g²; u = g/(√s+ε); without momentum w −= lr·u; with it v = momentum·v + u, w −= lr·v.
// In: g → w, s, v, changed in place.
type RMSpropOp struct {
	Len                    int
	Rho, Epsilon, Momentum float32
}

// WithRows implements Op.
func (o RMSpropOp) WithRows(int) Op { return o }

// Signature implements Op.
func (o RMSpropOp) Signature() (Signature, error) {
	return takes(arg("g", o.Len)).gives(changed("w", o.Len), changed("s", o.Len), velocity(o.Momentum, o.Len)),
		positive(o.Len)
}

// Derivatives implements Op.
func (RMSpropOp) Derivatives() []Derivative { return notDifferentiated }

// AdamOp (Kingma & Ba 2015), bias-corrected with t = Step.Index, ε outside the root: w −= lr·m̂/(√v̂+ε); before it,
// decoupled decay w −= lr·decay·w (AdamW). In: g → w, m, v, changed in place.
type AdamOp struct {
	Len                                int
	Beta1, Beta2, Epsilon, WeightDecay float32
}

// WithRows implements Op.
func (o AdamOp) WithRows(int) Op { return o }

// Signature implements Op.
func (o AdamOp) Signature() (Signature, error) {
	return takes(arg("g", o.Len)).gives(changed("w", o.Len), changed("m", o.Len), changed("v", o.Len)), positive(o.Len)
}

// Derivatives implements Op.
func (AdamOp) Derivatives() []Derivative { return notDifferentiated }
