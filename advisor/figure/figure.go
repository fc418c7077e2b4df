package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"probewise/trainer"
)

// Absent stands where a number is missing.
const Absent = "–"

// number is any of the types that measured values have.
type number interface{ ~float64 }

func known[N number](n N) bool { return trainer.Number(n).Known() }

// Decimals writes a number with so many digits after the point: 61.24 with one as "61.2". One that would take more than
// nine letters is written as Significant does.
func Decimals[N number](n N, digits int) string {
	if !known(n) {
		return Absent
	}
	if s := strconv.FormatFloat(float64(n), 'f', digits, 64); len(s) <= 9 {
		return s
	}
	return Significant(n)
}

// Share writes an accuracy, a loss or an error of one with three digits: "0.871".
func Share[N number](n N) string { return Decimals(n, 3) }

// Score writes R², Kendall's τ, a correlation or a novelty with two digits: "0.86".
func Score[N number](n N) string { return Decimals(n, 2) }

// Gain writes the difference of two scores, signed and with three digits: "+0.013".
func Gain[N number](n N) string {
	if !known(n) {
		return Absent
	}
	return fmt.Sprintf("%+.3f", float64(n))
}

// Points writes the difference of two shares in percentage points, signed: 0.0213 as "+2.1".
func Points[N number](n N) string {
	if !known(n) {
		return Absent
	}
	tenths := math.Round(float64(n)*1000) / 10
	return fmt.Sprintf("%+.1f", tenths+0) // +0: no minus before a zero
}

// PointsInterval writes the ends of an interval of such differences: "+0.8…+3.4".
func PointsInterval[N number](low, high N) string { return Points(low) + "…" + Points(high) }

// Percent writes a share: 0.795 as "80 %".
func Percent[N number](share N) string {
	if !known(share) {
		return Absent
	}
	return strconv.FormatFloat(100*float64(share), 'f', 0, 64) + " %"
}

// Interval writes the ends of an interval of shares: "0.852–0.893".
func Interval[N number](low, high N) string { return Share(low) + "–" + Share(high) }

// Significant writes a number of any size with two digits, whole hundreds and thousands with all of theirs: "1.2e-05",
// "0.25", "178", "1.2e+05".
func Significant[N number](n N) string {
	if !known(n) {
		return Absent
	}
	if size := math.Abs(float64(n)); size >= 99.5 && size < 99_999.5 {
		return strconv.FormatFloat(float64(n), 'f', 0, 64)
	}
	return strconv.FormatFloat(float64(n)+0, 'g', 2, 64) // +0: no minus before a zero
}

// Short writes a number for a narrow cell, with five letters at most: "-.31", "4.34", "1e+03".
func Short[N number](n N) string {
	switch size := math.Abs(float64(n)); {
	case !known(n):
		return Absent
	case size < 0.005:
		return "0"
	case size < 0.995:
		return strings.Replace(strconv.FormatFloat(float64(n), 'f', 2, 64), "0.", ".", 1)
	case size < 9.995:
		return strconv.FormatFloat(float64(n), 'f', 2, 64)
	case size < 999.5:
		return strconv.FormatFloat(float64(n), 'f', 0, 64)
	}
	return strconv.FormatFloat(float64(n), 'g', 1, 64)
}

// PValue writes a probability without its leading zero: ".042", "<.001".
func PValue[N number](n N) string {
	if known(n) && n < 0.001 {
		return "<.001"
	}
	return strings.TrimPrefix(Decimals(n, 3), "0")
}

// Measured writes a value or a threshold in the message of a diagnosis: three significant digits, or four from 1,000
// up: "0.0123", "1235", "10000". A missing one was "not finite".
func Measured[N number](n N) string {
	if !known(n) {
		return "not finite"
	}
	x := float64(n)
	if s := strconv.FormatFloat(x, 'g', 3, 64); !strings.Contains(s, "e+") {
		return s
	}
	s := strconv.FormatFloat(x, 'g', 4, 64)
	if rounded, err := strconv.ParseFloat(s, 64); err == nil { // else past the largest float
		return strconv.FormatFloat(rounded, 'g', -1, 64) // 1024, 10000 rather than 1e+04
	}
	return s
}

// Setting writes a number that a person chose, as short as it is exact: "0.25", "1e-04", an epoch "1.75".
func Setting(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Apart writes two shares with three digits, or as many as it takes to tell them apart: "0.8996", "0.9000".
func Apart(a, b float64) (string, string) {
	for digits := 3; digits < 17; digits++ {
		x, y := strconv.FormatFloat(a, 'f', digits, 64), strconv.FormatFloat(b, 'f', digits, 64)
		if x != y || a == b {
			return x, y
		}
	}
	return Setting(a), Setting(b)
}

// Count writes a whole number in groups of three digits: "54,321".
func Count[N ~int | ~int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Counted writes a number of things: "1 epoch", "3 epochs".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Amount writes a large number with an SI prefix and its unit: "4.1 MFLOPs".
func Amount(v float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for v >= 999.5 && i < len(prefixes)-1 {
		v /= 1000
		i++
	}
	return fmt.Sprintf("%s %s%s", strconv.FormatFloat(v, 'g', 3, 64), prefixes[i], unit)
}

// Duration writes seconds in the unit that suits them: "61.2 s", "1.13 ms".
func Duration[N number](seconds N) string {
	if !known(seconds) {
		return Absent
	}
	for _, u := range []struct {
		size float64
		name string
	}{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}} {
		if float64(seconds) >= u.size {
			return fmt.Sprintf("%.3g %s", float64(seconds)/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", float64(seconds)/1e-9)
}
