package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/advisor/corpus"
	"probewise/trainer"
)

// TestPick: the same nets each time, all hidden layers of each with batch norm and the output's without.
func TestPick(t *testing.T) {
	entries, err := corpus.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	const most = 1_500_000
	picked := pick(entries, "cifar10", most, 6)
	again := pick(entries, "cifar10", most, 6)
	if len(picked) != 6 {
		t.Fatalf("%d nets, want 6", len(picked))
	}
	for i, a := range picked {
		if a.ID() != again[i].ID() {
			t.Errorf("%s is %s the second time", a.Name, again[i].Name)
		}
		if _, err := trainer.Validate(a, trainer.Limits{}); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
		blocks := trainer.Blocks(&a)
		for j, b := range blocks {
			if b.Layer().BatchNorm != (j < len(blocks)-1) {
				t.Errorf("%s: batch norm on %s is %t", a.Name, b.Layer().Name, b.Layer().BatchNorm)
			}
		}
	}
	if got := pick(entries, "none", most, 6); len(got) != 0 {
		t.Errorf("%d nets of an unknown data set", len(got))
	}
}

func TestSpearman(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{1, 2, 3, 40}, []float64{5, 6, 70, 800}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 2, 3, 4, 5}, []float64{2, 1, 4, 3, 5}, 1 - 6*4.0/(5*24)}, // 1 − 6·Σd²/(n·(n²−1))
		{[]float64{1, 1, 2}, []float64{1, 2, 3}, 1.5 / math.Sqrt(1.5*2)},       // ranks ½ ½ 2 and 0 1 2
	} {
		if got := spearman(c.x, c.y); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("of %v and %v: %g, want %g", c.x, c.y, got, c.want)
		}
	}
}

func TestSummary(t *testing.T) {
	var b strings.Builder
	summarise(&b, []curve{
		{"a", []float64{0.1, 0.2, 0.3, 0.4, 0.5}, 0.6},
		{"b", []float64{0.3, 0.4, 0.5, 0.6, 0.7}, 0.8},
		{"diverged", []float64{0.1, 0.1, 0.1}, math.NaN()},
	}, true)
	if lines := strings.Split(b.String(), "\n"); !slices.Contains(lines,
		"1 epochs, 2 nets: mean 0.400, below the final accuracy by 0.300, Spearman 1.00") || len(lines) != 6 {
		t.Errorf("got\n%s", b.String())
	}
}
