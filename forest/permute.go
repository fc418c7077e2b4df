package forest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

const (
	shuffles      = 5
	shuffleStream = 0x73687566
)

// permute shuffles each column among the runs of each fold; the forest is the plain one. few says that the linear model
// is a ridge.
func (r *Related) permute(ctx context.Context, t Table, o Options, few bool) error {
	o.Only = PlainForest.String()
	group := t.groupIndex()
	fold, folds := groupedFolds(group, o.Folds, o.Seed)
	random := rand.New(rand.NewPCG(uint64(o.Seed), shuffleStream))
	worse := make([][]float64, len(t.Names)) // by column and fold: added squared error a run
	variance := stat.PopVariance(t.Y, nil)
	total, linear := 0.0, 0.0
	for f := range folds {
		rows, held := rowsOutside(fold, f), rowsIn(fold, f)
		e, err := fitEstimator(ctx, t.pick(rows), pick(group, rows), o, estimatorSeed(o.Seed, f+1))
		if err != nil {
			return fmt.Errorf("relate without fold %d: %w", f, err)
		}
		before := squaredError(e, t, held, -1, nil)
		total += before
		linear += linearError(t, rows, held, o, few)
		for j := range t.Names {
			sum := 0.0
			for range shuffles {
				sum += squaredError(e, t, held, j, random.Perm(len(held)))
			}
			worse[j] = append(worse[j], (sum/shuffles-before)/float64(len(held))/variance)
		}
	}
	n := float64(len(t.Y))
	r.ForestHeldOut, r.LinearHeldOut = 1-total/(variance*n), 1-linear/(variance*n)
	whole, err := fitEstimator(ctx, t, group, o, estimatorSeed(o.Seed, 0))
	if err != nil {
		return fmt.Errorf("relate: %w", err)
	}
	r.ForestInSample = 1 - squaredError(whole, t, rowsOutside(fold), -1, nil)/(variance*n)
	for j := range t.Names {
		r.Relations[j].Importance = stat.Mean(worse[j], nil)
		r.Relations[j].Spread = math.Sqrt(stat.PopVariance(worse[j], nil))
	}
	return nil
}

// linearError is the squared error of the linear model on some rows, for others.
func linearError(t Table, rows, held []int, o Options, few bool) (sum float64) {
	part := t.pick(rows)
	kept, _ := fitColumns(part)
	standard := func(row []float64) []float64 {
		z := fill(kept, row, nil)
		for k, c := range kept {
			z[k] = (z[k] - c.median) / c.scale
		}
		return z
	}
	z := make([][]float64, len(rows))
	for i, row := range part.X {
		z[i] = standard(row)
	}
	model := ridge{intercept: mean(part.Y)}
	switch {
	case len(kept) == 0:
	case few:
		fold, folds := groupedFolds(part.groupIndex(), o.Folds, o.Seed)
		model = fitRidge(z, part.Y, nil, fold, folds)
	default:
		model = gather(z, part.Y, nil).solve(minPenalty)
	}
	for _, i := range held {
		d := t.Y[i] - model.predict(standard(t.X[i]), 0)
		sum += d * d
	}
	return sum
}

// minPenalty makes a ridge a plain regression that also has an answer where columns follow from each other.
const minPenalty = 1e-8

// squaredError is that of the held-out rows, with a column's values taken from other rows of them; column −1 leaves all
// as it is.
func squaredError(e *estimator, t Table, held []int, column int, from []int) (sum float64) {
	var s scratch
	row := make([]float64, len(t.Names))
	for k, i := range held {
		copy(row, t.X[i])
		if column >= 0 {
			row[column] = t.X[held[from[k]]][column]
		}
		d := t.Y[i] - e.members(row, &s)[PlainForest]
		sum += d * d
	}
	return sum
}
