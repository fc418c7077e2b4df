package trainer

// The ops on images: products with a window of weights, pools, zeros around them, and what makes a batch of them.

// filters are the sizes of a convolution.
func (w Window) filters(f int) (x, weights, y Arg, err error) {
	err = w.check()
	if f <= 0 {
		err = errSize
	}
	return w.image("x"), arg("w", f, w.C, w.KH, w.KW), w.positions("y", f), err
}

// named is the argument under another name: a gradient has the sizes of what it is the gradient of.
func (a Arg) named(name string) Arg { a.Name = name; return a }

// ConvOp is cross-correlation without bias. In: x (N,C,H,W), w (F,C,KH,KW) → y (N,F,OH,OW).
type ConvOp struct {
	Window
	F int
}

// WithRows implements Op.
func (o ConvOp) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o ConvOp) Signature() (Signature, error) {
	x, w, y, err := o.filters(o.F)
	return takes(x, w).gives(y), err
}

// Derivatives implements Op.
func (o ConvOp) Derivatives() []Derivative {
	return []Derivative{
		{0, ConvDataGrad(o), []Operand{input(1), outputGradient}},
		{1, ConvFilterGrad(o), []Operand{input(0), outputGradient}},
	}
}

// ConvDataGrad. In: w (F,C,KH,KW), dy (N,F,OH,OW) → dx (N,C,H,W).
type ConvDataGrad struct {
	Window
	F int
}

// WithRows implements Op.
func (o ConvDataGrad) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o ConvDataGrad) Signature() (Signature, error) {
	x, w, y, err := o.filters(o.F)
	return takes(w, y.named("dy")).gives(x.named("dx")), err
}

// Derivatives implements Op.
func (ConvDataGrad) Derivatives() []Derivative { return notDifferentiated }

// ConvFilterGrad. In: x (N,C,H,W), dy (N,F,OH,OW) → dw (F,C,KH,KW), summed over the batch.
type ConvFilterGrad struct {
	Window
	F int
}

// WithRows implements Op.
func (o ConvFilterGrad) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o ConvFilterGrad) Signature() (Signature, error) {
	x, w, y, err := o.filters(o.F)
	return takes(x, y.named("dy")).gives(w.named("dw")), err
}

// Derivatives implements Op.
func (ConvFilterGrad) Derivatives() []Derivative { return notDifferentiated }

// ConvBiasOp is ConvOp, BiasOp and, if asked for, the activation relu in one. A plan makes it of the three after
// differentiation. In: x (N,C,H,W), w (F,C,KH,KW), b (F) → y (N,F,OH,OW).
type ConvBiasOp struct {
	Window
	F    int
	ReLU bool
}

// WithRows implements Op.
func (o ConvBiasOp) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o ConvBiasOp) Signature() (Signature, error) {
	x, w, y, err := o.filters(o.F)
	return takes(x, w, arg("b", o.F)).gives(y), err
}

// Derivatives implements Op.
func (ConvBiasOp) Derivatives() []Derivative { return notDifferentiated }

// MatMul is c = op(a)·op(b), op(a) of size M×K, op(b) of size K×N, c of size M×N. In: a, b → c.
// Batch names the size that is the batch: "m", "k" or "" (none).
type MatMul struct {
	M, K, N        int
	TransA, TransB bool
	Batch          string
}

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

// Signature implements Op.
func (o MatMul) Signature() (Signature, error) {
	return takes(arg("a", o.M, o.K), arg("b", o.K, o.N)).gives(arg("c", o.M, o.N)), positive(o.M, o.K, o.N)
}

// Derivatives implements Op: those of the product as layers use it, with neither factor transposed.
func (o MatMul) Derivatives() []Derivative {
	a := MatMul{M: o.M, K: o.N, N: o.K, TransB: true, Batch: o.Batch}
	b := MatMul{M: o.K, K: o.M, N: o.N, TransA: true, Batch: "k"}
	return []Derivative{
		{0, a, []Operand{outputGradient, input(1)}},
		{1, b, []Operand{input(0), outputGradient}},
	}
}

// MaxPoolOp ignores padding. In: x (N,C,H,W) → y (N,C,OH,OW).
type MaxPoolOp struct{ Window }

// WithRows implements Op.
func (o MaxPoolOp) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o MaxPoolOp) Signature() (Signature, error) {
	return takes(o.image("x")).gives(o.positions("y", o.C)), o.check()
}

// Derivatives implements Op.
func (o MaxPoolOp) Derivatives() []Derivative {
	return []Derivative{{0, MaxPoolGrad(o), []Operand{input(0), outputGradient}}}
}

// MaxPoolGrad gives dy to the first maximum of each window. In: x, dy → dx.
type MaxPoolGrad struct{ Window }

// WithRows implements Op.
func (o MaxPoolGrad) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o MaxPoolGrad) Signature() (Signature, error) {
	return takes(o.image("x"), o.positions("dy", o.C)).gives(o.image("dx")), o.check()
}

// Derivatives implements Op.
func (MaxPoolGrad) Derivatives() []Derivative { return notDifferentiated }

// MaxPoolReLUGrad is MaxPoolGrad followed by the gradient of the relu whose output x is. In: x, dy → dx: dy to the
// first maximum of each window, where that is above 0.
type MaxPoolReLUGrad struct{ Window }

// WithRows implements Op.
func (o MaxPoolReLUGrad) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o MaxPoolReLUGrad) Signature() (Signature, error) { return MaxPoolGrad(o).Signature() }

// Derivatives implements Op.
func (MaxPoolReLUGrad) Derivatives() []Derivative { return notDifferentiated }

// AvgPoolOp averages the positions inside the image, as Keras does. In: x → y.
type AvgPoolOp struct{ Window }

// WithRows implements Op.
func (o AvgPoolOp) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o AvgPoolOp) Signature() (Signature, error) {
	return takes(o.image("x")).gives(o.positions("y", o.C)), o.check()
}

// Derivatives implements Op.
func (o AvgPoolOp) Derivatives() []Derivative {
	return []Derivative{{0, AvgPoolGrad(o), []Operand{outputGradient}}}
}

// AvgPoolGrad. In: dy → dx.
type AvgPoolGrad struct{ Window }

// WithRows implements Op.
func (o AvgPoolGrad) WithRows(n int) Op { o.Window = o.rows(n); return o }

// Signature implements Op.
func (o AvgPoolGrad) Signature() (Signature, error) {
	return takes(o.positions("dy", o.C)).gives(o.image("dx")), o.check()
}

// Derivatives implements Op.
func (AvgPoolGrad) Derivatives() []Derivative { return notDifferentiated }

// PadOp surrounds each plane with zeros. In: x (N,C,H,W) → y (N,C,H+2·PH,W+2·PW).
type PadOp struct{ N, C, H, W, PH, PW int }

// WithRows implements Op.
func (o PadOp) WithRows(n int) Op { o.N = n; return o }

// Signature implements Op.
func (o PadOp) Signature() (Signature, error) {
	x, y, err := o.sizes()
	return takes(x).gives(y), err
}

func (o PadOp) sizes() (x, y Arg, err error) {
	err = positive(o.N, o.C, o.H, o.W)
	if o.PH < 0 || o.PW < 0 {
		err = errPadding
	}
	return arg("x", o.N, o.C*o.H*o.W), arg("y", o.N, o.C*(o.H+2*o.PH)*(o.W+2*o.PW)), err
}

// Derivatives implements Op.
func (o PadOp) Derivatives() []Derivative {
	return []Derivative{{0, PadGrad(o), []Operand{outputGradient}}}
}

// PadGrad. In: dy (N,C,H+2·PH,W+2·PW) → dx (N,C,H,W).
type PadGrad struct{ N, C, H, W, PH, PW int }

// WithRows implements Op.
func (o PadGrad) WithRows(n int) Op { o.N = n; return o }

// Signature implements Op.
func (o PadGrad) Signature() (Signature, error) {
	x, y, err := PadOp(o).sizes()
	return takes(y.named("dy")).gives(x.named("dx")), err
}

// Derivatives implements Op.
func (PadGrad) Derivatives() []Derivative { return notDifferentiated }

// GatherOp makes a batch of images that are kept together: of each row of picks, an image and how it is augmented.
// In: pixels (Images, ⌈C·H·W/PixelsPerValue⌉), labels (Images), picks (N,4: which image, from 0; 1 where it is
// mirrored, else 0; rows and columns that it is then moved down and right by, 0 where nothing moves in) → x (N,C,H,W)
// of pixel/255, y (N) labels. A value of pixels is p₀ + 2⁸·p₁ + 2¹⁶·p₂.
type GatherOp struct{ N, Images, C, H, W int }

// PixelsPerValue is how many bytes fit into a float32 as a whole number.
const PixelsPerValue = 3

// WithRows implements Op.
func (o GatherOp) WithRows(n int) Op { o.N = n; return o }

// Signature implements Op.
func (o GatherOp) Signature() (Signature, error) {
	x := o.C * o.H * o.W
	packed := (x + PixelsPerValue - 1) / PixelsPerValue
	return takes(arg("pixels", o.Images, packed), arg("labels", o.Images), arg("picks", o.N, 4)).
		gives(arg("x", o.N, x), arg("y", o.N)), positive(o.N, o.Images, o.C, o.H, o.W)
}

// Derivatives implements Op.
func (GatherOp) Derivatives() []Derivative { return notDifferentiated }
