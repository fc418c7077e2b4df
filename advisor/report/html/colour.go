package html

import (
	"fmt"
	"math"
	"slices"

	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// classes is the number of a heat map's colours.
const classes = 9

// heatLogSpan is how many times the least positive value the greatest must be for a logarithmic scale of colours, which
// has fewer steps than a sparkline has heights.
const heatLogSpan = 100

// Scale puts values into classes of equal width: from the least to the greatest; where some are negative, around zero.
type Scale struct {
	Low, High float64 // of the known values; on a logarithmic scale of the positive ones
	Log       bool    // no value is negative and they span two orders of magnitude; a zero is in the lowest class
	Signed    bool    // zero is in the middle
}

// ScaleOf fits a scale to values.
func ScaleOf(values []trainer.Number) Scale {
	low, high := report.Span(values)
	if low < 0 {
		return Scale{Low: low, High: high, Signed: true}
	}
	positive := slices.DeleteFunc(slices.Clone(values), func(v trainer.Number) bool { return !v.Known() || v <= 0 })
	if least, most := report.Span(positive); len(positive) > 0 && most/heatLogSpan >= least {
		return Scale{Low: least, High: most, Log: true}
	}
	return Scale{Low: low, High: high}
}

// Class returns the class of a value's colour: h0 to h8, hx where it is missing. Where all values are equal it is the
// lowest.
func (s Scale) Class(n trainer.Number) string {
	if !n.Known() {
		return "hx"
	}
	return fmt.Sprintf("h%d", min(max(int(s.share(float64(n))*classes), 0), classes-1))
}

// share is the place of a value between the ends, 0…1.
func (s Scale) share(v float64) float64 {
	most := max(math.Abs(s.Low), math.Abs(s.High)) // no overflow of high-low
	switch {
	case s.Low == s.High && !s.Signed:
		return 0
	case s.Signed:
		return (v/most + 1) / 2
	case s.Log && v <= 0:
		return 0
	case s.Log:
		return (math.Log(v) - math.Log(s.Low)) / (math.Log(s.High) - math.Log(s.Low))
	}
	return (v/most - s.Low/most) / (s.High/most - s.Low/most)
}

// String says the scale in words.
func (s Scale) String() string {
	low, high := figure.Significant(s.Low), figure.Significant(s.High)
	switch {
	case s.Signed:
		most := max(math.Abs(s.Low), math.Abs(s.High))
		return fmt.Sprintf("linear, from %s to %s, zero in the middle", figure.Significant(-most), figure.Significant(most))
	case s.Log:
		return fmt.Sprintf("logarithmic, from %s to %s", low, high)
	case s.Low == s.High:
		return "all values are " + low
	}
	return fmt.Sprintf("linear, from %s to %s", low, high)
}
