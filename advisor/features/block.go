package features

import "probewise/trainer"

// block is a layer with weights and what stands behind it up to the next one. A net says the same whether batch norm and
// activation are the layer's own or layers of their own, as in Keras; by blocks both spellings give the same features.
type block struct {
	weights    trainer.Layer
	parameters int64 // of all its layers
	batchNorm  bool
	activation trainer.Activation // the first that is not linear
}

// blocks returns the blocks from the input to the output. Layers before the first one with weights belong to none.
func blocks(a trainer.Architecture, cost trainer.Cost) []block {
	var all []block
	for i, l := range a.Layers {
		if l.HasWeights() {
			all = append(all, block{weights: l, batchNorm: l.BatchNorm, activation: trainer.Linear})
		}
		if len(all) == 0 {
			continue
		}
		b := &all[len(all)-1]
		b.parameters += cost.Layers[i].Parameters
		b.batchNorm = b.batchNorm || l.Type == trainer.BatchNorm
		if b.activation == trainer.Linear && l.Activation != "" {
			b.activation = l.Activation
		}
	}
	return all
}

// rectified says whether the block's activation is of the ReLU family.
func (b block) rectified() bool {
	switch b.activation {
	case trainer.ReLU, trainer.LeakyReLU, trainer.ELU:
		return true
	}
	return false
}
