package figure

import (
	"math"
	"testing"

	"probewise/trainer"
)

// What each function writes is worked by hand.
func TestFigures(t *testing.T) {
	missing, negativeZero := math.NaN(), math.Copysign(0, -1)
	for _, c := range []struct{ what, got, want string }{
		{"a share", Share(0.87124), "0.871"},
		{"a share that is missing", Share(trainer.Missing), "–"},
		{"a loss that is too long", Share(123_456_789.0), "1.2e+08"},
		{"a score", Score(-0.198), "-0.20"},
		{"an infinite score", Score(math.Inf(1)), "–"},
		{"a gain", Gain(0.0134), "+0.013"},
		{"a loss of score", Gain(-0.05), "-0.050"},
		{"no gain known", Gain(missing), "–"},
		{"points", Points(0.0213), "+2.1"},
		{"points below zero", Points(-0.0041), "-0.4"},
		{"points that round to zero", Points(-0.0002), "+0.0"},
		{"no points known", Points(missing), "–"},
		{"a percentage", Percent(0.795), "80 %"},
		{"no percentage known", Percent(missing), "–"},
		{"an interval", Interval(0.8519, 0.8931), "0.852–0.893"},
		{"a setting", Setting(1e-05), "1e-05"},
		{"a quarter of an epoch", Setting(1.75), "1.75"},
		{"a p-value", PValue(0.0421), ".042"},
		{"a small p-value", PValue(0.0004), "<.001"},
		{"a p-value of one", PValue(1.0), "1.000"},
		{"no p-value", PValue(missing), "–"},
		{"a count", Count(1_234_567), "1,234,567"},
		{"a count below zero", Count(int64(-1234)), "-1,234"},
		{"a small count", Count(999), "999"},
		{"one thing", Counted(1, "epoch"), "1 epoch"},
		{"several things", Counted(1200, "run"), "1,200 runs"},
		{"no thing", Counted(0, "run"), "0 runs"},
		{"an amount", Amount(4.1e11, "FLOPs"), "410 GFLOPs"},
		{"an amount at a prefix", Amount(999_600, "B"), "1 MB"},
		{"seconds", Duration(61.24), "61.2 s"},
		{"milliseconds", Duration(0.001127), "1.13 ms"},
		{"nanoseconds", Duration(2e-9), "2 ns"},
		{"no time known", Duration(trainer.Missing), "–"},
		{"a value of a diagnosis", Measured(0.012345), "0.0123"},
		{"a large one", Measured(1234.5), "1234"},
		{"a larger one", Measured(10_000.0), "10000"},
		{"the largest", Measured(math.MaxFloat64), "1.798e+308"},
		{"one that is missing", Measured(missing), "not finite"},
		{"zero", Significant(negativeZero), "0"},
		{"a share of any size", Share(1.5e12), "1.5e+12"},
		{"points that round to zero from above", Points(0.0004), "+0.0"},
		{"half of all", Points(-0.5), "-50.0"},
		{"points' ends", PointsInterval(0.008, 0.034), "+0.8…+3.4"},
		{"zero things", Count(0), "0"},
		{"a thousand", Count(1000), "1,000"},
		{"millions below zero", Count(-1234567), "-1,234,567"},
		{"no amount", Amount(0, "FLOPs"), "0 FLOPs"},
		{"an amount without a prefix", Amount(999, "FLOPs"), "999 FLOPs"},
		{"an amount that rounds to a prefix", Amount(999.7, "FLOPs"), "1 kFLOPs"},
		{"an amount of three digits", Amount(4.123e12, "FLOPs"), "4.12 TFLOPs"},
		{"a minute and a half", Duration(90.0), "90 s"},
		{"microseconds", Duration(3e-6), "3 µs"},
		{"a small number", Significant(1.26e-9), "1.3e-09"},
		{"a sentence", Sentence(" no past runs "), "no past runs."},
		{"no sentence", Sentence(""), ""},
		{"a capital", Capital("linear"), "Linear"},
		{"words", Words("weight_update_ratio"), "weight update ratio"},
		{"a list of one", List([]string{"a"}), "a"},
		{"a list of three", List([]string{"a", "b", "c"}), "a, b and c"},
		{"an empty list", List(nil), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestSignificantKeepsWholeHundreds(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.000012: "1.2e-05", 1.25: "1.2", 99.4: "99", 178.2: "178", -2314: "-2314", 99_999: "99999",
		123_456: "1.2e+05", math.NaN(): "–",
	} {
		if got := Significant(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}

func TestShortKeepsToFiveLetters(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.004: "0", 0.31: ".31", -0.31: "-.31", 0.996: "1.00", -4.343: "-4.34", 23.4: "23", -998: "-998",
		12345: "1e+04", math.NaN(): "–",
	} {
		if got := Short(v); got != want || len(got) > 5 {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}

func TestApartTellsSharesApart(t *testing.T) {
	for _, c := range []struct {
		a, b         float64
		wantA, wantB string
	}{
		{0.5, 0.7, "0.500", "0.700"},
		{0.8996, 0.9, "0.8996", "0.9000"},
		{0.7, 0.7, "0.700", "0.700"},
	} {
		if a, b := Apart(c.a, c.b); a != c.wantA || b != c.wantB {
			t.Errorf("%g and %g: %s and %s, want %s and %s", c.a, c.b, a, b, c.wantA, c.wantB)
		}
	}
}

func TestMeasured(t *testing.T) {
	for n, want := range map[trainer.Number]string{
		0: "0", 3: "3", 0.6: "0.6", 0.02149: "0.0215", 0.000012345: "1.23e-05", 97.34: "97.3", 999.4: "999",
		999.7: "999.7", // three digits would make it 1e+03
		1024:  "1024", 1554.6701830715604: "1555", -1554.67: "-1555", 10_000: "10000", 12_346: "12350", 999_960: "1e+06",
		1234567.8: "1.235e+06", math.MaxFloat64: "1.798e+308", // which is past the largest float
		trainer.Number(math.Inf(1)): "not finite",
	} {
		if got := Measured(n); got != want {
			t.Errorf("%v: %q, want %q", float64(n), got, want)
		}
	}
}
