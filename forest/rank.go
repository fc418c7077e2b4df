package forest

import (
	"cmp"
	"slices"
)

// ranked is a set of filled rows as our own trees want it: every column's values as dense ranks, and its rows in
// ascending order, sorted once.
type ranked struct {
	rows    int
	values  [][]float64 // of each column, distinct, ascending
	rank    [][]int32   // column × row: index in values
	ordered [][]int32   // column × rows, by ascending rank
}

func newRanked(filled [][]float64) ranked {
	r := ranked{rows: len(filled)}
	if r.rows == 0 {
		return r
	}
	for j := range filled[0] {
		order := make([]int32, r.rows)
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(filled[a][j], filled[b][j]) })
		var values []float64
		rank := make([]int32, r.rows)
		for _, i := range order {
			if v := filled[i][j]; len(values) == 0 || v > values[len(values)-1] {
				values = append(values, v)
			}
			rank[i] = int32(len(values) - 1)
		}
		r.values, r.rank, r.ordered = append(r.values, values), append(r.rank, rank), append(r.ordered, order)
	}
	return r
}

// threshold is the value between rank at and the next of a column.
func (r ranked) threshold(column int, at int32) float64 {
	low, high := r.values[column][at], r.values[column][at+1]
	if mid := low + (high-low)/2; mid < high {
		return mid
	}
	return low // neighbouring floats
}
