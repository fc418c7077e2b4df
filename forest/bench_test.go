package forest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestReadCurves: accuracies in the order of their numbers, percentages as shares, numeric columns as features.
func TestReadCurves(t *testing.T) {
	c, err := ReadCurves(strings.NewReader("net,acc_10,acc_2,lr\na,50,20,0.1\nb,60,30,0.01\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Curves{
		Epochs:   []int{2, 10},
		Accuracy: [][]float64{{0.2, 0.5}, {0.3, 0.6}},
		Names:    []string{"lr"},
		Others:   [][]float64{{0.1}, {0.01}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v", c)
	}
	table, err := c.Table(2)
	if err != nil || !slices.Equal(table.Names, []string{"accuracy", "logit_accuracy", "lr"}) ||
		table.Current != "accuracy" || !slices.Equal(table.Linear, []bool{true, true, false}) ||
		!slices.Equal(table.Y, []float64{0.5, 0.6}) || math.Abs(table.X[0][1]-math.Log(0.25)) > 1e-12 {
		t.Errorf("table %+v (%v)", table, err)
	}
	if between, err := c.Table(5); err != nil || !reflect.DeepEqual(between, table) { // what is there up to then
		t.Errorf("a table at 5 epochs: %+v (%v)", between, err)
	}
	gap, err := ReadCurves(strings.NewReader("acc_1,acc_2,lr,none\n0.2,0.5,,\n0.3,0.6,0.01,\n"))
	if err != nil || !slices.Equal(gap.Names, []string{"lr"}) || !math.IsNaN(gap.Others[0][0]) ||
		gap.Others[1][0] != 0.01 {
		t.Errorf("an empty cell: %+v (%v)", gap, err)
	}
	for _, epochs := range []int{1, 10, 11} { // not there, the target, after it
		if _, err := c.Table(epochs); !errors.Is(err, ErrBadTable) {
			t.Errorf("a table at %d epochs: %v", epochs, err)
		}
	}
}

// TestCurvesLookAtNothingLater: another accuracy after the probe changes no feature.
func TestCurvesLookAtNothingLater(t *testing.T) {
	features := func(later string) []float64 {
		c, err := ReadCurves(strings.NewReader("acc_1,acc_2,acc_3,acc_4,acc_5\n0.1,0.3,0.2," + later + ",0.5\n"))
		if err != nil {
			t.Fatal(err)
		}
		table, err := c.Table(3)
		if err != nil {
			t.Fatal(err)
		}
		return table.X[0]
	}
	want := []float64{0.2, logit(0.2), -0.1, 0.1, 0.2, 0.05} // level, logit, step, rise, mean, slope
	got := features("0.9")
	for i := range want {
		if len(got) != len(want) || math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("features %v, want %v", got, want)
		}
	}
	if other := features("0.1"); !slices.Equal(got, other) {
		t.Errorf("features %v, with another later accuracy %v", got, other)
	}
}

func TestCurvesThatCannotBeRead(t *testing.T) {
	for text, says := range map[string]string{
		"":                           "empty",
		"net,lr\na,1\n":              "0 columns acc_",
		"acc_1\n0.5\n":               "1 columns acc_",
		"acc_1,acc_2\n0.5\n":         "wrong number of fields",
		"acc_1,acc_2\n0.5,high\n":    "line 2, column acc_2",
		"acc_1,acc_2\n0.5,NaN\n":     "line 2, column acc_2",
		"acc_1,acc_2\n-0.5,0.1\n":    "line 2, column acc_1",
		"acc_1,acc_2,acc_1\n1,1,1\n": "both of epoch 1",
	} {
		if _, err := ReadCurves(strings.NewReader(text)); !errors.Is(err, ErrBadTable) ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

// TestCaughtWorstFifth: of 25 runs the worst five are predicted 0.1, 0.2, 0.3, 0.6, 0.7; of the other twenty, 0.35 to
// 0.9, one may be rejected, so that what lies below 0.4 is.
func TestCaughtWorstFifth(t *testing.T) {
	var y []float64
	var predictions []Prediction
	add := func(accuracy, mean float64) {
		y, predictions = append(y, accuracy), append(predictions, Prediction{Mean: mean})
	}
	for i, mean := range []float64{0.1, 0.2, 0.3, 0.6, 0.7} {
		add(0.1+0.01*float64(i), mean)
	}
	add(0.5, 0.35)
	for i := range 19 {
		add(0.5+0.01*float64(i), 0.4+0.5*float64(i)/18)
	}
	if got := caughtWorstFifth(y, predictions); got != 0.6 {
		t.Errorf("caught %g, want three of five", got)
	}
}

// TestBench: what follows the curve is predicted, shuffled targets are not, and groups stay together.
func TestBench(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	table := Table{Names: []string{"last"}, Linear: []bool{true}}
	for i := range 120 {
		x := r.NormFloat64()
		table.X, table.Y = append(table.X, []float64{x}), append(table.Y, sigmoid(0.8*x+0.1*r.NormFloat64()))
		table.Groups = append(table.Groups, string(rune('a'+i/2)))
	}
	b := BenchOptions{Fit: 30, Repeats: 3, Seed: 4}
	splits, err := b.Splits(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range splits {
		if len(rows) != 60 || !slices.IsSorted(rows) {
			t.Fatalf("split %v", rows)
		}
		for k := 0; k < len(rows); k += 2 {
			if rows[k]%2 != 0 || rows[k+1] != rows[k]+1 {
				t.Fatalf("a group is torn apart: %v", rows)
			}
		}
	}
	fit := func(ctx context.Context, t Table) (*Model, error) { return Fit(ctx, t, Options{Seed: 1, Stages: 20}) }
	good, err := Bench(t.Context(), table, splits, fit)
	if err != nil || good.R2 < 0.9 || good.Runs != 60 || good.CaughtWorstFifth < 0.7 || good.R2Low > good.R2 ||
		good.R2High < good.R2 {
		t.Errorf("got %+v (%v)", good, err)
	}
	r.Shuffle(len(table.Y), func(i, j int) { table.Y[i], table.Y[j] = table.Y[j], table.Y[i] })
	if chance, err := Bench(t.Context(), table, splits, fit); err != nil || chance.R2 > 0.05 {
		t.Errorf("shuffled targets: %+v (%v)", chance, err)
	}
	for _, bad := range []BenchOptions{{Fit: 2, Repeats: 1}, {Fit: 50, Repeats: 1}, {Fit: 30}} {
		if _, err := bad.Splits(table); !errors.Is(err, ErrBadOptions) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
