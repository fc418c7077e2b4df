package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"probewise/trainer"
)

var _ gorgonia.SDOp = op{}

// DiffWRT implements gorgonia.SDOp.
func (o op) DiffWRT(inputs int) []bool {
	switch o.Op.(type) {
	case trainer.ConvOp, trainer.MatMul, trainer.BiasOp, trainer.AddOp:
		return []bool{true, true}
	case trainer.BatchNormApply: // the path through the batch's statistics is part of BatchNormDataGrad
		return []bool{true, false, true}
	case trainer.CrossEntropyOp:
		return []bool{true, false}
	case trainer.ActivationOp, trainer.SoftmaxOp, trainer.MaxPoolOp, trainer.AvgPoolOp, trainer.DropoutOp, trainer.PadOp:
		return []bool{true}
	}
	return make([]bool, inputs)
}

// SymDiff implements gorgonia.SDOp: the gradients of the inputs as nodes on the same graph.
func (o op) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	d := differentiation{op: o}
	switch f := o.Op.(type) {
	case trainer.ConvOp:
		return d.nodes(
			d.node(trainer.ConvDataGrad(f), in[1], grad),
			d.node(trainer.ConvFilterGrad(f), in[0], grad))
	case trainer.MatMul:
		return d.nodes(
			d.node(trainer.MatMul{M: f.M, K: f.N, N: f.K, TransB: true, Batch: f.Batch}, grad, in[1]),
			d.node(trainer.MatMul{M: f.K, K: f.M, N: f.N, TransA: true, Batch: "k"}, in[0], grad))
	case trainer.BiasOp:
		return d.nodes(grad, d.node(trainer.BiasGrad(f), grad))
	case trainer.AddOp:
		return d.nodes(grad, grad)
	case trainer.ActivationOp:
		return d.nodes(d.node(trainer.ActivationGrad(f), out, grad))
	case trainer.SoftmaxOp:
		return d.nodes(d.node(trainer.SoftmaxGrad(f), out, grad))
	case trainer.MaxPoolOp:
		return d.nodes(d.node(trainer.MaxPoolGrad(f), in[0], grad))
	case trainer.AvgPoolOp:
		return d.nodes(d.node(trainer.AvgPoolGrad(f), grad))
	case trainer.BatchNormApply:
		params := d.node(trainer.BatchNormParamGrad(f), in[0], in[1], grad)
		data := d.node(trainer.BatchNormDataGrad(f), in[0], in[1], in[2], params, grad)
		return d.nodes(data, nil, params)
	case trainer.DropoutOp:
		return d.nodes(d.node(f, grad))
	case trainer.PadOp:
		return d.nodes(d.node(trainer.PadGrad(f), grad))
	case trainer.CrossEntropyOp: // the loss is the root: its incoming gradient is 1
		return d.nodes(d.node(trainer.CrossEntropyGrad(f), in[0], in[1]), nil)
	}
	return nil, fmt.Errorf("op %T has no derivative", o.Op)
}

// differentiation adds gradient nodes and keeps the first error.
type differentiation struct {
	op  op
	err error
}

func (d *differentiation) node(o trainer.Op, inputs ...*gorgonia.Node) *gorgonia.Node {
	if d.err != nil {
		return nil
	}
	node, err := apply(o, d.op.dtype, d.op.step, inputs...)
	d.err = err
	return node
}

func (d *differentiation) nodes(nodes ...*gorgonia.Node) (gorgonia.Nodes, error) {
	return nodes, d.err
}
