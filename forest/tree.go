package forest

import (
	"math"

	randomforest "github.com/malaschitz/randomForest"
)

// node is one node of a flat tree. Children stand after their parent, so a walk always ends.
type node struct {
	column      int32 // kept column that is compared; leaf if negative
	left, right int32 // index of the child for value ≤ threshold, and above it
	value       float64
}

const leaf = -1

// trees is a sum of regression trees in one slice of nodes.
type trees struct {
	nodes []node
	roots []int32
}

// predict sums the leaves that a filled row falls on.
func (t *trees) predict(row []float64) float64 {
	sum := 0.0
	for _, at := range t.roots {
		n := &t.nodes[at]
		for n.column >= 0 {
			if row[n.column] > n.value {
				n = &t.nodes[n.right]
			} else {
				n = &t.nodes[n.left]
			}
		}
		sum += n.value
	}
	return sum
}

// planter turns a library tree into flat regression nodes.
type planter struct {
	*trees
	rows     [][]float64 // after the guard column
	residual []float64
	step     []float64 // what the tree adds to each training row
	rate     float64
}

// plant walks a branch with the training rows that reach it and returns the index of its node. Splits that separate
// nothing are pruned.
func (p *planter) plant(b *randomforest.Branch, reach []int) int32 {
	for !b.IsLeaf {
		low, high, threshold := p.split(b, reach)
		switch {
		case len(high) == 0:
			b = b.Branch0
		case len(low) == 0:
			b = b.Branch1
		default:
			at := int32(len(p.nodes))
			p.nodes = append(p.nodes, node{column: int32(b.Attribute - 1), value: threshold})
			left := p.plant(b.Branch0, low)
			right := p.plant(b.Branch1, high)
			p.nodes[at].left, p.nodes[at].right = left, right
			return at
		}
	}
	return p.plantLeaf(reach)
}

// split parts the rows as the library does, value > b.Value to the right, and moves the threshold from the left value
// to the midpoint of the gap.
func (p *planter) split(b *randomforest.Branch, reach []int) (low, high []int, threshold float64) {
	below, above := math.Inf(-1), math.Inf(1)
	for _, i := range reach {
		v := p.rows[i][b.Attribute]
		if v > b.Value {
			high = append(high, i)
			above = min(above, v)
		} else {
			low = append(low, i)
			below = max(below, v)
		}
	}
	threshold = below + (above-below)/2
	if !(threshold < above) { // neighbouring floats
		threshold = below
	}
	return low, high, threshold
}

// leafPrior is the weight, in rows, of a zero residual on every leaf: it keeps leaves of one or two rows from following
// noise.
const leafPrior = 1

// plantLeaf puts the shrunken mean residual of its rows on a leaf, times the rate.
func (p *planter) plantLeaf(reach []int) int32 {
	sum := 0.0
	for _, i := range reach {
		sum += p.residual[i]
	}
	value := p.rate * sum / float64(len(reach)+leafPrior)
	for _, i := range reach {
		p.step[i] = value
	}
	p.nodes = append(p.nodes, node{column: leaf, value: value})
	return int32(len(p.nodes) - 1)
}
