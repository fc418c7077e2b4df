package forest

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Split parts the rows of a table at random into those to fit on and those held out.
type Split struct{ Fit, Held []int }

// benchStream keeps the splits' draws apart from every other use of the seed.
const benchStream = 0x62656e63

// Splits draws random splits of n rows, of which fit are fitted on. Rows come in ascending order.
func Splits(n, fit, repeats int, seed int64) []Split {
	splits := make([]Split, repeats)
	for r := range splits {
		order := rand.New(rand.NewPCG(uint64(seed), benchStream+uint64(r))).Perm(n)
		slices.Sort(order[:fit])
		slices.Sort(order[fit:])
		splits[r] = Split{order[:fit], order[fit:]}
	}
	return splits
}

// HeldOut says how well a model predicts rows that it was not fitted on.
type HeldOut struct {
	Score
	CaughtWorstFifth float64
}

// Pick gives the rows of a table, sharing their values.
func (t Table) Pick(rows []int) Table { return t.pick(rows) }

// Measure predicts every row of a table that the model was not fitted on.
func (m *Model) Measure(t Table) (HeldOut, error) {
	predictions := make([]Prediction, len(t.X))
	means := make([]float64, len(t.X))
	for i, x := range t.X {
		var err error
		if predictions[i], err = m.Predict(x); err != nil {
			return HeldOut{}, err
		}
		means[i] = predictions[i].Mean
	}
	h := HeldOut{Score: measure(t.Y, predictions), CaughtWorstFifth: CaughtWorstFifth(t.Y, means)}
	h.Runs = len(t.X)
	return h, nil
}

// wrongShare of the runs that are not among the worst may be rejected wrongly.
const wrongShare = 0.05

// CaughtWorstFifth is the share of the worst runs that a gate catches which
// wrongly rejects at most one in twenty of the others. The worst are the fifth
// of the runs (rounded down) with the lowest targets, of equal targets the
// earlier rows. The gate rejects every run whose prediction is below a
// threshold: the highest one that rejects at most 5 % (rounded down) of the
// others. The threshold is drawn on the runs that are judged, so the figure is
// a point of their ROC curve. 0 where there are fewer than five runs.
func CaughtWorstFifth(target, predicted []float64) float64 {
	order := make([]int, len(target))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(target[a], target[b]) })
	worst := len(order) / 5
	if worst == 0 {
		return 0
	}
	others := slices.Sorted(slices.Values(pick(predicted, order[worst:])))
	threshold := others[int(wrongShare*float64(len(others)))]
	caught := 0
	for _, i := range order[:worst] {
		if predicted[i] < threshold {
			caught++
		}
	}
	return float64(caught) / float64(worst)
}
