package forest

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// clipAt bounds a standardised value of the linear part: heavy tails (diverged runs, exploding gradients) wreck an
// unclipped linear model. On 1,000 public learning curves 3 beat 2.5 by 0.006 of R² at five epochs.
const clipAt = 3

// column is one kept feature: how its missing values are filled and how it is standardised.
type column struct {
	source int     // index in the table
	median float64 // of the training rows; fills missing values
	scale  float64 // standard deviation of the training rows about the median, > 0
	linear bool
	log    bool    // positive and of many magnitudes: even() takes the logarithm
	middle float64 // median and standard deviation of what even() standardises
	width  float64
}

// constant is a dropped feature: every past run had the same value.
type constant struct {
	source int
	value  float64
}

// fitColumns keeps the columns that vary. Constant ones are dropped but remembered, wholly missing ones are dropped.
func fitColumns(t Table) (kept []column, dropped []constant) {
	values := make([]float64, 0, len(t.X))
	for j := range t.Names {
		values = values[:0]
		for _, row := range t.X {
			if !math.IsNaN(row[j]) {
				values = append(values, row[j])
			}
		}
		if len(values) == 0 {
			continue
		}
		slices.Sort(values)
		c := column{source: j, median: middle(values), linear: t.Linear[j]}
		c.scale = math.Sqrt(stat.MomentAbout(2, values, c.median, nil))
		c.fitEven(values)
		if values[0] < values[len(values)-1] && c.scale > 0 {
			kept = append(kept, c)
		} else {
			dropped = append(dropped, constant{source: j, value: c.median})
		}
	}
	return kept, dropped
}

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return sorted[(n-1)/2] + (sorted[n/2]-sorted[(n-1)/2])/2
}

// fill gives the kept features of a row in their own units, missing ones as the median.
func fill(columns []column, row, out []float64) []float64 {
	out = out[:0]
	for _, c := range columns {
		v := row[c.source]
		if math.IsNaN(v) {
			v = c.median
		}
		out = append(out, v)
	}
	return out
}

// clipped standardises a filled value for the linear part.
func (c column) clipped(v float64) float64 {
	return min(max((v-c.median)/c.scale, -clipAt), clipAt)
}

// magnitudes is the ratio of greatest to least value from which a column of positive values counts as one of many
// magnitudes.
const magnitudes = 20

// fitEven chooses the scale that a linear model sees the column on; values are sorted.
func (c *column) fitEven(values []float64) {
	c.middle, c.width = c.median, c.scale
	if least, most := values[0], values[len(values)-1]; least > 0 && most/least > magnitudes {
		logs := make([]float64, len(values))
		for i, v := range values {
			logs[i] = math.Log(v)
		}
		c.log, c.middle = true, middle(logs)
		c.width = math.Sqrt(stat.MomentAbout(2, logs, c.middle, nil))
	}
}

// even standardises and clips a filled value, on the logarithm where that evens it out.
func (c column) even(v float64) float64 {
	if c.log {
		v = math.Log(max(v, math.SmallestNonzeroFloat64))
	}
	return min(max((v-c.middle)/c.width, -clipAt), clipAt)
}

// compressed standardises a filled value for distances: beyond clipAt it grows with the logarithm, so that one wild
// column neither hides nor drowns the others.
func (c column) compressed(v float64) float64 {
	z := (v - c.median) / c.scale
	if excess := math.Abs(z) - clipAt; excess > 0 {
		return math.Copysign(clipAt+math.Log1p(min(excess, math.MaxFloat64)), z)
	}
	return z
}
