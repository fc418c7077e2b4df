package forest

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

// ablationTable has a target that follows its first column closely, its second a little and its third not at all.
func ablationTable(n int) (Table, []AblationStep) {
	r := rand.New(rand.NewPCG(8, 8))
	t := Table{Names: []string{"strong", "weak", "none"}, Linear: []bool{true, false, false}}
	for range n {
		x := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		t.X = append(t.X, x)
		t.Y = append(t.Y, sigmoid(0.5*x[0]+0.4*x[1]+0.05*r.NormFloat64()))
	}
	return t, []AblationStep{{"strong", []bool{true, false, false}}, {"weak", []bool{true, true, false}},
		{"none", []bool{true, true, true}}}
}

// TestAblate: what tells something gains beyond doubt, noise does not, and the same seed gives the same figures.
func TestAblate(t *testing.T) {
	table, steps := ablationTable(90)
	got, err := Ablate(t.Context(), table, steps, AblationOptions{Fit: 57, Splits: 6, Seed: 2},
		Options{Stages: 60, Folds: 4})
	if err != nil {
		t.Fatal(err)
	}
	strong, weak, none := got[0], got[1], got[2]
	if strong.R2 < 0.3 || strong.Gain != 0 {
		t.Errorf("first step %+v", strong)
	}
	if weak.Low <= 0 || weak.Gain < 0.15 || weak.High < weak.Gain {
		t.Errorf("a column that tells: %+v", weak)
	}
	if none.Low > 0 || none.Gain > 0.02 {
		t.Errorf("a column of noise: %+v", none)
	}
	again, err := Ablate(t.Context(), table, steps, AblationOptions{Fit: 57, Splits: 6, Seed: 2},
		Options{Stages: 60, Folds: 4})
	if err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("once more: %+v (%v)", again, err)
	}
}

func TestAblateNeedsRunsToHoldOut(t *testing.T) {
	table, steps := ablationTable(30)
	for _, fit := range []int{0, 30, 57} {
		if _, err := Ablate(t.Context(), table, steps, AblationOptions{Fit: fit}, Options{}); !errors.Is(err, ErrBadOptions) {
			t.Errorf("to fit on %d of 30: %v", fit, err)
		}
	}
}
