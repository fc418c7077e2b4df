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

// blocks returns the blocks in the order of Architecture.All. Layers before the first one with weights belong to none;
// what stands behind a residual block belongs to the last block of its body.
func blocks(a trainer.Architecture, cost trainer.Cost) []block {
	c := collector{parameters: map[string]int64{}, at: -1}
	for _, l := range cost.Layers {
		c.parameters[l.Layer] = l.Parameters
	}
	c.add(a.Layers)
	return c.blocks
}

// collector gathers blocks; at is the one that the next layer stands behind, or -1.
type collector struct {
	parameters map[string]int64 // of the layers, by name
	blocks     []block
	at         int
}

func (c *collector) add(layers []trainer.Layer) {
	for _, l := range layers {
		if l.Type == trainer.Residual {
			c.add(l.Body)
			body := c.at
			c.at = -1
			c.add(l.Shortcut)
			c.at = body
			continue
		}
		if l.HasWeights() {
			c.at = len(c.blocks)
			c.blocks = append(c.blocks, block{weights: l, batchNorm: l.BatchNorm, activation: trainer.Linear})
		}
		if c.at < 0 {
			continue
		}
		b := &c.blocks[c.at]
		b.parameters += c.parameters[l.Name]
		b.batchNorm = b.batchNorm || l.Type == trainer.BatchNorm
		if b.activation == trainer.Linear && l.Activation != "" {
			b.activation = l.Activation
		}
	}
}

// rectified says whether the block's activation is of the ReLU family.
func (b block) rectified() bool {
	switch b.activation {
	case trainer.ReLU, trainer.LeakyReLU, trainer.ELU:
		return true
	}
	return false
}
