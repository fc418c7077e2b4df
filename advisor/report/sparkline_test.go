package report

import (
	"math"
	"testing"

	"probewise/trainer"
)

func TestSparkline(t *testing.T) {
	none, inf := trainer.Missing, trainer.Number(math.Inf(1))
	for _, c := range []struct {
		name   string
		values []trainer.Number
		want   string
	}{
		{"nothing", nil, ""},
		{"one bar a step", []trainer.Number{1, 2, 3, 4, 5, 6, 7, 8}, "▁▂▃▄▅▆▇█"},
		{"falls, below zero", []trainer.Number{3.5, 0, -3.5}, "█▅▁"}, // 0 stands at 3.5 of 7 steps: rounded up
		{"missing and infinite", []trainer.Number{none, 0, inf, 7, none}, " ▁ █ "},
		{"constant", []trainer.Number{2, 2, 2}, "▄▄▄"},
		{"constant zero", []trainer.Number{0, 0}, "▄▄"},
		{"all missing", []trainer.Number{none, none}, "  "},
		{"1000× is linear", []trainer.Number{1, 10, 1000}, "▁▁█"},
		{"more is logarithmic", []trainer.Number{1e-7, 1e-4, 1e-1, 1, 1e0}, "▁▄▇██"}, // 0, 3, 6, 7 of 7 decades
		{"zero has no logarithm", []trainer.Number{0, 1, 1e6}, "▁▁█"},
		{"the largest numbers", []trainer.Number{-math.MaxFloat64, 0, math.MaxFloat64}, "▁▅█"},
		{"the smallest numbers", []trainer.Number{0, math.SmallestNonzeroFloat64}, "▁█"},
	} {
		if got := Sparkline(c.values); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{share(0.87149), "0.871"}, {share(trainer.Missing), "–"}, {share(1.5e12), "1.5e+12"},
		{points(0.0213), "+2.1"}, {points(-0.0004), "+0.0"}, {points(0.0004), "+0.0"}, {points(-0.5), "-50.0"}, {points(trainer.Missing), "–"},
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1000), "1,000"}, {grouped(-1234567), "-1,234,567"},
		{amount(0, "FLOPs"), "0 FLOPs"}, {amount(999, "FLOPs"), "999 FLOPs"}, {amount(999.7, "FLOPs"), "1 kFLOPs"}, {amount(4.123e12, "FLOPs"), "4.12 TFLOPs"},
		{significant(0.012345), "0.012"}, {significant(1.26e-9), "1.3e-09"},
		{counted(1, "epoch"), "1 epoch"}, {counted(0, "epoch"), "0 epochs"},
		{duration(90), "90 s"}, {duration(0.0012), "1.2 ms"}, {duration(3e-6), "3 µs"}, {duration(2.5e-8), "25 ns"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
