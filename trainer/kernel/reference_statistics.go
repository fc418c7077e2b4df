package kernel

import (
	"math"
	"slices"

	"probewise/trainer"
)

// statistics gives NaN for everything but the count where no value is finite.
func statistics[T float](o trainer.StatisticsOp, x, s []T) {
	var all totals
	fine := make([]uint32, trainer.FineBins)
	for i, v := range x[:o.Len()] {
		if v := float64(v); v-v == 0 {
			all.finite++
			all.sum += v
			all.squares += v * v
			all.largest = math.Max(all.largest, math.Abs(v))
			all.below += one(math.Abs(v) < float64(o.Below))
			all.zeros += one(v == 0)
			if isCounted(o.Len(), i/trainer.CountRun) {
				fine[math.Float32bits(float32(v))>>trainer.FineShift]++
			}
		}
	}
	for _, v := range x[:o.Len()] {
		if v := float64(v); v-v == 0 {
			d := v - all.sum/all.finite
			all.spread += d * d
			all.fourth += d * d * d * d
		}
	}
	writeStatistics(s, o.Len(), all, fine)
}

// isCounted says whether a run of values goes into the bins.
func isCounted(n, run int) bool { return n <= trainer.CountAll || run%4 == 0 }

// totals are what statistics add up over all values.
type totals struct{ finite, sum, squares, largest, below, zeros, spread, fourth float64 }

// writeStatistics lays out what StatisticsOp promises.
func writeStatistics[T float](s []T, n int, t totals, fine []uint32) {
	s[trainer.AtNotFinite] = T(float64(n) - t.finite)
	variance := t.spread / t.finite
	for i, v := range [trainer.AtQuantiles]float64{t.sum / t.finite, variance, t.largest, t.below / t.finite,
		t.zeros / t.finite,
		math.Sqrt(t.squares), t.fourth / t.finite / (variance * variance)} {
		if t.finite == 0 {
			v = math.NaN()
		}
		s[i] = T(v)
	}
	var counted float64
	for _, count := range fine {
		counted += float64(count)
	}
	for i, v := range quantiles(fine, 0.01*(counted-1), 0.5*(counted-1), 0.99*(counted-1)) {
		s[trainer.AtQuantiles+i] = T(min(max(v, -t.largest), t.largest)) // a bin may reach beyond the largest
	}
	histogram := s[trainer.AtHistogram:][:trainer.HistogramBins]
	var counts [trainer.HistogramBins]float64
	for bin, count := range fine {
		if count > 0 {
			counts[octaveBin(bin)] += float64(count)
		}
	}
	for i, count := range counts {
		histogram[i] = T(count / counted)
	}
}

const (
	fineMantissa = 1 << (23 - trainer.FineShift) // fine bins of an octave
	fineHalf     = trainer.FineBins / 2          // those of one sign
)

// octaveBin gives the bin of the histogram that a fine bin is part of.
func octaveBin(fine int) int {
	const middle = trainer.HistogramBins / 2
	octave := fine%fineHalf/fineMantissa - 127 - trainer.HistogramLow + 1
	octave = min(max(octave, 0), middle-1)
	if fine < fineHalf || fine%fineHalf == 0 { // zeros have no sign
		return middle + octave
	}
	return middle - 1 - octave
}

// quantiles finds the values at ascending ranks, from 0, among counted values; NaN where there are none.
func quantiles(fine []uint32, ranks ...float64) []float64 {
	values := slices.Repeat([]float64{math.NaN()}, len(ranks))
	var before float64
	found := 0
	for i := range fine {
		bin := i - fineHalf
		if i < fineHalf {
			bin = trainer.FineBins - 1 - i // negative values, the largest first
		}
		count := float64(fine[bin])
		for ; found < len(ranks) && before+count > ranks[found]+0.5; found++ {
			low, high := fineEdges(bin)
			values[found] = low + (ranks[found]+0.5-before)/count*(high-low)
		}
		before += count
	}
	return values
}

// fineEdges gives the bounds of a fine bin, in ascending order; those of the bins of 0 are both 0.
func fineEdges(bin int) (low, high float64) {
	size := uint32(bin % fineHalf)
	if size == 0 {
		return 0, 0
	}
	low = float64(math.Float32frombits(size << trainer.FineShift))
	high = math.Min(float64(math.Float32frombits((size+1)<<trainer.FineShift)), math.MaxFloat32)
	if bin >= fineHalf {
		return -high, -low
	}
	return low, high
}

func distance[T float](o trainer.DistanceOp, a, b, d []T) {
	var apart, left, right float64
	for i := range o.Len {
		x, y := float64(a[i]), float64(b[i])
		apart += (x - y) * (x - y)
		left += x * x
		right += y * y
	}
	d[0], d[1], d[2] = T(math.Sqrt(apart)), T(math.Sqrt(left)), T(math.Sqrt(right))
}
