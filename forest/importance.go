package forest

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

const (
	shuffles        = 5 // of every column in every fold
	importanceFolds = 10
	leastImportance = 10        // runs; below, a forest says nothing
	twoSided80      = 1.2815516 // standard normal quantile of 0.9
	shuffleStream   = 0x73687566
)

// importances measures by permutation (Breiman, 2001, section 10), on runs
// that the forest never saw: for every fold, grouped by architecture, a random
// forest grows on the others, and each column of the fold is shuffled in turn.
// What the squared error grows by, over the variance of the target, is the
// importance; the interval is normal, from the scatter between architectures.
func importances(ctx context.Context, t Table, seed int64, relations []Relation) error {
	say := func(reason string) {
		for j := range relations {
			if relations[j].Reason == "" {
				relations[j].Reason = reason
			}
		}
	}
	columns, _ := fitColumns(t)
	if len(t.Y) < leastImportance || t.groupCount() < minGroups {
		say(fewRunsReason)
		return nil
	}
	variance := stat.MomentAbout(2, t.Y, mean(t.Y), nil)
	if len(columns) == 0 || constantValues(t.Y) {
		return nil
	}
	group := t.groupIndex()
	growth, err := errorGrowth(ctx, t, columns, group, seed)
	if err != nil {
		return err
	}
	for k, c := range columns {
		r := &relations[c.source]
		r.Importance, r.ImportanceLow, r.ImportanceHigh = groupedMean(growth[k], group)
		for _, v := range []*float64{&r.Importance, &r.ImportanceLow, &r.ImportanceHigh} {
			*v /= variance
		}
	}
	return nil
}

// errorGrowth gives, for every column and run, what its squared error grows by when the column is shuffled.
func errorGrowth(ctx context.Context, t Table, columns []column, group []int, seed int64) ([][]float64, error) {
	filled := make([][]float64, len(t.X))
	for i, row := range t.X {
		filled[i] = fill(columns, row, nil)
	}
	growth := make([][]float64, len(columns))
	for k := range growth {
		growth[k] = make([]float64, len(t.X))
	}
	random := rand.New(rand.NewPCG(uint64(seed), shuffleStream))
	fold, folds := groupedFolds(group, importanceFolds, seed)
	for f := range folds {
		rows, held := rowsOutside(fold, f), rowsIn(fold, f)
		centre := mean(pick(t.Y, rows))
		target := pick(t.Y, rows)
		for i := range target {
			target[i] -= centre
		}
		third := max(1, (len(columns)+2)/3) // of the columns per split: Breiman's advice for regression
		forest, err := growForest(ctx, newRanked(pick(filled, rows)), target, bestCut, third, seed+int64(f))
		if err != nil {
			return nil, err
		}
		for k := range columns {
			for range shuffles {
				order := random.Perm(len(held))
				for at, i := range held {
					shuffled := append([]float64(nil), filled[i]...)
					shuffled[k] = filled[held[order[at]]][k]
					before := t.Y[i] - centre - forest.predict(filled[i])
					after := t.Y[i] - centre - forest.predict(shuffled)
					growth[k][i] += (after*after - before*before) / shuffles
				}
			}
		}
	}
	return growth, nil
}

// groupedMean is the mean of values and its 80 % interval; the values of one
// group depend on each other and count as one draw.
func groupedMean(values []float64, group []int) (centre, low, high float64) {
	centre = mean(values)
	sums := make([]float64, len(values)) // of each group, at its number
	groups := 0.0
	for i, v := range values {
		sums[group[i]] += v - centre
		groups = max(groups, float64(group[i]+1))
	}
	square := 0.0
	for _, s := range sums {
		square += s * s
	}
	half := twoSided80 * math.Sqrt(square*groups/(groups-1)) / float64(len(values))
	return centre, centre - half, centre + half
}
