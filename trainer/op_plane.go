package trainer

// The ops on planes: bias, activations, batch norm, dropout, sums, and the loss.

// BiasOp adds one value a channel. In: x (N,C,S), b (C) → y (N,C,S).
type BiasOp struct{ Plane }

// WithRows implements Op.
func (o BiasOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BiasOp) Signature() (Signature, error) {
	return takes(o.values("x"), arg("b", o.C)).gives(o.values("y")), o.check()
}

// Derivatives implements Op.
func (o BiasOp) Derivatives() []Derivative {
	return []Derivative{{Input: 0}, {1, BiasGrad(o), []Operand{outputGradient}}}
}

// BiasGrad. In: dy (N,C,S) → db (C).
type BiasGrad struct{ Plane }

// WithRows implements Op.
func (o BiasGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BiasGrad) Signature() (Signature, error) {
	return takes(o.values("dy")).gives(arg("db", o.C)), o.check()
}

// Derivatives implements Op.
func (BiasGrad) Derivatives() []Derivative { return notDifferentiated }

// ActivationOp applies an elementwise activation (softmax is SoftmaxOp). In: x → y.
type ActivationOp struct {
	Plane
	Kind  Activation
	Slope float32 // leaky_relu
}

// WithRows implements Op.
func (o ActivationOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o ActivationOp) Signature() (Signature, error) {
	return takes(o.values("x")).gives(o.values("y")), o.check()
}

// Derivatives implements Op.
func (o ActivationOp) Derivatives() []Derivative {
	return []Derivative{{0, ActivationGrad(o), []Operand{output, outputGradient}}}
}

// ActivationGrad. In: y, dy → dx: every activation's slope follows from its output.
type ActivationGrad struct {
	Plane
	Kind  Activation
	Slope float32
}

// WithRows implements Op.
func (o ActivationGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o ActivationGrad) Signature() (Signature, error) {
	return takes(o.values("y"), o.values("dy")).gives(o.values("dx")), o.check()
}

// Derivatives implements Op.
func (ActivationGrad) Derivatives() []Derivative { return notDifferentiated }

// SoftmaxOp is softmax over the C channels of each position. In: x (N,C,S) → y (N,C,S).
type SoftmaxOp struct{ Plane }

// WithRows implements Op.
func (o SoftmaxOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o SoftmaxOp) Signature() (Signature, error) {
	return takes(o.values("x")).gives(o.values("y")), o.check()
}

// Derivatives implements Op.
func (o SoftmaxOp) Derivatives() []Derivative {
	return []Derivative{{0, SoftmaxGrad(o), []Operand{output, outputGradient}}}
}

// SoftmaxGrad. In: y, dy → dx.
type SoftmaxGrad struct{ Plane }

// WithRows implements Op.
func (o SoftmaxGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o SoftmaxGrad) Signature() (Signature, error) {
	return takes(o.values("y"), o.values("dy")).gives(o.values("dx")), o.check()
}

// Derivatives implements Op.
func (SoftmaxGrad) Derivatives() []Derivative { return notDifferentiated }

// BatchNormStats. In: x (N,C,S) → stats (2,C): mean and biased variance of each channel over the batch.
type BatchNormStats struct{ Plane }

// WithRows implements Op.
func (o BatchNormStats) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BatchNormStats) Signature() (Signature, error) {
	return takes(o.values("x")).gives(o.pairs("stats")), o.check()
}

// Derivatives implements Op: no gradient reaches it, because BatchNormDataGrad holds its part.
func (BatchNormStats) Derivatives() []Derivative { return notDifferentiated }

// BatchNormApply. In: x, stats (2,C), params (2,C: gamma, beta) → y = gamma·(x−mean)/√(variance+ε)+beta.
type BatchNormApply struct {
	Plane
	Epsilon float32
}

// WithRows implements Op.
func (o BatchNormApply) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BatchNormApply) Signature() (Signature, error) {
	return takes(o.values("x"), o.pairs("stats"), o.pairs("params")).gives(o.values("y")), o.check()
}

// Derivatives implements Op. The path through the batch's statistics is part of BatchNormDataGrad.
func (o BatchNormApply) Derivatives() []Derivative {
	return []Derivative{
		{2, BatchNormParamGrad(o), []Operand{input(0), input(1), outputGradient}},
		{0, BatchNormDataGrad(o), []Operand{input(0), input(1), input(2), inputGradient(2), outputGradient}},
	}
}

// BatchNormParamGrad. In: x, stats, dy → dparams (2,C): dgamma, dbeta.
type BatchNormParamGrad struct {
	Plane
	Epsilon float32
}

// WithRows implements Op.
func (o BatchNormParamGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BatchNormParamGrad) Signature() (Signature, error) {
	return takes(o.values("x"), o.pairs("stats"), o.values("dy")).gives(o.pairs("dparams")), o.check()
}

// Derivatives implements Op.
func (BatchNormParamGrad) Derivatives() []Derivative { return notDifferentiated }

// BatchNormDataGrad differentiates through the batch's statistics (Ioffe & Szegedy 2015).
// In: x, stats, params, dparams, dy → dx.
type BatchNormDataGrad struct {
	Plane
	Epsilon float32
}

// WithRows implements Op.
func (o BatchNormDataGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BatchNormDataGrad) Signature() (Signature, error) {
	return takes(o.values("x"), o.pairs("stats"), o.pairs("params"), o.pairs("dparams"), o.values("dy")).
		gives(o.values("dx")), o.check()
}

// Derivatives implements Op.
func (BatchNormDataGrad) Derivatives() []Derivative { return notDifferentiated }

// BatchNormUpdate moves the running statistics: r = m·r + (1−m)·batch, the variance unbiased (n/(n−1), n = N·S).
// In: stats (2,C) → running (2,C), changed in place.
type BatchNormUpdate struct {
	Plane
	Momentum float32
}

// WithRows implements Op.
func (o BatchNormUpdate) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o BatchNormUpdate) Signature() (Signature, error) {
	return takes(o.pairs("stats")).gives(changed("running", 2*o.C)), o.check()
}

// Derivatives implements Op.
func (BatchNormUpdate) Derivatives() []Derivative { return notDifferentiated }

// DropoutOp zeroes a channel's S positions together with probability Rate and scales the rest by 1/(1−Rate). Its
// gradient is the same op on dy. In: x (N,C,S) → y. Plain dropout has S = 1. The uniform number of value i = n·C+c is
// word i%4 of Philox4x32-10 with key = Step.Key and counter (i/4, Stream, low and high word of Step.Index); a value is
// kept where word ≥ Rate·2³². Stream is the number of the net's dropout layer, plain or spatial, from 1.
type DropoutOp struct {
	Plane
	Rate   float32
	Stream uint32
}

// WithRows implements Op.
func (o DropoutOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o DropoutOp) Signature() (Signature, error) {
	err := o.check()
	if err == nil && !(o.Rate >= 0 && o.Rate < 1) {
		err = errRate
	}
	return takes(o.values("x")).gives(o.values("y")), err
}

// Derivatives implements Op.
func (o DropoutOp) Derivatives() []Derivative { return []Derivative{{0, o, []Operand{outputGradient}}} }

// AddOp. In: a, b → a+b.
type AddOp struct{ Plane }

// WithRows implements Op.
func (o AddOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o AddOp) Signature() (Signature, error) {
	return takes(o.values("a"), o.values("b")).gives(o.values("sum")), o.check()
}

// Derivatives implements Op.
func (AddOp) Derivatives() []Derivative { return []Derivative{{Input: 0}, {Input: 1}} }

// CrossEntropyOp is softmax and mean cross-entropy in one, stable for any logits.
// In: logits (N,C), labels (N: class numbers) → loss (1): mean over the batch.
type CrossEntropyOp struct {
	Plane
	Weighted bool // each row counts as its class's weight says; the mean is still over N, as Keras's class_weight has it
}

// WithRows implements Op.
func (o CrossEntropyOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o CrossEntropyOp) Signature() (Signature, error) {
	return o.takesLogits(o.Weighted).gives(arg("loss")), o.checkLogits()
}

// Derivatives implements Op. The loss is the root: the gradient that comes in is 1, and is not read.
func (o CrossEntropyOp) Derivatives() []Derivative {
	from := []Operand{input(0), input(1)}
	if o.Weighted {
		from = append(from, input(2))
	}
	return []Derivative{{0, CrossEntropyGrad(o), from}}
}

func (p Plane) takesLogits(weighted bool) Signature {
	if weighted {
		return takes(p.values("logits"), arg("labels", p.N), arg("weights", p.C))
	}
	return takes(p.values("logits"), arg("labels", p.N))
}

func (p Plane) checkLogits() error {
	if p.S != 1 {
		return errLogits
	}
	return p.check()
}

// CrossEntropyGrad. In: logits, labels, and weights where Weighted → dlogits = (softmax − one-hot)·weight/N.
type CrossEntropyGrad struct {
	Plane
	Weighted bool
}

// WithRows implements Op.
func (o CrossEntropyGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o CrossEntropyGrad) Signature() (Signature, error) {
	return o.takesLogits(o.Weighted).gives(o.values("dlogits")), o.checkLogits()
}

// Derivatives implements Op.
func (CrossEntropyGrad) Derivatives() []Derivative { return notDifferentiated }

// CorrectOp. In: logits (N,C), labels (N) → count (1) of rows whose first largest logit is the label's; a row with NaN
// counts as wrong.
type CorrectOp struct{ Plane }

// WithRows implements Op.
func (o CorrectOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o CorrectOp) Signature() (Signature, error) {
	return o.takesLogits(false).gives(arg("count")), o.checkLogits()
}

// Derivatives implements Op.
func (CorrectOp) Derivatives() []Derivative { return notDifferentiated }
