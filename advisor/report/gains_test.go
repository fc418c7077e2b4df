package report

import (
	"math"
	"strings"
	"testing"

	"probewise/advisor/gain"
)

func TestGainsAreWritten(t *testing.T) {
	var b strings.Builder
	if err := Gains(&b, "made-up", []GainScore{
		{"all", gain.Score{Moment: 0.25, Pairs: 1234, Bases: 100, R2: 0.512, MAE: 0.0312,
			Rank: gain.Figure{Mean: 0.61, Low: 0.5, High: 0.7}, Regret: gain.Figure{Mean: 0.021, Low: 0.012, High: 0.034},
			Bias: -0.004, Coverage: 0.79, Width: 0.11}},
		{"without statistics", gain.Score{Moment: 0.25,
			Rank: gain.Figure{Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}}},
	}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"made-up: 1,234 pairs of runs with and without a change, of 100 nets",
		"│ 0.25 │ all │ 0.51 │ 3.1 │ 0.61 (0.50…0.70) │ 2.1 (1.2…3.4) │ -0.4 │ 79 % │ 11.0 │",
		"without statistics", "– (–…–)", "Every figure is held-out"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := Gains(&b, "nothing", nil); err != nil || b.String() != "nothing: no figures\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
