package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxShare    = 0.6     // of the parameters
	manyWeights = 100_000 // parameters below which a dense layer is not wide
	minWidth    = 32      // that a layer is narrowed to
	minPooled   = 32      // channels that are enough after global pooling
	minHalving  = 4       // height and width of images that another pool may halve
)

var wideDense = Rule{
	Name:  "wide-dense",
	Group: Architecture,
	Title: "One dense layer holds most of the parameters",
	Finds: fmt.Sprintf("A dense layer holds more than %g of the parameters, and more than %s.", maxShare,
		figure.Count(manyWeights)),
	Source: "Salit: many filters, not many dense units; the share is ours. Lin et al. 2014 on global average pooling.",
	Proposes: fmt.Sprintf("To narrow it, to %d units at least; and global average pooling in place of the flatten "+
		"before it where there are %d channels, else one more pool where images are %d pixels high and wide.",
		minWidth, minPooled, minHalving),
	Run: func(p *Pass) {
		a := &p.Architecture
		for _, b := range trainer.Blocks(a) {
			l := *b.Layer()
			parameters := parametersOf(p.Cost, l.Name)
			if l.Type != trainer.Dense || !isWide(parameters, p.Cost.Parameters) {
				continue
			}
			d := structural(l.Name, "parameter_share", float64(parameters)/float64(p.Cost.Parameters), maxShare, advisor.Medium)
			d = explain(d, above, fmt.Sprintf("one dense layer holds %d of %d parameters", parameters, p.Cost.Parameters))
			p.Report(d)
			p.proposeNarrow(d, b)
			p.proposePooling(d, b)
			return
		}
	},
}

// isWide says whether a dense layer with the parameters is wide in a net with total.
func isWide(parameters, total int64) bool {
	return parameters > manyWeights && float64(parameters) > maxShare*float64(total)
}

// parametersOf returns the parameters of the layer.
func parametersOf(c trainer.Cost, layer string) int64 {
	for _, l := range c.Layers {
		if l.Layer == layer {
			return l.Parameters
		}
	}
	return 0
}

// proposeNarrow halves the layer's units until it is no longer wide, down to minWidth and twice the classes.
func (p *Pass) proposeNarrow(d advisor.Diagnosis, b trainer.Block) {
	l := *b.Layer()
	least := max(minWidth, knob.MinUnits(p.Architecture.Classes))
	var edits []knob.Edit
	for units := (l.Units/2 + 7) / 8 * 8; units >= least && units < l.Units; units = (units/2 + 7) / 8 * 8 {
		edits = []knob.Edit{knob.Each([]string{l.Name}, knob.UnitsAtMost(units)), knob.LadderDown(falling)}
		cost := knob.After(p.Architecture, edits...).Cost()
		if units == least || !isWide(parametersOf(cost, l.Name), cost.Parameters) {
			title := fmt.Sprintf("Narrow %s to %d units", l.Name, units)
			p.Propose(proposal(advisor.Reshape, title, d, "Parameters should fall with little loss of accuracy.", edits...))
			return
		}
	}
}

// proposePooling replaces the flatten before the layer, or puts a pool before it.
func (p *Pass) proposePooling(d advisor.Diagnosis, b trainer.Block) {
	a := &p.Architecture
	at := flattenBefore(a, b)
	if at < 1 {
		return
	}
	name, in := a.Layers[at].Name, before(*a, p.Shapes, at)
	switch {
	case in.C >= max(minPooled, 2*a.Classes) && in.H*in.W > 1:
		p.Propose(proposal(advisor.Reshape, "Replace "+name+" by global average pooling", d,
			"Parameters should fall and the net see where a pattern is less.",
			atFlatten(name, in, func(a *trainer.Architecture, _ int) { knob.Pooled(name)(a) })))
	case in.H >= minHalving && in.W >= minHalving:
		p.Propose(proposal(advisor.Reshape, "Put a 2×2 max pool before "+name, d,
			"Parameters of the dense layer should fall to a quarter.",
			atFlatten(name, in, func(a *trainer.Architecture, i int) {
				a.Layers = slices.Insert(a.Layers, i, knob.MaxPool(knob.FreeName(*a, "max_pool")))
			})))
	}
}

// before returns the shape in front of layer i, counted without those inside residual blocks, out of the shapes of all.
func before(a trainer.Architecture, shapes []trainer.Shape, i int) trainer.Shape {
	n := 0
	for l := range a.All() {
		if l == &a.Layers[i-1] {
			break
		}
		n++
	}
	return shapes[n]
}

// flattenBefore returns the index of the flatten between the block and the conv layer or residual block before it, or
// -1.
func flattenBefore(a *trainer.Architecture, b trainer.Block) int {
	at := -1
	if b.Inner {
		return at
	}
	for i := b.At - 1; i >= 0; i-- {
		switch a.Layers[i].Type {
		case trainer.Flatten:
			at = i
		case trainer.Dense:
			return -1
		case trainer.Conv, trainer.Residual:
			return at
		}
	}
	return -1
}

// atFlatten makes a change where the flatten of the name still is, with images of the same height and width before it.
func atFlatten(name string, in trainer.Shape, change func(a *trainer.Architecture, i int)) knob.Edit {
	return func(a *trainer.Architecture) {
		i := slices.IndexFunc(a.Layers, func(l trainer.Layer) bool { return l.Name == name && l.Type == trainer.Flatten })
		shapes, err := a.Shapes()
		if i < 1 || err != nil {
			return
		}
		if now := before(*a, shapes, i); now.H == in.H && now.W == in.W {
			change(a, i)
		}
	}
}
