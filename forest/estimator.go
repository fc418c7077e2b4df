package forest

import (
	"context"
	"slices"
)

// estimator is the point predictor: a ridge on the linear columns, in logits,
// plus trees, fitted to its residual in accuracy, on all columns.
type estimator struct {
	columns []column
	dropped []constant
	ridge   ridge // one weight per linear column, in their order; gives logits
	trees   trees
	reach   reach
}

// fitEstimator fits rows of a checked table. group numbers their architectures,
// for the folds that choose the ridge's penalty.
func fitEstimator(ctx context.Context, t Table, group []int, o Options, seed int64) (*estimator, error) {
	e := &estimator{reach: reach{slices.Min(t.Y), slices.Max(t.Y)}}
	e.columns, e.dropped = fitColumns(t)
	filled := make([][]float64, len(t.X))
	z := make([][]float64, len(t.X))
	for i, row := range t.X {
		filled[i] = fill(e.columns, row, nil)
		z[i] = e.linear(filled[i], nil)
	}
	fold, folds := groupedFolds(group, o.Folds, seed)
	e.ridge = fitRidge(z, logits(t.Y), fold, folds)
	if len(e.ridge.weight) == 0 { // the trees start from the mean accuracy
		e.ridge.intercept = logit(mean(t.Y))
	}
	residual := make([]float64, len(t.Y))
	for i, y := range t.Y {
		residual[i] = y - sigmoid(e.ridge.predict(z[i]))
	}
	var err error
	e.trees, err = boost(ctx, filled, residual, o, seed)
	return e, err
}

// linear gives the clipped, standardised linear columns of a filled row.
func (e *estimator) linear(filled, out []float64) []float64 {
	out = out[:0]
	for j, c := range e.columns {
		if c.linear {
			out = append(out, c.clipped(filled[j]))
		}
	}
	return out
}

// scratch holds the buffers of one prediction.
type scratch struct{ filled, linear []float64 }

// predict gives the accuracy of a table row, 0…1.
func (e *estimator) predict(row []float64, s *scratch) float64 {
	s.filled = fill(e.columns, row, s.filled)
	s.linear = e.linear(s.filled, s.linear)
	return e.reach.limit(sigmoid(e.ridge.predict(s.linear)) + e.trees.predict(s.filled))
}
