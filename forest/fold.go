package forest

import (
	"math/rand/v2"
	"slices"
)

// groupedFolds deals the rows into at most k folds, whole groups at a time: groups in random order, larger ones first,
// each to the smallest fold. It returns the fold of every row, and the number of folds.
func groupedFolds(group []int, k int, seed int64) ([]int, int) {
	size := make([]int, slices.Max(group)+1)
	for _, g := range group {
		size[g]++
	}
	groups := 0
	for _, s := range size {
		groups += min(s, 1) // a part of a table may lack some
	}
	k = min(k, groups)
	order := rand.New(rand.NewPCG(uint64(seed), foldStream)).Perm(len(size))
	slices.SortStableFunc(order, func(a, b int) int { return size[b] - size[a] })

	load := make([]int, k)
	foldOf := make([]int, len(size))
	for _, g := range order {
		smallest := 0
		for f := range load {
			if load[f] < load[smallest] {
				smallest = f
			}
		}
		foldOf[g] = smallest
		load[smallest] += size[g]
	}
	fold := make([]int, len(group))
	for i, g := range group {
		fold[i] = foldOf[g]
	}
	return fold, k
}

// foldStream keeps the folds' draws apart from every other use of the seed.
const foldStream = 0x666f6c64

// rowsOutside lists the rows that stand in none of the given folds.
func rowsOutside(fold []int, out ...int) []int {
	var rows []int
	for i, f := range fold {
		if !slices.Contains(out, f) {
			rows = append(rows, i)
		}
	}
	return rows
}

// rowsIn lists the rows that stand in a fold.
func rowsIn(fold []int, f int) []int {
	var rows []int
	for i, g := range fold {
		if g == f {
			rows = append(rows, i)
		}
	}
	return rows
}
