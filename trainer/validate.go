package trainer

import "fmt"

// layers reads the layers and checks each one, their names, how they follow each other, the end and the caps.
func (p *parser) layers(n *node, trainingOK bool) {
	if !p.expect(n, isArray, "/layers") {
		return
	}
	switch most := p.options.Limits.MaxLayers; {
	case len(n.items) == 0:
		p.add(n.offset, "/layers", CodeNoLayers, "the list of layers is empty")
		return
	case len(n.items) > most:
		p.add(n.offset, "/layers", CodeTooManyLayers, "%d layers are more than the %d allowed", len(n.items), most)
		return
	}
	p.a.Layers = make([]Layer, len(n.items))
	broken := make([]bool, len(n.items))
	weights := false
	for i, item := range n.items {
		before := len(p.errors)
		p.a.Layers[i] = p.layer(item, pointerAt("/layers", i))
		broken[i] = len(p.errors) > before
		weights = weights || broken[i] || p.a.Layers[i].HasWeights()
	}
	p.names(n.items)
	if !weights {
		p.add(n.offset, "/layers", CodeNoWeights, "no layer is conv or dense: there is nothing to train")
	}
	f := p.follow(n.items, broken)
	if last := len(n.items) - 1; !broken[last] {
		p.ending(n.items, f)
	}
	if f.known && f.fits {
		p.caps(n, trainingOK)
	}
}

// layer reads one layer, but not its name.
func (p *parser) layer(n *node, path string) Layer {
	var l Layer
	l.Type = LayerType(readVariant(p, n, path, "layer", layerVariants, "", &l, "name"))
	return l.normalized()
}

// normalized fills in what batch norm inside a layer always uses.
func (l Layer) normalized() Layer {
	if l.HasWeights() && l.BatchNorm {
		l.Momentum, l.Epsilon = BatchNormMomentum, BatchNormEpsilon
	}
	return l
}

// names reads the given names, then names the other layers: type and number among the layers of its type.
func (p *parser) names(items []*node) {
	first := map[string]int{}
	for i, item := range items {
		n := item.index["name"] // of something that is no object: nil
		if n == nil {
			continue
		}
		path := pointerAt("/layers", i) + "/name"
		name := p.name(n, path)
		if before, taken := first[name]; taken && name != "" {
			p.add(n.offset, path, CodeDuplicateName, "layer %d has the name %s already", before, quote(name))
		} else {
			first[name] = i
		}
		p.a.Layers[i].Name = name
	}
	numbers := map[LayerType]int{}
	for i := range p.a.Layers {
		l := &p.a.Layers[i]
		numbers[l.Type]++
		for l.Name == "" {
			name := fmt.Sprintf("%s%d", l.Type, numbers[l.Type])
			if _, taken := first[name]; taken {
				numbers[l.Type]++
				continue
			}
			l.Name = name
		}
	}
}

// flow is what is known of the values behind a layer.
type flow struct {
	shape       Shape
	known       bool // the shape
	image, flat bool // at most one; neither: unknown
	fits        bool // all layers so far fit their inputs
}

// follow checks that each layer fits what the layers before it give. What a broken layer gives is not known, and
// nothing is reported that only follows from that.
func (p *parser) follow(items []*node, broken []bool) flow {
	f := flow{shape: p.a.inputShape(), image: true, fits: true}
	f.known = f.shape.bounded()
	if !f.known && f.shape.C > 0 {
		p.add(items[0].offset, "/input", CodeTooLarge, "an input of %s has more than %d values", f.shape, maxValues)
	}
	for i, l := range p.a.Layers {
		m := p.step(&f, l, broken[i])
		if m == nil {
			continue
		}
		f.fits = false
		path, offset := pointerAt("/layers", i), items[i].offset
		if n := items[i].index[m.key]; n != nil {
			path, offset = pointerTo(path, m.key), n.offset
		}
		p.add(offset, path, m.code, "%s", m.message)
	}
	return f
}

// step moves the flow over one layer.
func (p *parser) step(f *flow, l Layer, broken bool) *misfit {
	var m *misfit
	if f.image || f.flat {
		m = l.accepts(f.flat)
	}
	if m == nil && f.known && !broken {
		f.shape, m = l.output(f.shape)
	} else {
		f.known = false
	}
	f.known = f.known && m == nil
	f.fits = f.fits && !broken
	switch l.Type {
	case "":
		f.image, f.flat = false, false
	case Conv, MaxPool, AvgPool, ZeroPad, SpatialDropout:
		f.image, f.flat = true, false
	case Dense, Flatten, GlobalAvgPool, GlobalMaxPool:
		f.image, f.flat = false, true
	}
	if l.Type == Dense && !broken { // its output does not depend on its input
		f.shape, f.known = Shape{C: l.Units, H: 1, W: 1, Flat: true}, true
	}
	return m
}

// ending checks that the network gives one probability for each class, and adds a missing softmax.
func (p *parser) ending(items []*node, f flow) {
	i := len(items) - 1
	n := items[i]
	last, path := &p.a.Layers[i], pointerAt("/layers", i)
	switch last.Type {
	case Dense, Activate:
		switch {
		case last.Activation == Softmax:
		case last.Activation == Linear && last.Type == Dense:
			last.Activation = Softmax
			p.warn(n.offset, path, CodeSoftmaxAdded, "the last layer has no activation: softmax was added")
		default:
			p.add(n.index["activation"].offset, path+"/activation", CodeLastActivation,
				"the network must end in softmax over the classes, not in %s", last.Activation)
		}
	case GlobalAvgPool, GlobalMaxPool, Flatten, BatchNorm:
		if len(p.a.Layers) == p.options.Limits.MaxLayers {
			p.add(n.offset, path, CodeLastLayer, "the network must end in softmax, and %d layers leave no room to add it", len(p.a.Layers))
			return
		}
		p.a.Layers = append(p.a.Layers, Layer{Type: Activate, Activation: Softmax, Name: p.freeName("softmax")})
		p.warn(n.offset, path, CodeSoftmaxAdded, "the network ends without softmax: an activation layer was added behind %s", last.label())
	default:
		p.add(n.offset, path, CodeLastLayer, "the network cannot end in %s: it must end in softmax over the classes", last.Type)
		return
	}
	switch {
	case f.image:
		p.add(n.offset, path, CodeLastLayer, "the network ends in an image: it needs flatten or a global pool, and one output for each class")
	case f.known && p.a.Classes > 0 && f.shape.C != p.a.Classes:
		p.wrongUnits(items, f.shape.C)
	}
}

// wrongUnits points at the size to change: the units or filters that became the outputs, where a layer says them.
func (p *parser) wrongUnits(items []*node, outputs int) {
	i := len(items) - 1
	path, offset := pointerAt("/layers", i), items[i].offset
	for ; i >= 0; i-- {
		key := ""
		switch p.a.Layers[i].Type {
		case Activate, BatchNorm, Dropout, SpatialDropout, GlobalAvgPool, GlobalMaxPool:
			continue
		case Dense:
			key = "units"
		case Conv:
			key = "filters"
		}
		if n := items[i].index[key]; n != nil {
			path, offset = pointerAt("/layers", i)+"/"+key, n.offset
		}
		break
	}
	p.add(offset, path, CodeWrongUnits, "the network has %d outputs for %d classes", outputs, p.a.Classes)
}

// freeName returns the name, with a number where a layer has it already.
func (p *parser) freeName(name string) string {
	taken := map[string]bool{}
	for _, l := range p.a.Layers {
		taken[l.Name] = true
	}
	for free, i := name, 2; ; i++ {
		if !taken[free] {
			return free
		}
		free = fmt.Sprintf("%s%d", name, i)
	}
}

// caps checks what the whole network costs. Nothing has been allocated for it yet.
func (p *parser) caps(n *node, trainingOK bool) {
	c, limits := p.a.Cost(), p.options.Limits
	if c.Parameters > limits.MaxParameters {
		largest := c.Layers[0]
		for _, l := range c.Layers {
			if l.Parameters > largest.Parameters {
				largest = l
			}
		}
		p.add(n.offset, "/layers", CodeTooManyParameters, "%d parameters are more than the %d allowed; %s has %d of them",
			c.Parameters, limits.MaxParameters, largest.Layer, largest.Parameters)
	}
	if trainingOK && c.PeakMemory > limits.MaxMemory {
		p.add(n.offset, "/layers", CodeTooMuchMemory, "a training step with batches of %d would need %d bytes, more than the %d allowed",
			p.a.Training.BatchSize, c.PeakMemory, limits.MaxMemory)
	}
}
