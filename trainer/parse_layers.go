package trainer

import (
	"fmt"
	"slices"
	"strings"
)

// layers reads the layers and checks each one, their names, how they follow each other, the end and the caps.
func (p *parser) layers(n *node, trainingOK bool) {
	if !p.expect(n, isArray, "/layers") {
		return
	}
	count, most := countLayers(n.items), p.options.Limits.MaxLayers
	switch {
	case len(n.items) == 0:
		p.add(n.offset, "/layers", CodeNoLayers, "the list of layers is empty")
		return
	case count > most:
		p.add(n.offset, "/layers", CodeTooManyLayers, "%d layers are more than the %d allowed", count, most)
		return
	}
	p.a.Layers = make([]Layer, len(n.items))
	for i, item := range n.items {
		p.a.Layers[i] = p.layer(item, pointerAt("/layers", i), layerVariants)
	}
	sites := p.sites(n, "/layers", p.a.Layers)
	p.names(sites)
	if !trainable(sites) {
		p.add(n.offset, "/layers", CodeNoWeights, "no layer is conv or dense: there is nothing to train")
	}
	f := flow{shape: p.a.inputShape(), image: true, fits: true}
	f.known = f.shape.bounded()
	if !f.known && f.shape.C > 0 {
		p.add(n.items[0].offset, "/input", CodeTooLarge, "an input of %s has more than %d values", f.shape, maxValues)
	}
	p.follow(&f, sites)
	if last := len(sites) - 1; !sites[last].broken {
		p.ending(sites, f, count)
	}
	if f.known && f.fits {
		p.caps(n, trainingOK)
	}
}

// layer reads one layer, but not its name.
func (p *parser) layer(n *node, path string, variants []variant[Layer]) Layer {
	before := len(p.errors)
	var l Layer
	l.Type = LayerType(readVariant(p, n, path, "layer", variants, "", &l, "name"))
	n.broken = len(p.errors) > before
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
func (p *parser) names(sites []site) {
	first := map[string]string{}
	all := flat(sites)
	for _, s := range all {
		n := s.node.index["name"] // of something that is no object: nil
		if n == nil {
			continue
		}
		name := p.name(n, s.path+"/name")
		if before, taken := first[name]; taken && name != "" {
			p.add(n.offset, s.path+"/name", CodeDuplicateName, "layer %s has the name %s already", before, quote(name))
		} else {
			first[name] = strings.TrimPrefix(s.path, "/layers/")
		}
		s.Name = name
	}
	numbers := map[LayerType]int{}
	for _, s := range all {
		numbers[s.Type]++
		for s.Name == "" {
			name := fmt.Sprintf("%s%d", s.Type, numbers[s.Type])
			if _, taken := first[name]; taken {
				numbers[s.Type]++
				continue
			}
			s.Name = name
		}
	}
}

// flow is what is known of the values after a layer.
type flow struct {
	shape       Shape
	known       bool // the shape
	image, flat bool // at most one; neither: unknown
	fits        bool // all layers so far fit their inputs
}

// follow checks that each layer fits what the layers before it give. What a broken layer gives is not known, and
// nothing is reported that only follows from that.
func (p *parser) follow(f *flow, sites []site) {
	for _, s := range sites {
		var m *misfit
		if s.Type == Residual {
			m = p.residual(f, s)
		} else {
			m = s.step(f)
		}
		if m == nil {
			continue
		}
		f.fits = false
		path, offset := s.path, s.node.offset
		if n := s.node.index[m.key]; n != nil {
			path, offset = pointerTo(path, m.key), n.offset
		}
		p.add(offset, path, m.code, "%s", m.message)
	}
}

// step moves the flow over one layer.
func (s site) step(f *flow) *misfit {
	l := *s.Layer
	var m *misfit
	if f.image || f.flat {
		m = l.accepts(f.flat)
	}
	if m == nil && f.known && !s.broken {
		f.shape, m = l.output(f.shape)
	} else {
		f.known = false
	}
	f.known = f.known && m == nil
	f.fits = f.fits && !s.broken
	switch gives := l.kind().gives; {
	case l.Type == "":
		f.image, f.flat = false, false
	case gives != anyForm:
		f.image, f.flat = gives == imageForm, gives == flatForm
	}
	if l.Type == Dense && !s.broken { // its output does not depend on its input
		f.shape, f.known = Shape{C: l.Units, H: 1, W: 1, Flat: true}, true
	}
	return m
}

// ending checks that the network gives one probability for each class, and adds a missing softmax.
func (p *parser) ending(sites []site, f flow, count int) {
	last := sites[len(sites)-1]
	n, path := last.node, last.path
	switch last.kind().ends {
	case ownSoftmax:
		switch {
		case last.Activation == Softmax:
		case last.Activation == Linear && last.Type == Dense:
			last.Activation = Softmax
			p.warn(n.offset, path, CodeSoftmaxAdded, "the last layer has no activation: softmax was added")
		default:
			p.add(n.index["activation"].offset, path+"/activation", CodeLastActivation,
				"the network must end in softmax over the classes, not in %s", last.Activation)
		}
	case addSoftmax:
		if count == p.options.Limits.MaxLayers {
			p.add(n.offset, path, CodeLastLayer,
				"the network must end in softmax, and %d layers leave no room to add it", count)
			return
		}
		p.a.Layers = append(p.a.Layers, Layer{Type: Activate, Activation: Softmax, Name: p.freeName("softmax")})
		p.warn(n.offset, path, CodeSoftmaxAdded,
			"the network ends without softmax: an activation layer was added after %s", last.label())
	default:
		p.add(n.offset, path, CodeLastLayer,
			"the network cannot end in %s: it must end in softmax over the classes", last.Type)
		return
	}
	switch {
	case f.image:
		p.add(n.offset, path, CodeLastLayer,
			"the network ends in an image: it needs flatten or a global pool, and one output for each class")
	case f.known && p.a.Classes > 0 && f.shape.C != p.a.Classes:
		p.wrongUnits(sites, f.shape.C)
	}
}

// wrongUnits points at the size to change: the units or filters that became the outputs, where a layer says them.
func (p *parser) wrongUnits(sites []site, outputs int) {
	last := sites[len(sites)-1]
	path, offset := last.path, last.node.offset
	for _, s := range slices.Backward(sites) {
		key := s.kind().outputs
		if key == sameOutputs {
			continue
		}
		if n := s.node.index[key]; n != nil {
			path, offset = s.path+"/"+key, n.offset
		}
		break
	}
	p.add(offset, path, CodeWrongUnits, "the network has %d outputs for %d classes", outputs, p.a.Classes)
}

// freeName returns the name, with a number where a layer has it already.
func (p *parser) freeName(name string) string {
	taken := map[string]bool{}
	for l := range p.a.All() {
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
		p.add(n.offset, "/layers", CodeTooManyParameters,
			"%d parameters are more than the %d allowed; %s has %d of them",
			c.Parameters, limits.MaxParameters, largest.Layer, largest.Parameters)
	}
	if trainingOK && c.PeakMemory > limits.MaxMemory {
		p.add(n.offset, "/layers", CodeTooMuchMemory,
			"a training step with batches of %d would need %d bytes, more than the %d allowed",
			p.a.Training.BatchSize, c.PeakMemory, limits.MaxMemory)
	}
}
