package forest

import (
	"context"
	"math/rand/v2"
)

const (
	ownTrees  = 60 // trees of a forest; a prediction averages those of all folds
	ownLeaf   = 3  // fewest rows on a leaf
	ownDepth  = 12 // splits above a leaf at most
	ownStream = 0x74726565
)

// splitter is how a tree of ours chooses its cut of a column.
type splitter int

const (
	// bestCut tries every cut on a bootstrap sample: a random forest (Breiman, 2001).
	bestCut splitter = iota
	// randomCut draws one, uniform among the ranks, on all rows: extra trees (Geurts, Ernst and Wehenkel, 2006).
	randomCut
)

// growForest grows regression trees by the reduction of squared error and gives them the weight of a mean. columns are
// tried per split.
func growForest(ctx context.Context, r ranked, target []float64, how splitter, columns int, seed int64) (trees, error) {
	var grown trees
	if len(r.values) == 0 {
		return grown, nil
	}
	g := grower{
		trees:      &grown,
		ranked:     r,
		target:     target,
		how:        how,
		columns:    min(columns, len(r.values)),
		random:     rand.New(rand.NewPCG(uint64(seed), ownStream+uint64(how))),
		weight:     make([]float64, r.rows),
		low:        make([]bool, r.rows),
		spare:      make([]int32, r.rows),
		order:      make([][]int32, len(r.values)),
		candidates: make([]int, len(r.values)),
	}
	for j := range g.candidates {
		g.candidates[j] = j
		g.order[j] = make([]int32, 0, r.rows)
	}
	for range ownTrees {
		if err := ctx.Err(); err != nil {
			return grown, err
		}
		g.sample()
		grown.roots = append(grown.roots, g.plant(0, len(g.order[0]), 0))
	}
	return grown, nil
}

// grower holds what growing one tree after another needs.
type grower struct {
	*trees
	ranked
	target  []float64
	how     splitter
	columns int
	random  *rand.Rand

	weight     []float64 // how often the sample holds each row
	order      [][]int32 // column × sampled rows; a node owns the same stretch of each
	low        []bool    // scratch: the row goes left
	spare      []int32
	candidates []int
}

// sample draws the rows of the next tree.
func (g *grower) sample() {
	for i := range g.weight {
		g.weight[i] = 1
		if g.how == bestCut {
			g.weight[i] = 0
		}
	}
	if g.how == bestCut {
		for range g.rows {
			g.weight[g.random.IntN(g.rows)]++
		}
	}
	for j, all := range g.ordered {
		g.order[j] = g.order[j][:0]
		for _, i := range all {
			if g.weight[i] > 0 {
				g.order[j] = append(g.order[j], i)
			}
		}
	}
}

// cut is a split: rows of the column whose rank is at most at go left.
type cut struct {
	column int
	at     int32
	gain   float64 // sum² / weight over both sides
}

// plant grows the node that owns rows from…to of every order, and returns its index.
func (g *grower) plant(from, to, depth int) int32 {
	sum, weight := 0.0, 0.0
	for _, i := range g.order[0][from:to] {
		sum += g.weight[i] * g.target[i]
		weight += g.weight[i]
	}
	best := cut{column: leaf, gain: sum*sum/weight + 1e-12}
	if weight >= 2*ownLeaf && depth < ownDepth {
		g.search(&best, from, to, sum, weight)
	}
	at := int32(len(g.nodes))
	if best.column == leaf {
		g.nodes = append(g.nodes, node{column: leaf, value: sum / (weight + leafPrior) / ownTrees})
		return at
	}
	g.nodes = append(g.nodes, node{column: int32(best.column), value: g.threshold(best.column, best.at)})
	middle := g.part(best, from, to)
	left := g.plant(from, middle, depth+1)
	right := g.plant(middle, to, depth+1)
	g.nodes[at].left, g.nodes[at].right = left, right
	return at
}

// search tries columns in random order until enough of them vary here.
func (g *grower) search(best *cut, from, to int, sum, weight float64) {
	tried := 0
	for k := range g.candidates {
		pick := k + g.random.IntN(len(g.candidates)-k)
		g.candidates[k], g.candidates[pick] = g.candidates[pick], g.candidates[k]
		j := g.candidates[k]
		rows := g.order[j][from:to]
		least, most := g.rank[j][rows[0]], g.rank[j][rows[len(rows)-1]]
		if least == most {
			continue
		}
		at := most // no cut: all are tried
		if g.how == randomCut {
			at = least + int32(g.random.IntN(int(most-least)))
		}
		g.scan(best, j, rows, at, sum, weight)
		if tried++; tried == g.columns {
			return
		}
	}
}

// scan goes through a column in order and keeps the best cut, or tries the one at only.
func (g *grower) scan(best *cut, j int, rows []int32, only int32, sum, weight float64) {
	rank := g.rank[j]
	leftSum, left := 0.0, 0.0
	for k, i := range rows[:len(rows)-1] {
		leftSum += g.weight[i] * g.target[i]
		left += g.weight[i]
		next := rank[rows[k+1]]
		if rank[i] == next || g.how == randomCut && next <= only {
			continue
		}
		if right := weight - left; left >= ownLeaf && right >= ownLeaf {
			rest := sum - leftSum
			if gain := leftSum*leftSum/left + rest*rest/right; gain > best.gain {
				*best = cut{j, rank[i], gain}
			}
		}
		if g.how == randomCut {
			return
		}
	}
}

// part moves the rows that go left to the front of every order, stably.
func (g *grower) part(c cut, from, to int) int {
	for _, i := range g.order[c.column][from:to] {
		g.low[i] = g.rank[c.column][i] <= c.at
	}
	middle := from
	for _, order := range g.order {
		rows, at, right := order[from:to], 0, g.spare[:0]
		for _, i := range rows {
			if g.low[i] {
				rows[at] = i
				at++
			} else {
				right = append(right, i)
			}
		}
		copy(rows[at:], right)
		middle = from + at
	}
	return middle
}
