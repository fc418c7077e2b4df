package main

import (
	"math/rand/v2"
	"slices"
)

// Interval is a 95 % interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// resamples is how many times a bootstrap draws.
const resamples = 10_000

// bootstrap is the percentile interval of the mean, drawn over the values with a fixed seed. Of fewer than two values
// there is none.
func bootstrap(values []float64) *Interval {
	if len(values) < 2 {
		return nil
	}
	r := rand.New(rand.NewPCG(1, 0))
	means := make([]float64, resamples)
	for i := range means {
		for range values {
			means[i] += values[r.IntN(len(values))]
		}
		means[i] /= float64(len(values))
	}
	slices.Sort(means)
	return &Interval{quantile(means, 0.025), quantile(means, 0.975)}
}

// quantile of sorted values, which are not none: between two it goes straight.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// mean of values; 0 of none.
func mean(values []float64) (sum float64) {
	if len(values) == 0 {
		return 0
	}
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// median of values; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return quantile(slices.Sorted(slices.Values(values)), 0.5)
}

// share of the values that pass; 0 of none.
func share(values []float64, pass func(float64) bool) float64 {
	n := 0
	for _, v := range values {
		if pass(v) {
			n++
		}
	}
	return float64(n) / float64(max(len(values), 1))
}

// slope of the least-squares line of y on x; 0 where x does not vary.
func slope(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xx, xy float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
	}
	if xx == 0 {
		return 0
	}
	return xy / xx
}
