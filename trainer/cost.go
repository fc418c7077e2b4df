package trainer

import "math"

// LayerCost is what one layer costs.
type LayerCost struct {
	Layer        string
	Parameters   int64 // weights, bias, and batch norm's gamma and beta; running statistics are not counted
	MultiplyAdds int64 // forward, per image; of convolutions and matrix products, which is where the time goes
	// values per image that the layer computes: after weights, bias, batch norm and activation, each counted
	Activations int64
}

// Cost is what an architecture costs. Sums that would overflow stay at the greatest int64.
type Cost struct {
	Parameters   int64
	MultiplyAdds int64 // forward, per image
	// per image: two for each multiply-add of the forward pass, the data gradient and the filter gradient
	TrainingFLOPs int64
	// bytes of a run: parameters, gradients, optimizer state, activations of a batch and their gradients, activations
	// of an evaluation batch
	PeakMemory int64
	Layers     []LayerCost // in the order of All; a residual block has what its sum costs, its layers have theirs
}

const float32Bytes = 4

// EvaluationRows is the number of images of an evaluation batch, and of the fixed batch of the activation statistics.
const EvaluationRows = 256

// Cost returns the cost of the architecture; zero where its shapes do not fit (see Shapes). No data gradient is counted
// for a layer that has no parameters below it. Memory counts every activation of the batch at once, without
// sharing of buffers.
func (a Architecture) Cost() Cost {
	shapes, err := a.Shapes()
	if err != nil {
		return Cost{}
	}
	var c Cost
	c.sum(shapes, a.Layers, a.inputShape(), false)
	input, forward := int64(a.inputShape().Len()), int64(0) // values of one image
	for _, l := range c.Layers {
		forward = add(forward, l.Activations)
	}
	perParameter := int64(2 + a.Training.Optimizer.slots())
	training := mul(int64(a.Training.BatchSize), add(input, mul(2, forward)))
	activations := add(training, mul(EvaluationRows, add(input, forward)))
	c.PeakMemory = mul(float32Bytes, add(mul(perParameter, c.Parameters), activations))
	return c
}

// sum adds the cost of layers that follow each other, with the shapes of all layers; below says that there are
// parameters below them. It returns whether there are then.
func (c *Cost) sum(shapes []Shape, layers []Layer, in Shape, below bool) bool {
	for _, l := range layers {
		out := shapes[len(c.Layers)]
		lc := l.cost(in, out)
		passes := int64(3) // forward, data gradient, filter gradient
		if !below {
			passes = 2
		}
		c.TrainingFLOPs = add(c.TrainingFLOPs, mul(2*passes, lc.MultiplyAdds))
		c.Parameters = add(c.Parameters, lc.Parameters)
		c.MultiplyAdds = add(c.MultiplyAdds, lc.MultiplyAdds)
		c.Layers = append(c.Layers, lc)
		body := c.sum(shapes, l.Body, in, below)
		shortcut := c.sum(shapes, l.Shortcut, in, below)
		below = below || lc.Parameters > 0 || body || shortcut
		in = out
	}
	return below
}

func (l Layer) cost(in, out Shape) LayerCost {
	c := LayerCost{Layer: l.label()}
	channels, positions := int64(out.C), int64(out.H*out.W)
	stages := int64(1)
	switch l.Type {
	case Conv, Dense:
		weights := mul(int64(in.C), channels)
		if l.Type == Conv {
			weights = mul(weights, int64(l.Kernel[0]), int64(l.Kernel[1]))
		}
		c.Parameters, c.MultiplyAdds = weights, mul(weights, positions)
		if l.Bias {
			c.Parameters = add(c.Parameters, channels)
			stages++
		}
		if l.BatchNorm {
			c.Parameters = add(c.Parameters, 2*channels)
			stages++
		}
		if l.Activation != Linear {
			stages++
		}
	case BatchNorm:
		c.Parameters = 2 * channels
	case Flatten: // the same values, seen otherwise
		stages = 0
	}
	c.Activations = mul(stages, int64(out.Len()))
	return c
}

// slots is the number of values that the optimizer keeps for each parameter.
func (o Optimizer) slots() int {
	op, err := o.Update(1)
	if err != nil {
		return 0
	}
	s, _ := op.Signature() // of one weight: a size that makes sense
	slots := 0
	for _, state := range s.Out()[1:] {
		slots += state.Len
	}
	return slots
}

// add and mul work on numbers that are not negative and stay at the greatest int64 instead of overflowing.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func mul(values ...int64) int64 {
	product := int64(1)
	for _, v := range values {
		if v == 0 {
			return 0
		}
		if product > math.MaxInt64/v {
			product = math.MaxInt64
		} else {
			product *= v
		}
	}
	return product
}
