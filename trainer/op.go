package trainer

import (
	"fmt"
	"strings"
)

// Op is one operation with its sizes. The value says everything but the buffers and the Step. Buffers are listed with
// each op as "in → out"; N is the number of rows (images) of the batch, C channels or units, S the positions of a
// plane (height·width, 1 for dense layers).
type Op interface {
	// WithRows returns the same op for n images; ops that do not depend on the batch return themselves.
	WithRows(n int) Op
}

// OpName is the type of op: "ConvOp".
func OpName(op Op) string { return strings.TrimPrefix(fmt.Sprintf("%T", op), "trainer.") }

// OpTitle is the type of op with its sizes.
func OpTitle(op Op) string {
	if op == nil {
		return "nil"
	}
	return OpName(op) + fmt.Sprintf("%+v", op)
}

// Window is the geometry of a convolution or pool: N images of C×H×W, a KH×KW window moved by SH, SW over the input
// padded with PT rows above and PL columns on the left (below and right: as far as the last window reaches), giving
// OH×OW positions.
type Window struct{ N, C, H, W, KH, KW, SH, SW, PT, PL, OH, OW int }

// Plane is N images of C channels with S positions each.
type Plane struct{ N, C, S int }

// Len is the number of values, N·C·S.
func (p Plane) Len() int { return p.N * p.C * p.S }

func (w Window) rows(n int) Window { w.N = n; return w }
func (p Plane) rows(n int) Plane   { p.N = n; return p }

type (
	// ConvOp is cross-correlation without bias. In: x (N,C,H,W), w (F,C,KH,KW) → y (N,F,OH,OW).
	ConvOp struct {
		Window
		F int
	}
	// ConvDataGrad. In: w (F,C,KH,KW), dy (N,F,OH,OW) → dx (N,C,H,W).
	ConvDataGrad struct {
		Window
		F int
	}
	// ConvFilterGrad. In: x (N,C,H,W), dy (N,F,OH,OW) → dw (F,C,KH,KW), summed over the batch.
	ConvFilterGrad struct {
		Window
		F int
	}

	// ConvBiasOp is ConvOp, BiasOp and, if asked for, the activation relu in one. In: x (N,C,H,W), w (F,C,KH,KW), b (F) →
	// y (N,F,OH,OW).
	ConvBiasOp struct {
		Window
		F    int
		ReLU bool
	}

	// MatMul is c = op(a)·op(b), op(a) of size M×K, op(b) of size K×N, c of size M×N. In: a, b → c.
	// Batch names the size that is the batch: "m", "k" or "" (none).
	MatMul struct {
		M, K, N        int
		TransA, TransB bool
		Batch          string
	}

	// BiasOp adds one value a channel. In: x (N,C,S), b (C) → y (N,C,S).
	BiasOp struct{ Plane }
	// BiasGrad. In: dy (N,C,S) → db (C).
	BiasGrad struct{ Plane }

	// ActivationOp applies an elementwise activation (softmax is SoftmaxOp). In: x → y.
	ActivationOp struct {
		Plane
		Kind  Activation
		Slope float32 // leaky_relu
	}
	// ActivationGrad. In: y, dy → dx: every activation's slope follows from its output.
	ActivationGrad struct {
		Plane
		Kind  Activation
		Slope float32
	}
	// SoftmaxOp is softmax over the C channels of each position. In: x (N,C,S) → y (N,C,S).
	SoftmaxOp struct{ Plane }
	// SoftmaxGrad. In: y, dy → dx.
	SoftmaxGrad struct{ Plane }

	// MaxPoolOp ignores padding. In: x (N,C,H,W) → y (N,C,OH,OW).
	MaxPoolOp struct{ Window }
	// MaxPoolGrad gives dy to the first maximum of each window. In: x, dy → dx.
	MaxPoolGrad struct{ Window }
	// MaxPoolReLUGrad is MaxPoolGrad followed by the gradient of the relu whose output x is. In: x, dy → dx: dy to the first
	// maximum of each window, where that is above 0.
	MaxPoolReLUGrad struct{ Window }
	// AvgPoolOp averages the positions inside the image, as Keras does. In: x → y.
	AvgPoolOp struct{ Window }
	// AvgPoolGrad. In: dy → dx.
	AvgPoolGrad struct{ Window }

	// BatchNormStats. In: x (N,C,S) → stats (2,C): mean and biased variance of each channel over the batch.
	BatchNormStats struct{ Plane }
	// BatchNormApply. In: x, stats (2,C), params (2,C: gamma, beta) → y = gamma·(x−mean)/√(variance+ε)+beta.
	BatchNormApply struct {
		Plane
		Epsilon float32
	}
	// BatchNormParamGrad. In: x, stats, dy → dparams (2,C): dgamma, dbeta.
	BatchNormParamGrad struct {
		Plane
		Epsilon float32
	}
	// BatchNormDataGrad differentiates through the batch's statistics (Ioffe & Szegedy 2015).
	// In: x, stats, params, dparams, dy → dx.
	BatchNormDataGrad struct {
		Plane
		Epsilon float32
	}
	// BatchNormUpdate moves the running statistics: r = m·r + (1−m)·batch, the variance unbiased (n/(n−1), n = N·S).
	// In: stats (2,C) → running (2,C), changed in place.
	BatchNormUpdate struct {
		Plane
		Momentum float32
	}

	// DropoutOp zeroes a channel's S positions together with probability Rate and scales the rest by 1/(1−Rate). Its gradient
	// is the same op on dy. In: x (N,C,S) → y. Plain dropout has S = 1. The uniform number of value i = n·C+c is word i%4 of
	// Philox4x32-10 with key = Step.Key and counter (i/4, Stream, low and high word of Step.Index); a value is kept where
	// word ≥ Rate·2³². Stream is the number of the net's dropout layer, plain or spatial, from 1.
	DropoutOp struct {
		Plane
		Rate   float32
		Stream uint32
	}

	// PadOp surrounds each plane with zeros. In: x (N,C,H,W) → y (N,C,H+2·PH,W+2·PW).
	PadOp struct{ N, C, H, W, PH, PW int }
	// PadGrad. In: dy (N,C,H+2·PH,W+2·PW) → dx (N,C,H,W).
	PadGrad struct{ N, C, H, W, PH, PW int }

	// GatherOp makes a batch of images that are kept together: of each row of picks, an image and how it is augmented. In: pixels
	// (Images, ⌈C·H·W/PixelsPerValue⌉), labels (Images), picks (N,4: which image, from 0; 1 where it is mirrored, else 0; rows and columns
	// that it is then moved down and right by, 0 where nothing moves in) → x (N,C,H,W) of pixel/255, y (N) labels. A value of pixels is p₀ + 2⁸·p₁ + 2¹⁶·p₂.
	GatherOp struct{ N, Images, C, H, W int }

	// AddOp. In: a, b → a+b.
	AddOp struct{ Plane }

	// CrossEntropyOp is softmax and mean cross-entropy in one, stable for any logits.
	// In: logits (N,C), labels (N: class numbers) → loss (1): mean over the batch.
	CrossEntropyOp struct{ Plane }
	// CrossEntropyGrad. In: logits, labels → dlogits = (softmax − one-hot)/N.
	CrossEntropyGrad struct{ Plane }
	// CorrectOp. In: logits (N,C), labels (N) → count (1) of rows whose first largest logit is the label's; a row with NaN counts as wrong.
	CorrectOp struct{ Plane }

	// PenaltyGrad adds the gradient of l1·Σ|w| + l2·Σw². In: w → dw, changed in place: dw += l1·sign(w) + 2·l2·w.
	PenaltyGrad struct {
		Len    int
		L1, L2 float32
	}
	// ClipNorm scales all gradients by Max/norm where their global L2 norm is above Max. In: none → every gradient, changed in place.
	ClipNorm struct{ Max float32 }

	// SGDOp: without momentum w −= lr·g; with it v = momentum·v + g, w −= lr·v (Nesterov: w −= lr·(g + momentum·v)).
	// In: g → w, v, changed in place.
	SGDOp struct {
		Len      int
		Momentum float32
		Nesterov bool
	}
	// RMSpropOp: s = rho·s + (1−rho)·g²; u = g/(√s+ε); without momentum w −= lr·u; with it v = momentum·v + u, w −= lr·v.
	// In: g → w, s, v, changed in place.
	RMSpropOp struct {
		Len                    int
		Rho, Epsilon, Momentum float32
	}
	// AdamOp (Kingma & Ba 2015), bias-corrected with t = Step.Index, ε outside the root: w −= lr·m̂/(√v̂+ε); before it,
	// decoupled decay w −= lr·decay·w (AdamW). In: g → w, m, v, changed in place.
	AdamOp struct {
		Len                                int
		Beta1, Beta2, Epsilon, WeightDecay float32
	}

	// StatisticsOp summarises Len values x in double precision. In: x → s (StatisticsLen), whose places are named below. Values that are NaN
	// or Inf are counted and left out of everything else.
	StatisticsOp struct {
		Plane
		Below float32
	}
	// UnitZerosOp. In: x (N,C,S) → z (C): share of each channel's N·S values that are exactly zero.
	UnitZerosOp struct{ Plane }

	// CopyOp. In: x (Len) → y.
	CopyOp struct{ Len int }
	// DistanceOp compares Len values in double precision. In: a, b → d (3): ‖a−b‖, ‖a‖, ‖b‖ (L2).
	DistanceOp struct{ Len int }
)

// What StatisticsOp writes. Quantiles and histogram come from counts of the values by sign, exponent and the first five bits of the
// mantissa (FineBins, by the upper bits of a float32): the value at rank q·(n−1), values spread evenly in their bin. Of more than
// CountAll values every fourth run of CountRun is counted, from the first on.
const (
	AtMean       = iota
	AtVariance   // biased, about the mean
	AtMaxAbs     // maximum of |x|
	AtShareBelow // share with |x| < Below
	AtShareZero  // share of exact zeros
	AtL2Norm     // not about the mean
	AtKurtosis   // fourth moment about the mean over the variance squared; NaN where the variance is 0
	AtQuantiles  // of 1, 50 and 99 %
	AtNotFinite  = AtQuantiles + 3
	AtHistogram  = AtNotFinite + 1 // HistogramBins shares

	StatisticsLen = AtHistogram + HistogramBins
)

// PixelsPerValue is how many bytes fit into a float32 as a whole number.
const PixelsPerValue = 3

// FineShift makes of the bits of a float32 the number of its fine bin.
const (
	FineShift = 18
	FineBins  = 1 << (32 - FineShift)
	CountAll  = 1 << 19
	CountRun  = 1 << 13
)

// WithRows implements Op.
func (o ConvOp) WithRows(n int) Op             { o.Window = o.rows(n); return o }
func (o ConvDataGrad) WithRows(n int) Op       { o.Window = o.rows(n); return o }
func (o ConvFilterGrad) WithRows(n int) Op     { o.Window = o.rows(n); return o }
func (o ConvBiasOp) WithRows(n int) Op         { o.Window = o.rows(n); return o }
func (o BiasOp) WithRows(n int) Op             { o.Plane = o.rows(n); return o }
func (o BiasGrad) WithRows(n int) Op           { o.Plane = o.rows(n); return o }
func (o ActivationOp) WithRows(n int) Op       { o.Plane = o.rows(n); return o }
func (o ActivationGrad) WithRows(n int) Op     { o.Plane = o.rows(n); return o }
func (o SoftmaxOp) WithRows(n int) Op          { o.Plane = o.rows(n); return o }
func (o SoftmaxGrad) WithRows(n int) Op        { o.Plane = o.rows(n); return o }
func (o MaxPoolOp) WithRows(n int) Op          { o.Window = o.rows(n); return o }
func (o MaxPoolGrad) WithRows(n int) Op        { o.Window = o.rows(n); return o }
func (o MaxPoolReLUGrad) WithRows(n int) Op    { o.Window = o.rows(n); return o }
func (o AvgPoolOp) WithRows(n int) Op          { o.Window = o.rows(n); return o }
func (o AvgPoolGrad) WithRows(n int) Op        { o.Window = o.rows(n); return o }
func (o BatchNormStats) WithRows(n int) Op     { o.Plane = o.rows(n); return o }
func (o BatchNormApply) WithRows(n int) Op     { o.Plane = o.rows(n); return o }
func (o BatchNormParamGrad) WithRows(n int) Op { o.Plane = o.rows(n); return o }
func (o BatchNormDataGrad) WithRows(n int) Op  { o.Plane = o.rows(n); return o }
func (o BatchNormUpdate) WithRows(n int) Op    { o.Plane = o.rows(n); return o }
func (o DropoutOp) WithRows(n int) Op          { o.Plane = o.rows(n); return o }
func (o PadOp) WithRows(n int) Op              { o.N = n; return o }
func (o PadGrad) WithRows(n int) Op            { o.N = n; return o }
func (o GatherOp) WithRows(n int) Op           { o.N = n; return o }
func (o AddOp) WithRows(n int) Op              { o.Plane = o.rows(n); return o }
func (o CrossEntropyOp) WithRows(n int) Op     { o.Plane = o.rows(n); return o }
func (o CrossEntropyGrad) WithRows(n int) Op   { o.Plane = o.rows(n); return o }
func (o CorrectOp) WithRows(n int) Op          { o.Plane = o.rows(n); return o }
func (o PenaltyGrad) WithRows(int) Op          { return o }
func (o ClipNorm) WithRows(int) Op             { return o }
func (o SGDOp) WithRows(int) Op                { return o }
func (o RMSpropOp) WithRows(int) Op            { return o }
func (o AdamOp) WithRows(int) Op               { return o }
func (o StatisticsOp) WithRows(n int) Op       { o.Plane = o.rows(n); return o }
func (o UnitZerosOp) WithRows(n int) Op        { o.Plane = o.rows(n); return o }
func (o CopyOp) WithRows(int) Op               { return o }
func (o DistanceOp) WithRows(int) Op           { return o }

// WithRows implements Op.
func (o MatMul) WithRows(n int) Op {
	switch o.Batch {
	case "m":
		o.M = n
	case "k":
		o.K = n
	}
	return o
}
