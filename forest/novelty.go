package forest

import (
	"cmp"
	"context"
	"math"
	"slices"
)

const (
	neighbour = 5 // the distance that counts is to the fifth nearest past run

	// NoveltyLimit is the novelty above which a prediction warns and its interval is widened.
	NoveltyLimit = 0.95
	// WideningFactor stretches both sides of such an interval about its mean.
	WideningFactor = 1.5
)

// novelty compares a query with the past runs.
type novelty struct {
	rows      [][]float64 // past runs × kept columns, standardised and compressed
	reference []float64   // each run's distance to those of other architectures, ascending
}

// newNovelty measures every run against the runs of the other groups.
func newNovelty(columns []column, t Table, group []int) novelty {
	v := novelty{reference: make([]float64, len(t.X))}
	var filled []float64
	for _, row := range t.X {
		filled = fill(columns, row, filled)
		v.rows = append(v.rows, compress(columns, filled, nil))
	}
	for i, row := range v.rows {
		v.reference[i] = v.distance(row, func(j int) bool { return group[j] != group[i] })
	}
	slices.Sort(v.reference)
	return v
}

// compress standardises a filled row for distances.
func compress(columns []column, filled, out []float64) []float64 {
	out = out[:0]
	for j, c := range columns {
		out = append(out, c.compressed(filled[j]))
	}
	return out
}

// distance is to the fifth nearest accepted run, Euclidean; to the farthest where fewer are accepted, 0 where none is.
func (v *novelty) distance(z []float64, accept func(int) bool) float64 {
	var nearest [neighbour]float64 // squared, ascending
	found := 0
	for i, row := range v.rows {
		if !accept(i) {
			continue
		}
		sum := 0.0
		for j, a := range row {
			d := z[j] - a
			sum += d * d
		}
		at := found
		if found == neighbour {
			if sum >= nearest[neighbour-1] {
				continue
			}
			at = neighbour - 1
		} else {
			found++
		}
		for ; at > 0 && nearest[at-1] > sum; at-- {
			nearest[at] = nearest[at-1]
		}
		nearest[at] = sum
	}
	if found == 0 {
		return 0
	}
	return math.Sqrt(nearest[found-1])
}

// rank is the share of past runs that lie nearer to their neighbours than z does, 0…1.
func (v *novelty) rank(z []float64) float64 {
	d := v.distance(z, func(int) bool { return true })
	nearer, _ := slices.BinarySearchFunc(v.reference, d, cmp.Compare[float64])
	return float64(nearer) / float64(len(v.reference))
}

// Isolation is the second opinion on novelty, by an isolation forest (Liu, Ting and Zhou, 2008) of the library over the
// past runs and the query x: the share of past runs that are harder to isolate, 0…1. It grows trees anew and draws from
// the global generator: for the child process, not for every prediction.
func (m *Model) Isolation(ctx context.Context, x []float64, trees int) (float64, error) {
	if err := m.checkQuery(x); err != nil {
		return 0, err
	}
	if len(m.full.columns) == 0 {
		return 0, nil
	}
	columns := m.full.columns
	query := compress(columns, fill(columns, x, nil), nil)
	depth, err := isolate(ctx, append(slices.Clone(m.novelty.rows), query), trees, m.options.Seed)
	if err != nil {
		return 0, err
	}
	last := len(depth) - 1
	deeper := 0
	for _, d := range depth[:last] {
		if d > depth[last] {
			deeper++
		}
	}
	return float64(deeper) / float64(last), nil
}
