package report

import (
	"fmt"
	"math"
	"strconv"

	"probewise/trainer"
)

const absent = "–"

// share writes an accuracy or another number between 0 and 1.
func share(n trainer.Number) string { return decimals(n, 3) }

func decimals(n trainer.Number, digits int) string {
	if !n.Known() {
		return absent
	}
	if s := strconv.FormatFloat(float64(n), 'f', digits, 64); len(s) <= 9 {
		return s
	}
	return significant(n)
}

// significant writes a number of any size with two digits.
func significant(n trainer.Number) string {
	if !n.Known() {
		return absent
	}
	return strconv.FormatFloat(float64(n), 'g', 2, 64)
}

// points writes a difference of shares in percentage points, signed.
func points(n trainer.Number) string {
	if !n.Known() {
		return absent
	}
	tenths := math.Round(float64(n)*1000) / 10
	return fmt.Sprintf("%+.1f", tenths+0) // +0: no minus before a zero
}

// grouped writes an integer in groups of three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// amount writes a large number with an SI prefix and the unit: "4.1 MFLOPs".
func amount(v float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for v >= 999.5 && i < len(prefixes)-1 {
		v /= 1000
		i++
	}
	return fmt.Sprintf("%s %s%s", strconv.FormatFloat(v, 'g', 3, 64), prefixes[i], unit)
}

// counted writes "1 epoch", "3 epochs".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(int64(n)) + " " + noun + "s"
}
