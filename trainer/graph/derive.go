package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"probewise/trainer"
)

var _ gorgonia.SDOp = op{}

// DiffWRT implements gorgonia.SDOp.
func (o op) DiffWRT(inputs int) []bool {
	reached := make([]bool, inputs)
	for _, d := range o.Derivatives() {
		reached[d.Input] = true
	}
	return reached
}

// SymDiff implements gorgonia.SDOp: the gradients of the inputs as nodes on the same graph, nil where there is none.
func (o op) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	derivatives := o.Derivatives()
	if len(derivatives) == 0 {
		return nil, fmt.Errorf("op %T has no derivative", o.Op)
	}
	gradients := make(gorgonia.Nodes, len(in))
	for _, d := range derivatives {
		if d.Op == nil {
			gradients[d.Input] = grad
			continue
		}
		from := make(gorgonia.Nodes, len(d.From))
		for i, operand := range d.From {
			switch operand.Source {
			case trainer.FromInput:
				from[i] = in[operand.Index]
			case trainer.FromOutput:
				from[i] = out
			case trainer.FromOutputGradient:
				from[i] = grad
			case trainer.FromInputGradient:
				from[i] = gradients[operand.Index]
			}
		}
		node, err := apply(d.Op, o.dtype, o.step, from...)
		if err != nil {
			return nil, err
		}
		gradients[d.Input] = node
	}
	return gradients, nil
}
