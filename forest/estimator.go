package forest

import (
	"context"
	"math"
	"slices"
)

// estimator holds the members, all fitted to the same rows. Two fit trees to what a ridge on the linear columns, in
// logits, leaves of the accuracy; extra trees to what a ridge on all columns leaves; two look at all columns at once.
type estimator struct {
	columns []column
	dropped []constant
	clip    clip
	curve   ridge             // one weight per linear column, in their order; gives logits
	trees   [numMembers]trees // on a ridge's residual; empty for members without
	whole   ridge             // on all columns, in logits
	kernel  kernel            // likewise
	start   int               // kept column of the accuracy so far; none if negative
	active  [numMembers]bool  // members that were fitted
}

// fitEstimator fits rows of a checked table. group numbers their architectures, for the folds that choose the ridges'
// penalties.
func fitEstimator(ctx context.Context, t Table, group []int, o Options, seed int64) (*estimator, error) {
	e := &estimator{clip: clip{slices.Min(t.Y), slices.Max(t.Y)}, active: o.active()}
	e.columns, e.dropped = fitColumns(t)
	e.start = slices.IndexFunc(e.columns, func(c column) bool { return t.Current != "" && t.Names[c.source] == t.Current })
	filled, linear, all := make([][]float64, len(t.X)), make([][]float64, len(t.X)), make([][]float64, len(t.X))
	for i, row := range t.X {
		filled[i] = fill(e.columns, row, nil)
		linear[i] = e.linear(filled[i], nil)
		all[i] = e.standardised(filled[i], nil)
	}
	fold, folds := groupedFolds(group, o.Folds, seed)
	target, start := logits(t.Y), e.starts(filled)
	// The trees take the start into account themselves; it did them no good here (docs/prediction.md).
	e.curve = fitRidge(linear, target, nil, fold, folds)
	if len(e.curve.weight) == 0 { // the trees start from the mean accuracy
		e.curve.intercept = logit(mean(t.Y))
	}
	if e.active[Ridge] || e.active[ExtraTrees] {
		e.whole = fitRidge(all, target, start, fold, folds)
	}
	residual, left := make([]float64, len(t.Y)), make([]float64, len(t.Y))
	for i, y := range t.Y {
		residual[i] = y - sigmoid(e.curve.predict(linear[i], 0))
		left[i] = y - sigmoid(e.whole.predict(all[i], e.begin(filled[i])))
	}
	if e.active[Kernel] {
		e.kernel = fitKernel(all, less(target, start), seed)
	}
	return e, e.growTrees(ctx, filled, residual, left, o, seed)
}

// begin is the logit of the accuracy so far of a filled row; 0 where the table has none.
func (e *estimator) begin(filled []float64) float64 {
	if e.start < 0 {
		return 0
	}
	return logit(filled[e.start])
}

// starts gives begin of all rows; nil where the table has none.
func (e *estimator) starts(filled [][]float64) []float64 {
	if e.start < 0 {
		return nil
	}
	out := make([]float64, len(filled))
	for i, row := range filled {
		out[i] = e.begin(row)
	}
	return out
}

// less takes starts off, if there are any.
func less(y, start []float64) []float64 {
	out := slices.Clone(y)
	for i := range start {
		out[i] -= start[i]
	}
	return out
}

// growTrees fits the members that are trees on the residual.
func (e *estimator) growTrees(ctx context.Context, filled [][]float64, residual, left []float64, o Options,
	seed int64) (err error) {
	if e.active[Boosted] {
		if e.trees[Boosted], err = boost(ctx, filled, residual, o, seed); err != nil {
			return err
		}
	}
	var r ranked
	if e.active[PlainForest] || e.active[ExtraTrees] {
		r = newRanked(filled)
	}
	columns := int(math.Ceil(o.Share * float64(len(e.columns))))
	if e.active[PlainForest] {
		if e.trees[PlainForest], err = growForest(ctx, r, residual, bestCut, max(columns, 1), seed); err != nil {
			return err
		}
	}
	if e.active[ExtraTrees] {
		e.trees[ExtraTrees], err = growForest(ctx, r, left, randomCut, max(columns, 1), seed)
	}
	return err
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

// standardised gives all columns of a filled row, those of many magnitudes as logarithms.
func (e *estimator) standardised(filled, out []float64) []float64 {
	out = out[:0]
	for j, c := range e.columns {
		out = append(out, c.even(filled[j]))
	}
	return out
}

// scratch holds the buffers of one prediction.
type scratch struct{ filled, linear, all []float64 }

// members gives every member's accuracy for a table row, 0…1; 0 for those that were not fitted.
func (e *estimator) members(row []float64, s *scratch) (out [numMembers]float64) {
	s.filled = fill(e.columns, row, s.filled)
	s.linear = e.linear(s.filled, s.linear)
	s.all = e.standardised(s.filled, s.all)
	start := e.begin(s.filled)
	base := sigmoid(e.curve.predict(s.linear, 0))
	for a, active := range e.active {
		switch {
		case !active:
			continue
		case Member(a) == Ridge:
			out[a] = sigmoid(e.whole.predict(s.all, start))
		case Member(a) == Kernel:
			out[a] = sigmoid(start + e.kernel.predict(s.all))
		case Member(a) == ExtraTrees:
			out[a] = sigmoid(e.whole.predict(s.all, start)) + e.trees[a].predict(s.filled)
		default:
			out[a] = base + e.trees[a].predict(s.filled)
		}
		out[a] = e.clip.apply(out[a])
	}
	return out
}

// predict blends the members to one accuracy, 0…1.
func (e *estimator) predict(row []float64, b blend, s *scratch) float64 {
	return b.of(e.members(row, s))
}
