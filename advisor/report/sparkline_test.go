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
