package graph

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// op is a trainer.Op as Gorgonia sees it. Do is the naive kernel, so that the tape machine runs any graph slowly and
// exactly.
type op struct {
	trainer.Op
	arity int
	dtype tensor.Dtype
	step  *trainer.Step // of the network; dropout's counter
	of    string        // tells it from an equal op on equal inputs, which Gorgonia would make one node; mostly empty
}

// apply adds a node that computes o on the inputs.
func apply(o trainer.Op, dtype tensor.Dtype, step *trainer.Step, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	node, err := gorgonia.ApplyOp(op{Op: o, arity: len(inputs), dtype: dtype, step: step}, inputs...)
	if err != nil {
		return nil, fmt.Errorf("add %T to the graph: %w", o, err)
	}
	return node, nil
}

// shapeOf is the shape of the op's result: images and features alike are (rows, values of one image), so that gradients
// that come from different ops can be added; without dimensions for a scalar.
func shapeOf(o trainer.Op) (tensor.Shape, error) {
	s, err := o.Signature()
	if err != nil {
		return nil, fmt.Errorf("op %s: %w", trainer.OpTitle(o), err)
	}
	out := s.Out()
	if len(out) != 1 || out[0].InPlace {
		return nil, fmt.Errorf("op %T is not part of a graph", o)
	}
	return out[0].Shape(), nil
}

// Arity implements gorgonia.Op.
func (o op) Arity() int { return o.arity }

// Type implements gorgonia.Op: inputs of any type to a tensor of the result's dimensions, or a scalar.
func (o op) Type() hm.Type {
	types := make([]hm.Type, 0, o.arity+1)
	for i := range o.arity {
		types = append(types, hm.TypeVariable('c'+rune(i)))
	}
	var result hm.Type = o.dtype
	if shape, err := shapeOf(o.Op); err == nil && len(shape) > 0 {
		result = gorgonia.TensorType{Dims: len(shape), Of: o.dtype}
	}
	return hm.NewFnType(append(types, result)...)
}

// InferShape implements gorgonia.Op.
func (o op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return shapeOf(o.Op) }

// Do implements gorgonia.Op on the naive kernels.
func (o op) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	shape, err := shapeOf(o.Op)
	if err != nil {
		return nil, err
	}
	if o.dtype == tensor.Float64 {
		return reference[float64](o, shape, values)
	}
	return reference[float32](o, shape, values)
}

func reference[T float32 | float64](o op, shape tensor.Shape, values []gorgonia.Value) (gorgonia.Value, error) {
	in := make([][]T, len(values))
	for i, v := range values {
		data, ok := v.Data().([]T)
		if !ok {
			return nil, fmt.Errorf("%T: input %d is %T", o.Op, i, v.Data())
		}
		in[i] = data
	}
	out := make([]T, shape.TotalSize())
	if err := kernel.Reference(o.Op, in, [][]T{out}, *o.step); err != nil {
		return nil, err
	}
	if len(shape) == 0 {
		if o.dtype == tensor.Float64 {
			return gorgonia.NewF64(float64(out[0])), nil
		}
		return gorgonia.NewF32(float32(out[0])), nil
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(out)), nil
}

// ReturnsPtr implements gorgonia.Op.
func (o op) ReturnsPtr() bool { return false }

// CallsExtern implements gorgonia.Op.
func (o op) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (o op) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o op) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }

// Hashcode implements gorgonia.Op.
func (o op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String implements gorgonia.Op.
func (o op) String() string { return fmt.Sprintf("%T%+v%s", o.Op, o.Op, o.of) }
