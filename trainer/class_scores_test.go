package trainer_test

import (
	"math"
	"slices"
	"testing"

	"probewise/trainer"
)

// TestClassScores against scikit-learn 1.7: balanced_accuracy_score and f1_score(average="macro") of the labels that
// the matrices stand for, NaN answers taken out of the matrix and left in the recall.
func TestClassScores(t *testing.T) {
	for name, c := range map[string]struct {
		confusion, images []int
		balanced, f1      float64
		chance            float64
	}{
		"even":            {[]int{4, 1, 2, 3}, []int{5, 5}, 0.7, (8.0/11 + 6.0/9) / 2, 0.5},
		"one class":       {[]int{9, 0, 0, 3, 0, 0, 1, 0, 0}, []int{9, 3, 1}, 1.0 / 3, 18.0 / 22 / 3, 9.0 / 13},
		"absent class":    {[]int{3, 1, 0, 0, 4, 0, 0, 0, 0}, []int{4, 4, 0}, 0.875, (6.0/7 + 8.0/9) / 2, 0.5},
		"absent, guessed": {[]int{3, 1, 0, 0, 3, 1, 0, 0, 0}, []int{4, 4, 0}, 0.75, (6.0/7 + 6.0/8) / 3, 0.5},
		"NaN answers":     {[]int{1, 0, 0, 2}, []int{4, 2}, 0.625, (2.0/5 + 1) / 2, 4.0 / 6},
	} {
		s := trainer.NewClassScores(c.confusion, c.images)
		if math.Abs(float64(s.BalancedAccuracy)-c.balanced) > 1e-12 || math.Abs(float64(s.MacroF1)-c.f1) > 1e-12 ||
			math.Abs(s.Chance()-c.chance) > 1e-12 {
			t.Errorf("%s: balanced accuracy %v, macro F1 %v, chance %v; want %v, %v, %v", name, s.BalancedAccuracy, s.MacroF1,
				s.Chance(), c.balanced, c.f1, c.chance)
		}
	}
	s := trainer.NewClassScores(nil, nil)
	if s.BalancedAccuracy.Known() || s.MacroF1.Known() {
		t.Errorf("scores of no images: %+v", s)
	}
}

func TestConfusionIsKeptOfFewClasses(t *testing.T) {
	s := trainer.NewClassScores([]int{4, 1, 2, 3}, []int{5, 5})
	s.Keep([]int{4, 1, 2, 3}, []string{"left", "right"})
	if len(s.Confusion) != 2 || !slices.Equal(s.Confusion[1], []int{2, 3}) || s.Name(1) != "right" {
		t.Errorf("confusion matrix %v", s.Confusion)
	}
	const many = trainer.MaxConfusion + 1
	s = trainer.NewClassScores(make([]int, many*many), make([]int, many))
	if s.Keep(make([]int, many*many), nil); s.Confusion != nil || s.Name(7) != "7" {
		t.Errorf("a confusion matrix of %d classes is kept", many)
	}
}
