package trainer

import (
	"encoding/json"
	"math"
)

// Statistics summarises the values of one layer's weights, gradients or activations. NaN and infinities are left out.
type Statistics struct {
	Mean       Number `json:"mean"`
	Variance   Number `json:"variance"` // biased
	MaxAbs     Number `json:"max_abs"`  // maximum of |x|
	ShareBelow Number `json:"share_below"`
	ShareZero  Number `json:"share_zero"` // share of exact zeros
	L2Norm     Number `json:"l2_norm"`
	Kurtosis   Number `json:"kurtosis"` // fourth standardised moment: 3 for a normal distribution; missing at variance 0
	// Quantiles of 1, 50 and 99 %, within 1/32 of their size (see StatisticsOp).
	Q01 Number `json:"q01"`
	Q50 Number `json:"q50"`
	Q99 Number `json:"q99"`
	// Histogram has the share of the values in each of HistogramBins bins.
	Histogram []float32 `json:"histogram,omitempty"`
}

// The thresholds of ShareBelow.
const (
	SmallWeight     = 1e-2
	SmallActivation = 1e-2
	SmallGradient   = 1e-4
)

// HistogramBins is the number of bins of a histogram: on a symmetric logarithmic scale, the same for all layers and
// kinds. Each sign has half of them. Bins HistogramBins/2 and up are those of values from 0: first everything below
// 2^HistogramLow, zeros of both signs included, then one bin an octave, last everything from
// 2^(HistogramLow + HistogramBins/2 − 2). The bins before are those of the negative values, mirrored: bin 0 holds the
// largest.
const (
	HistogramBins = 64
	HistogramLow  = -24
)

// HistogramEdges returns the inner edges of the bins, HistogramBins−1 of them, in ascending order.
func HistogramEdges() []float64 {
	edges := make([]float64, HistogramBins-1)
	const middle = HistogramBins/2 - 1 // the edge at 0
	for octave := range middle {
		edge := math.Ldexp(1, HistogramLow+octave)
		edges[middle+1+octave], edges[middle-1-octave] = edge, -edge
	}
	return edges
}

// LayerStatistics are the statistics of one layer with weights at one record. Weights and gradients are of the kernel,
// without bias. Activations are the outputs after the batch norm and activation that belong to the layer (its own, or
// layers of their own directly after it) on 256 fixed validation images; gradients are of the record's last training
// batch. The catalogue in statistic.go says of each number what it is called and what reads it.
type LayerStatistics struct {
	Layer       string     `json:"layer"`
	Type        LayerType  `json:"type"` // conv or dense
	Weights     Statistics `json:"weights"`
	Gradients   Statistics `json:"gradients"`
	Activations Statistics `json:"activations"`
	DeadUnits   Number     `json:"dead_units"` // share of units (channels) with more than 99 % exact zeros
	// UpdateRatio is ‖Δw‖/‖w‖, how far the record's last batch moved the kernel; missing at initialisation.
	UpdateRatio Number `json:"update_ratio"`
	// GradientNoise is ‖g−g′‖²/(‖g‖²+‖g′‖²) of the gradients of the record's last batch and the one before it: 0 where
	// they are the same, 1 where they are orthogonal, 2 where they are opposite. Missing where that one ended a record
	// as well or another epoch, and where both gradients are 0.
	GradientNoise Number `json:"gradient_noise"`
}

// UnmarshalJSON implements json.Unmarshaler. Members that are not there, as in what older versions wrote, are missing
// and not 0.
func (s *Statistics) UnmarshalJSON(data []byte) error {
	type plain Statistics // without this method
	s.reset()
	return json.Unmarshal(data, (*plain)(s))
}

// UnmarshalJSON implements json.Unmarshaler, as for Statistics.
func (l *LayerStatistics) UnmarshalJSON(data []byte) error {
	type plain LayerStatistics
	l.reset()
	return json.Unmarshal(data, (*plain)(l))
}

// GradientRatio is the gradient norm of the first layer divided by that of the last: far below 1 where gradients vanish
// on their way down, far above where they explode. Missing without layers, or where the last gradient is 0.
func (r EpochRecord) GradientRatio() Number {
	if len(r.Layers) == 0 {
		return Missing
	}
	ratio := r.Layers[0].Gradients.L2Norm / r.Layers[len(r.Layers)-1].Gradients.L2Norm
	if !ratio.Known() {
		return Missing
	}
	return ratio
}
