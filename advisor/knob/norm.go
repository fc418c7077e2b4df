package knob

import (
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

var batchNorm = Knob{
	Name:  "batch-norm",
	Title: "Batch norm",
	Does: "Gives the outputs of a layer, before its activation, mean 0 and variance 1 over the batch (Ioffe & Szegedy " +
		"2015).",
	Range: "On or off, by layer: added to all hidden layers, all conv layers, the higher or the lower half; removed " +
		"from the same.",
	Costs: "Two parameters per channel; some 10 to 30 % of the time and one more activation in memory.",
	When: "Added where activations spread, gradients shrink or explode from layer to layer, or the net learns slowly. " +
		"Removed where batches are tiny.",
	Theme:    advisor.Stabilise,
	Settings: settings("batch-norm", advisor.Stabilise, norms),
	differs:  differently(trainer.Block.PathBatchNorm),
}

func norms(a trainer.Architecture, l *list) {
	blocks := trainer.Blocks(&a)
	places := []struct {
		name   string
		blocks []trainer.Block
	}{
		{"all", trainer.Hidden(blocks)},
		{"conv", Hidden(&a, trainer.Conv)},
		{"higher", trainer.UpperHidden(blocks)},
		{"lower", trainer.LowerHidden(blocks)},
	}
	for _, place := range places {
		var free, have []string
		for _, b := range place.blocks {
			if b.PathBatchNorm() {
				have = append(have, b.Layer().Name)
			} else {
				free = append(free, b.Layer().Name)
			}
		}
		if len(free) > 0 {
			l.add(place.name, "Add batch norm to "+figure.List(free), Each(free, Normalise))
		}
		if len(have) > 0 {
			l.add("off "+place.name, "Remove batch norm from "+figure.List(have), unnormalised(&a, have))
		}
	}
}

// Normalise adds batch norm, unless one follows on the way to the next layer with weights.
func Normalise(_ *trainer.Architecture, b trainer.Block) {
	if !b.PathBatchNorm() {
		l := b.Layer()
		l.BatchNorm, l.Momentum, l.Epsilon = true, trainer.BatchNormMomentum, trainer.BatchNormEpsilon
	}
}

// Unnormalised takes batch norm off: the layer's own and those directly after it.
func Unnormalised(_ *trainer.Architecture, b trainer.Block) {
	notNormed(b.Layer())
	directly(b, func(l trainer.Layer) bool { return l.Type == trainer.BatchNorm })
}

// NormsQuicker lowers the momentum of batch norms to what is given. A layer's own batch norm, which always has Keras'
// momentum, becomes a layer after it, and so does its activation.
func NormsQuicker(layers []string, momentum float64) Edit {
	own := Each(layers, func(a *trainer.Architecture, b trainer.Block) {
		l := b.Layer()
		if !l.BatchNorm || l.Momentum <= momentum {
			return
		}
		norm := trainer.Layer{Type: trainer.BatchNorm, Name: FreeName(*a, "batch_norm"), Momentum: momentum,
			Epsilon: l.Epsilon}
		parts := []trainer.Layer{norm}
		if l.Activation != trainer.Linear {
			parts = append(parts, trainer.Layer{Type: trainer.Activate, Name: FreeName(*a, "activation"),
				Activation: l.Activation, NegativeSlope: l.NegativeSlope})
			l.Activation, l.NegativeSlope = trainer.Linear, 0
		}
		notNormed(l)
		insert(b.List, b.At+1, parts...)
	})
	return func(a *trainer.Architecture) {
		own(a)
		for l := range a.All() {
			if l.Type == trainer.BatchNorm && slices.Contains(layers, l.Name) {
				l.Momentum = min(l.Momentum, momentum)
			}
		}
	}
}

func notNormed(l *trainer.Layer) { l.BatchNorm, l.Momentum, l.Epsilon = false, 0, 0 }

// unnormalised takes batch norm off the layers: their own, and every one on the way to the next layer with weights,
// also after a pool or a sum.
func unnormalised(a *trainer.Architecture, layers []string) Edit {
	var apart []string
	for _, b := range trainer.Blocks(a) {
		if slices.Contains(layers, b.Layer().Name) {
			for l := range b.Path() {
				if l.Type == trainer.BatchNorm {
					apart = append(apart, l.Name)
				}
			}
		}
	}
	return Together(remove(apart), Each(layers, func(_ *trainer.Architecture, b trainer.Block) { notNormed(b.Layer()) }))
}

// directly takes the layers that are so away from directly after the one with weights.
func directly(b trainer.Block, gone func(trainer.Layer) bool) {
	layers := *b.List
	after := slices.Clone(b.Direct())
	*b.List = slices.Concat(layers[:b.At+1], slices.DeleteFunc(after, gone), layers[b.DirectEnd():])
}
