package forest

import (
	"slices"
	"testing"
)

func TestSplits(t *testing.T) {
	splits := Splits(10, 4, 3, 1)
	for _, s := range splits {
		all := slices.Sorted(slices.Values(append(slices.Clone(s.Fit), s.Held...)))
		if len(s.Fit) != 4 || !slices.IsSorted(s.Fit) || !slices.IsSorted(s.Held) || !slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("%+v", s)
		}
	}
	if slices.Equal(splits[0].Fit, splits[1].Fit) {
		t.Error("two splits are the same")
	}
	if more := Splits(10, 4, 5, 1); !slices.Equal(more[2].Fit, splits[2].Fit) {
		t.Error("more repeats changed the first splits")
	}
	if other := Splits(10, 4, 1, 2); slices.Equal(other[0].Fit, splits[0].Fit) {
		t.Error("another seed, same split")
	}
}

// 25 runs: the worst are 5, one of the 20 others may be rejected wrongly.
func TestCaughtWorstFifthByHand(t *testing.T) {
	target, predicted := make([]float64, 25), make([]float64, 25)
	for i := range target {
		target[i], predicted[i] = float64(i), float64(i)
	}
	if got := CaughtWorstFifth(target, predicted); got != 1 {
		t.Errorf("perfect: %g, want 1", got)
	}
	predicted[20], predicted[21] = -1, 1.5 // two others look bad: the gate may reject one, so it stops at 1.5
	if got := CaughtWorstFifth(target, predicted); got != 0.4 {
		t.Errorf("%g, want 2 of 5", got)
	}
	if got := CaughtWorstFifth(target, make([]float64, 25)); got != 0 {
		t.Errorf("constant: %g, want 0", got)
	}
	if got := CaughtWorstFifth(target[:4], predicted[:4]); got != 0 {
		t.Errorf("four runs: %g, want 0", got)
	}
}

func TestMeasureIsHeldOut(t *testing.T) {
	set := curves(90, 2, 6, 2)
	s := Splits(90, 50, 1, 1)[0]
	m := fit(t, set.Pick(s.Fit), Options{Stages: 30, Folds: 5})
	h, err := m.Measure(set.Pick(s.Held))
	if err != nil || h.Runs != 40 || h.R2 < 0.5 || h.Coverage < 0.5 || h.CaughtWorstFifth < 0.4 {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := m.Measure(Table{X: [][]float64{{1}}, Y: []float64{1}}); err == nil {
		t.Error("a table of other columns was measured")
	}
}
