package graph

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"

	"probewise/trainer"
)

// ownSums exchanges the sums in which Gorgonia collects the gradients of a value that is used twice, as a residual
// block's input is, for AddOps. What follows from a sum is built once more on ours; Gorgonia's stays in the graph,
// where nothing reads it. Params whose gradients are equal, as those of two biases that are added up, get a node
// each: penalties and clipping change gradients in place.
func (b *builder) ownSums(grads gorgonia.Nodes) (gorgonia.Nodes, error) {
	e := exchange{builder: b, done: map[*gorgonia.Node]*gorgonia.Node{}}
	own := make(gorgonia.Nodes, len(grads))
	for i, g := range grads {
		own[i] = e.node(g)
		if slices.Contains(own[:i], own[i]) {
			own[i] = e.twin(own[i], b.params[i].name)
		}
	}
	return own, b.err
}

// exchange maps nodes to those that stand for them.
type exchange struct {
	*builder
	done map[*gorgonia.Node]*gorgonia.Node
}

func (e *exchange) node(n *gorgonia.Node) *gorgonia.Node {
	if n.Op() == nil { // an input
		return n
	}
	if own, ok := e.done[n]; ok {
		return own
	}
	same := true
	operands := inputs(e.graph, n)
	for i, x := range operands {
		operands[i] = e.node(x)
		same = same && operands[i] == x
	}
	own := n
	if o, ours := n.Op().(op); !ours {
		own = e.sum(n, operands)
	} else if !same {
		own = e.apply(o.Op, operands...)
	}
	e.done[n] = own
	return own
}

// twin computes the same as a node of ours once more.
func (e *exchange) twin(n *gorgonia.Node, of string) *gorgonia.Node {
	if e.err != nil {
		return nil
	}
	o, ours := n.Op().(op)
	if !ours {
		e.err = fmt.Errorf("the gradient of %s is %v, which no backend knows", of, n.Op())
		return nil
	}
	o.of = of
	node, err := gorgonia.ApplyOp(o, inputs(e.graph, n)...)
	if err != nil {
		e.err = fmt.Errorf("the gradient of %s: %w", of, err)
	}
	return node
}

// sum stands for Gorgonia's sum of two gradients of a batch.
func (e *exchange) sum(n *gorgonia.Node, operands []*gorgonia.Node) *gorgonia.Node {
	shape := n.Shape()
	if !strings.HasPrefix(n.Op().String(), "+") || len(operands) != 2 || len(shape) != 2 || shape[0] != e.rows {
		if e.err == nil {
			e.err = fmt.Errorf("the gradients hold %v of shape %v, which no backend knows", n.Op(), shape)
		}
		return nil
	}
	return e.apply(trainer.AddOp{Plane: trainer.Plane{N: e.rows, C: shape[1], S: 1}}, operands...)
}
