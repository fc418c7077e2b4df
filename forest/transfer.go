package forest

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Transfer is what past runs of other keys (data set, images, epochs) tell of a key with few or no runs of its own: how
// far accuracy grows from where a probe stands. It is immutable.
type Transfer struct {
	names   []string
	current int // column of the accuracy so far; -1: there is none, and growth is the whole logit
	columns []column
	centre  float64 // mean growth of the sources, in logits
	trees   trees   // of what is left
	prior   prior
	novelty novelty
	runs    int
	keys    int
}

// transferForests is how many forests of extra trees a transfer averages: they are what its noise comes down by.
const transferForests = 2

// Source is the table of another key.
type Source struct {
	Table
	Family string // its data set: what is said of how far data sets differ leaves all of one out together
}

// FitTransfer fits on the tables of other keys, which have the same columns. The error unwraps to one of this package's
// sentinels, or is that of ctx.
func FitTransfer(ctx context.Context, sources []Source, o Options) (*Transfer, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	pool, source, err := pooled(sources)
	if err != nil {
		return nil, err
	}
	t, err := growTransfer(ctx, pool, o)
	if err != nil {
		return nil, err
	}
	t.keys = len(sources)
	families := slices.Max(source) + 1
	fold, folds := source, families
	if folds == 1 {
		fold, folds = groupedFolds(pool.groupIndex(), 5, o.Seed)
	}
	rows := make([][]float64, len(pool.X))
	err = inParallel(ctx, folds, func(ctx context.Context, f int) error {
		part, err := growTransfer(ctx, pool.pick(rowsOutside(fold, f)), o)
		if err != nil {
			return fmt.Errorf("without family %d: %w", f, err)
		}
		for _, i := range rowsIn(fold, f) {
			rows[i] = part.basis(pool.X[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.prior = fitPrior(rows, logits(pool.Y), source, families, t.current >= 0)
	t.novelty = newNovelty(t.columns, pool, pool.groupIndex())
	return t, nil
}

// pooled is one table of all, with the family of each row.
func pooled(sources []Source) (pool Table, source []int, err error) {
	if len(sources) == 0 {
		return pool, nil, fmt.Errorf("%w: no other key has any", ErrTooFewRuns)
	}
	pool = Table{Names: sources[0].Names, Linear: sources[0].Linear, Current: sources[0].Current,
		Reached: sources[0].Reached, Groups: []string{}}
	families := map[string]int{}
	for s, t := range sources {
		family, known := families[t.Family]
		if !known {
			family = len(families)
			families[t.Family] = family
		}
		if !slices.Equal(t.Names, pool.Names) || t.reached() != pool.reached() {
			return pool, nil, fmt.Errorf("%w: source %d has other columns", ErrBadTable, s)
		}
		for i := range t.X {
			group := ""
			if t.Groups != nil {
				group = t.Groups[i]
			}
			pool.Groups = append(pool.Groups, group)
			source = append(source, family)
		}
		pool.X, pool.Y = append(pool.X, t.X...), append(pool.Y, t.Y...)
	}
	return pool, source, pool.check()
}

// growTransfer grows the trees.
func growTransfer(ctx context.Context, pool Table, o Options) (*Transfer, error) {
	t := &Transfer{names: slices.Clone(pool.Names), current: pool.reached(), runs: len(pool.X)}
	t.columns, _ = fitColumns(pool)
	filled := make([][]float64, len(pool.X))
	growth := make([]float64, len(pool.X))
	for i, row := range pool.X {
		filled[i] = fill(t.columns, row, nil)
		growth[i] = logit(pool.Y[i]) - t.start(row)
	}
	t.centre = mean(growth)
	for i := range growth {
		growth[i] -= t.centre
	}
	r := newRanked(filled)
	columns := max(int(math.Ceil(o.Share*float64(len(t.columns)))), 1)
	for k := range transferForests {
		grown, err := growForest(ctx, r, growth, randomCut, columns, o.Seed+int64(k))
		if err != nil {
			return nil, err
		}
		t.trees.add(grown, 1.0/transferForests)
	}
	return t, nil
}

// add appends the trees of another forest, with a weight.
func (t *trees) add(other trees, weight float64) {
	shift := int32(len(t.nodes))
	for _, n := range other.nodes {
		if n.column == leaf {
			n.value *= weight
		} else {
			n.left, n.right = n.left+shift, n.right+shift
		}
		t.nodes = append(t.nodes, n)
	}
	for _, root := range other.roots {
		t.roots = append(t.roots, root+shift)
	}
}

// start is the logit of the accuracy so far; 0 where there is none.
func (t *Transfer) start(row []float64) float64 {
	if t.current < 0 || math.IsNaN(row[t.current]) {
		return 0
	}
	return logit(row[t.current])
}

// growth is the rise from there that other keys let expect, in logits.
func (t *Transfer) growth(row []float64) float64 {
	return t.centre + t.trees.predict(fill(t.columns, row, nil))
}

// basis is what a level is linear in: 1, start and growth; without an accuracy so far 1 and growth.
func (t *Transfer) basis(row []float64) []float64 {
	if t.current < 0 {
		return []float64{1, t.growth(row)}
	}
	return []float64{1, t.start(row), t.growth(row)}
}

// Value is the logit of the final accuracy that other keys let expect: a column for a forest of the key's own runs.
func (t *Transfer) Value(row []float64) float64 { return t.start(row) + t.growth(row) }

// Runs are those that it was fitted on, and Keys the keys that they are of.
func (t *Transfer) Runs() (runs, keys int) { return t.runs, t.keys }
