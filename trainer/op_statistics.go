package trainer

// The ops that only look at values.

// StatisticsOp summarises Len values x in double precision. In: x → s (StatisticsLen), whose places are named below.
// Values that are NaN or Inf are counted and left out of everything else.
type StatisticsOp struct {
	Plane
	Below float32
}

// What StatisticsOp writes. Quantiles and histogram come from counts of the values by sign, exponent and the first five
// bits of the mantissa (FineBins, by the upper bits of a float32): the value at rank q·(n−1), values spread evenly in
// their bin. Of more than CountAll values every fourth run of CountRun is counted, from the first on.
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

// FineShift makes of the bits of a float32 the number of its fine bin.
const (
	FineShift = 18
	FineBins  = 1 << (32 - FineShift)
	CountAll  = 1 << 19
	CountRun  = 1 << 13
)

// WithRows implements Op.
func (o StatisticsOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o StatisticsOp) Signature() (Signature, error) {
	return takes(o.values("x")).gives(arg("s", StatisticsLen)), o.check()
}

// Derivatives implements Op.
func (StatisticsOp) Derivatives() []Derivative { return notDifferentiated }

// UnitZerosOp. In: x (N,C,S) → z (C): share of each channel's N·S values that are exactly zero.
type UnitZerosOp struct{ Plane }

// WithRows implements Op.
func (o UnitZerosOp) WithRows(n int) Op { o.Plane = o.rows(n); return o }

// Signature implements Op.
func (o UnitZerosOp) Signature() (Signature, error) {
	return takes(o.values("x")).gives(arg("z", o.C)), o.check()
}

// Derivatives implements Op.
func (UnitZerosOp) Derivatives() []Derivative { return notDifferentiated }

// CopyOp. In: x (Len) → y.
type CopyOp struct{ Len int }

// WithRows implements Op.
func (o CopyOp) WithRows(int) Op { return o }

// Signature implements Op.
func (o CopyOp) Signature() (Signature, error) {
	return takes(arg("x", o.Len)).gives(arg("y", o.Len)), positive(o.Len)
}

// Derivatives implements Op.
func (CopyOp) Derivatives() []Derivative { return notDifferentiated }

// DistanceOp compares Len values in double precision. In: a, b → d (3): ‖a−b‖, ‖a‖, ‖b‖ (L2).
type DistanceOp struct{ Len int }

// WithRows implements Op.
func (o DistanceOp) WithRows(int) Op { return o }

// Signature implements Op.
func (o DistanceOp) Signature() (Signature, error) {
	return takes(arg("a", o.Len), arg("b", o.Len)).gives(arg("d", 3)), positive(o.Len)
}

// Derivatives implements Op.
func (DistanceOp) Derivatives() []Derivative { return notDifferentiated }
