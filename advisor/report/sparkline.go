package report

import (
	"math"
	"slices"

	"probewise/trainer"
)

var bars = []rune("▁▂▃▄▅▆▇█")

// logSpan is how many times the least value the greatest must be for a logarithmic scale.
const logSpan = 1000

// Sparkline draws one bar a value, between the least and the greatest of them. A missing value is a space; where all
// are equal each is the middle bar. Positive values that span more than 1000× are drawn on a logarithmic scale.
func Sparkline(values []trainer.Number) string {
	low, high := Span(values)
	scale := func(v float64) float64 { return v / max(math.Abs(low), math.Abs(high)) } // no overflow of high-low
	if logarithmic(low, high) {
		scale = math.Log
	}
	line := make([]rune, len(values))
	for i, v := range values {
		switch {
		case !v.Known():
			line[i] = ' '
		case low == high:
			line[i] = bars[len(bars)/2-1]
		default:
			share := (scale(float64(v)) - scale(low)) / (scale(high) - scale(low))
			line[i] = bars[int(math.Round(share*float64(len(bars)-1)))]
		}
	}
	return string(line)
}

func logarithmic(low, high float64) bool { return low > 0 && high/logSpan > low }

// Span returns the least and the greatest known value; both are 0 where none is known.
func Span(values []trainer.Number) (low, high float64) {
	known := slices.DeleteFunc(slices.Clone(values), func(v trainer.Number) bool { return !v.Known() })
	if len(known) == 0 {
		return 0, 0
	}
	return float64(slices.Min(known)), float64(slices.Max(known))
}
