package features

import (
	"math"

	"probewise/trainer"
)

// Statistics lists the catalogue's statistics that are features, weights first. Those on a logarithmic scale are taken
// as decimal logarithms, at least −12.
func Statistics() []*trainer.Statistic { return statistics }

var statistics = func() []*trainer.Statistic {
	var all []*trainer.Statistic
	for _, s := range trainer.Catalogue() {
		if s.Feature != "" {
			all = append(all, s)
		}
	}
	return all
}()

// addStatistics adds the least and greatest of the statistics of gradients and activations over the layers, at the end
// of the probe: of all forms that were tried they predict best with a few dozen past runs (docs/prediction.md, go run
// ./bench/forms).
func (v *Vector) addStatistics(records []trainer.EpochRecord, diverged bool) {
	v.group = OfStatistics
	var layers []trainer.LayerStatistics
	if n := len(records); n > 0 && !diverged {
		layers = records[n-1].Layers
	}
	for _, s := range statistics {
		if s.InVector {
			least, greatest := Extremes(layers, s)
			v.add("least_"+s.Feature, least)
			v.add("greatest_"+s.Feature, greatest)
		}
	}
}

// Extremes are the least and the greatest value of a statistic over the layers; NaN where no layer has it.
func Extremes(layers []trainer.LayerStatistics, s *trainer.Statistic) (least, greatest float64) {
	least, greatest = math.NaN(), math.NaN()
	for i := range layers {
		v := scaled(s, &layers[i])
		if !(v >= least) && !math.IsNaN(v) {
			least = v
		}
		if !(v <= greatest) && !math.IsNaN(v) {
			greatest = v
		}
	}
	return least, greatest
}

// scaled is the statistic of a layer on its scale; NaN where it is missing.
func scaled(s *trainer.Statistic, l *trainer.LayerStatistics) float64 {
	n := s.At(l)
	switch {
	case !n.Known():
		return math.NaN()
	case s.Scale == trainer.LogScale:
		return math.Log10(max(float64(n), 1e-12))
	}
	return float64(n)
}

// A Form is what is made of the values that a statistic takes in a set of layers, record by record.
type Form string

// The forms. Records are those of the probe that have the statistic, at epochs t₁ < … < tₙ with the values x₁ … xₙ.
const (
	Level  Form = "level"  // xₙ
	Change Form = "change" // xₙ − x₁
	Slope  Form = "slope"  // least squares of x over t: per epoch
	// Acceleration is of two halves: (xₙ−xₘ)/(tₙ−tₘ) − (xₘ−x₁)/(tₘ−t₁) with m = ⌈n/2⌉, the second difference where n = 3.
	Acceleration Form = "acceleration"
	Volatility   Form = "volatility" // standard deviation (population) of (xᵢ₊₁−xᵢ)/(tᵢ₊₁−tᵢ)
)

// Forms lists them.
func Forms() []Form { return []Form{Level, Change, Slope, Acceleration, Volatility} }

// Aggregate is the mean of a statistic over the layers of the set, in one of its forms. Records must be in the order of
// their epochs. NaN where the set is empty, or there are too few records: one for a level, two for a change or a slope,
// three for the rest.
func Aggregate(records []trainer.EpochRecord, s *trainer.Statistic, set trainer.LayerSet, f Form) float64 {
	var t, x []float64
	for _, r := range records {
		if mean := meanOver(r.Layers, s, set); !math.IsNaN(mean) {
			t, x = append(t, r.Epoch), append(x, mean)
		}
	}
	return f.of(t, x)
}

// GradientRatio is a form of the decimal logarithm of the gradient norm of the first layer over that of the last; NaN
// as for Aggregate.
func GradientRatio(records []trainer.EpochRecord, f Form) float64 {
	var t, x []float64
	for _, r := range records {
		if ratio := r.GradientRatio(); ratio.Known() {
			t, x = append(t, r.Epoch), append(x, math.Log10(max(float64(ratio), 1e-12)))
		}
	}
	return f.of(t, x)
}

// meanOver leaves out layers where the statistic is missing.
func meanOver(layers []trainer.LayerStatistics, s *trainer.Statistic, set trainer.LayerSet) float64 {
	sum, n := 0.0, 0
	for i := range layers {
		if v := scaled(s, &layers[i]); set.Has(i, len(layers), layers[i].Type) && !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n) // NaN where there are none
}

func (f Form) of(t, x []float64) float64 {
	n := len(x)
	least := map[Form]int{Level: 1, Change: 2, Slope: 2, Acceleration: 3, Volatility: 3}[f]
	if n < least {
		return math.NaN()
	}
	switch f {
	case Level:
		return x[n-1]
	case Change:
		return x[n-1] - x[0]
	case Slope:
		return slope(t, x)
	case Acceleration:
		m := (n+1)/2 - 1
		return (x[n-1]-x[m])/(t[n-1]-t[m]) - (x[m]-x[0])/(t[m]-t[0])
	case Volatility:
		var sum, squares float64
		for i := 1; i < n; i++ {
			d := (x[i] - x[i-1]) / (t[i] - t[i-1])
			sum += d
			squares += d * d
		}
		mean := sum / float64(n-1)
		return math.Sqrt(max(squares/float64(n-1)-mean*mean, 0))
	}
	return math.NaN()
}

// slope is cov(t, x)/var(t).
func slope(t, x []float64) float64 {
	var meanT, meanX float64
	for i := range t {
		meanT += t[i] / float64(len(t))
		meanX += x[i] / float64(len(x))
	}
	var both, squares float64
	for i := range t {
		both += (t[i] - meanT) * (x[i] - meanX)
		squares += (t[i] - meanT) * (t[i] - meanT)
	}
	return both / squares
}
