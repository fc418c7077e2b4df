package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
)

// network is an architecture as an expression graph for a batch of rows images.
type network struct {
	dtype tensor.Dtype
	rows  int
	step  *trainer.Step

	images  *gorgonia.Node // (rows, C, H, W)
	labels  *gorgonia.Node // (rows): class numbers
	weights *gorgonia.Node // (classes): what an image of the class counts in the loss; nil: all alike
	params  []param
	running []running
	blocks  []block

	logits  *gorgonia.Node // (rows, classes): input of the last softmax
	loss    *gorgonia.Node
	correct *gorgonia.Node
	grads   gorgonia.Nodes // of params, in order; training only
}

// param is something that training changes.
type param struct {
	name   string
	node   *gorgonia.Node
	layer  trainer.Layer
	role   role
	fanIn  int
	fanOut int
}

type role int

const (
	kernelRole role = iota
	biasRole
	batchNormRole // (2, C): gamma, beta
)

// running holds a batch norm's running statistics: an input of the evaluation graph, moved by the batch's statistics
// in training.
type running struct {
	name     string
	plane    trainer.Plane
	momentum float32
	stats    *gorgonia.Node
}

// block is one of trainer.Blocks with its output, of which statistics are taken.
type block struct {
	layer  trainer.Layer
	plane  trainer.Plane
	output *gorgonia.Node
}

// build makes the graph of an architecture. In training, dropout drops, batch norm uses the batch's statistics and the
// gradients of all params are part of the graph.
func build(a trainer.Architecture, rows int, training bool, dtype tensor.Dtype) (*network, error) {
	shapes, err := a.Shapes()
	if err != nil {
		return nil, err
	}
	height, width, channels := a.Input[0], a.Input[1], a.Input[2]
	b := builder{
		network:  network{dtype: dtype, rows: rows, step: new(trainer.Step)},
		graph:    gorgonia.NewGraph(),
		training: training,
		shapes:   shapes,
		ends:     map[*trainer.Layer]int{},
	}
	for i, own := range trainer.Blocks(&a) {
		b.blocks = append(b.blocks, block{layer: *own.Layer()})
		b.ends[own.Output()] = i
	}
	b.images = b.input("images", rows, channels, height, width)
	b.labels = b.input("labels", rows)

	b.sequence(a.Layers, trainer.Shape{C: channels, H: height, W: width}, b.images)
	if b.err != nil {
		return nil, b.err
	}
	if b.logits == nil {
		return nil, fmt.Errorf("the last layer's activation is not softmax")
	}
	if training && a.Training.ClassWeights.Weighted() {
		b.weights = b.input("class weights", a.Classes)
	}
	b.finish(a.Classes)
	return &b.network, b.err
}

// builder adds nodes and keeps the first error.
type builder struct {
	network
	graph    *gorgonia.ExprGraph
	training bool
	shapes   []trainer.Shape        // of the layers to come, in the order of Architecture.All
	ends     map[*trainer.Layer]int // the block whose output is the layer's
	streams  uint32                 // dropout layers so far
	err      error
}

func (b *builder) apply(o trainer.Op, inputs ...*gorgonia.Node) *gorgonia.Node {
	if b.err != nil {
		return nil
	}
	node, err := apply(o, b.dtype, b.step, inputs...)
	b.err = err
	return node
}

func (b *builder) input(name string, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(b.graph, b.dtype, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name))
}

func (b *builder) param(l trainer.Layer, r role, suffix string, fanIn, fanOut int, shape ...int) *gorgonia.Node {
	name := l.Name + "." + suffix
	node := b.input(name, shape...)
	b.params = append(b.params, param{name, node, l, r, fanIn, fanOut})
	return node
}

func (b *builder) plane(s trainer.Shape) trainer.Plane {
	return trainer.Plane{N: b.rows, C: s.C, S: s.H * s.W}
}

// sequence adds layers that follow each other and returns the last output.
func (b *builder) sequence(layers []trainer.Layer, in trainer.Shape, x *gorgonia.Node) *gorgonia.Node {
	for i, l := range layers {
		out := b.shapes[0]
		b.shapes = b.shapes[1:]
		x = b.layer(l, in, out, x)
		if b.err != nil {
			b.err = fmt.Errorf("layer %s: %w", l.Name, b.err)
			return nil
		}
		in = out
		if at, ends := b.ends[&layers[i]]; ends {
			b.blocks[at].plane, b.blocks[at].output = b.plane(out), x
		}
	}
	return x
}

// layer adds one layer. Flatten adds nothing: NCHW is already in the order of its features.
func (b *builder) layer(l trainer.Layer, in, out trainer.Shape, x *gorgonia.Node) *gorgonia.Node {
	plane := b.plane(out)
	window := l.Window(in)
	window.N = b.rows
	switch l.Type {
	case trainer.Conv:
		patch := l.Kernel[0] * l.Kernel[1]
		w := b.param(l, kernelRole, "kernel", in.C*patch, l.Filters*patch, l.Filters, in.C, l.Kernel[0], l.Kernel[1])
		return b.weighted(l, plane, b.apply(trainer.ConvOp{Window: window, F: l.Filters}, x, w))
	case trainer.Dense:
		features := in.C * in.H * in.W
		w := b.param(l, kernelRole, "kernel", features, l.Units, features, l.Units)
		return b.weighted(l, plane, b.apply(trainer.MatMul{M: b.rows, K: features, N: l.Units, Batch: "m"}, x, w))
	case trainer.MaxPool, trainer.GlobalMaxPool:
		return b.apply(trainer.MaxPoolOp{Window: window}, x)
	case trainer.AvgPool, trainer.GlobalAvgPool:
		return b.apply(trainer.AvgPoolOp{Window: window}, x)
	case trainer.BatchNorm:
		return b.batchNorm(l, plane, x)
	case trainer.Activate:
		return b.activation(l, plane, x)
	case trainer.Dropout:
		return b.dropout(l, trainer.Plane{N: b.rows, C: plane.C * plane.S, S: 1}, x)
	case trainer.SpatialDropout:
		return b.dropout(l, plane, x)
	case trainer.ZeroPad:
		return b.apply(trainer.PadOp{N: b.rows, C: in.C, H: in.H, W: in.W, PH: l.Pad[0], PW: l.Pad[1]}, x)
	case trainer.Flatten:
		return x
	case trainer.Residual:
		body := b.sequence(l.Body, in, x)
		return b.apply(trainer.AddOp{Plane: plane}, body, b.sequence(l.Shortcut, in, x))
	}
	b.err = fmt.Errorf("type %q is not supported", l.Type)
	return nil
}

// weighted adds what follows the weights: bias, batch norm, activation.
func (b *builder) weighted(l trainer.Layer, p trainer.Plane, x *gorgonia.Node) *gorgonia.Node {
	if l.Bias {
		x = b.apply(trainer.BiasOp{Plane: p}, x, b.param(l, biasRole, "bias", 0, 0, p.C))
	}
	if l.BatchNorm {
		x = b.batchNorm(l, p, x)
	}
	return b.activation(l, p, x)
}

func (b *builder) batchNorm(l trainer.Layer, p trainer.Plane, x *gorgonia.Node) *gorgonia.Node {
	params := b.param(l, batchNormRole, "batch_norm", 0, 0, 2, p.C)
	r := running{name: l.Name + ".moving", plane: p, momentum: float32(l.Momentum)}
	if b.training {
		r.stats = b.apply(trainer.BatchNormStats{Plane: p}, x)
	} else {
		r.stats = b.input(r.name, 2, p.C)
	}
	b.running = append(b.running, r)
	return b.apply(trainer.BatchNormApply{Plane: p, Epsilon: float32(l.Epsilon)}, x, r.stats, params)
}

func (b *builder) activation(l trainer.Layer, p trainer.Plane, x *gorgonia.Node) *gorgonia.Node {
	switch l.Activation {
	case trainer.Linear:
		return x
	case trainer.Softmax:
		if len(b.shapes) == 0 { // the last layer
			b.logits = x
		}
		return b.apply(trainer.SoftmaxOp{Plane: p}, x)
	}
	return b.apply(trainer.ActivationOp{Plane: p, Kind: l.Activation, Slope: float32(l.NegativeSlope)}, x)
}

func (b *builder) dropout(l trainer.Layer, p trainer.Plane, x *gorgonia.Node) *gorgonia.Node {
	b.streams++
	if !b.training || l.Rate == 0 {
		return x
	}
	return b.apply(trainer.DropoutOp{Plane: p, Rate: float32(l.Rate), Stream: b.streams}, x)
}

func (b *builder) crossEntropy(p trainer.Plane) *gorgonia.Node {
	if b.weights == nil {
		return b.apply(trainer.CrossEntropyOp{Plane: p}, b.logits, b.labels)
	}
	return b.apply(trainer.CrossEntropyOp{Plane: p, Weighted: true}, b.logits, b.labels, b.weights)
}

// finish adds the loss, the count of correct rows and, in training, the gradients.
func (b *builder) finish(classes int) {
	p := trainer.Plane{N: b.rows, C: classes, S: 1}
	b.loss = b.crossEntropy(p)
	b.correct = b.apply(trainer.CorrectOp{Plane: p}, b.logits, b.labels)
	if b.err != nil || !b.training {
		return
	}
	// Not gorgonia.Grad: its constant 1 is one node shared by all graphs of the process.
	var one any = float32(1)
	if b.dtype == tensor.Float64 {
		one = float64(1)
	}
	seed := b.graph.AddNode(gorgonia.NewConstant(one, gorgonia.WithName("one")))
	wrt := make(gorgonia.Nodes, len(b.params))
	for i, p := range b.params {
		wrt[i] = p.node
	}
	grads, err := gorgonia.Backpropagate(gorgonia.Nodes{b.loss}, gorgonia.Nodes{seed}, wrt)
	if err != nil {
		b.err = fmt.Errorf("differentiate: %w", err)
		return
	}
	b.grads, b.err = b.ownSums(grads)
}
