package forest

import (
	"context"
	"slices"
)

const (
	residualClasses = 3 // quantile classes that a stage's tree separates
	treeDepth       = 3 // the root counts as 1: at most four leaves
)

// boost fits trees to a residual by L2 boosting (Bühlmann and Yu, 2003): each stage lets the library separate the low,
// middle and high thirds of what is left, puts mean residuals on the leaves, and takes a share of them off. filled is
// rows × kept columns; residual is not changed.
func boost(ctx context.Context, filled [][]float64, residual []float64, o Options, seed int64) (trees, error) {
	var grown trees
	if len(filled) == 0 || len(filled[0]) == 0 {
		return grown, nil // no column varies
	}
	m, err := newMatrix(filled)
	if err != nil {
		return grown, err
	}
	p := planter{
		trees:    &grown,
		rows:     m.rows,
		residual: slices.Clone(residual),
		step:     make([]float64, len(residual)),
		rate:     o.Rate,
	}
	all := make([]int, len(residual))
	for i := range all {
		all[i] = i
	}
	g := growth{columns: o.columnsPerSplit(len(filled[0])), depth: treeDepth}
	for stage := range o.Stages {
		if err := ctx.Err(); err != nil {
			return grown, err
		}
		var class []int
		if class, g.classes = quantileClasses(p.residual, residualClasses); g.classes < 2 {
			break // nothing left to separate
		}
		root, err := grow(m, class, g, seed+int64(stage))
		if err != nil {
			return grown, err
		}
		grown.roots = append(grown.roots, p.plant(root, all))
		for i, step := range p.step {
			p.residual[i] -= step
		}
	}
	return grown, nil
}

// quantileClasses labels values 0…k-1 by quantile and returns k, which is smaller than want where ties would leave a
// class empty; 1 only if all are equal.
func quantileClasses(values []float64, want int) ([]int, int) {
	sorted := slices.Sorted(slices.Values(values))
	below, _ := slices.BinarySearch(sorted, sorted[len(sorted)-1]) // values under the largest
	var cuts []float64                                             // class = number of cuts below the value
	for q := 1; q < want && below > 0; q++ {
		cut := sorted[min((q*len(sorted)-1)/want, below-1)]
		if len(cuts) == 0 || cut > cuts[len(cuts)-1] {
			cuts = append(cuts, cut)
		}
	}
	class := make([]int, len(values))
	for i, v := range values {
		for class[i] < len(cuts) && v > cuts[class[i]] {
			class[i]++
		}
	}
	return class, len(cuts) + 1
}
