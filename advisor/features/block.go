package features

import "probewise/trainer"

// block is what the features say of a layer with weights and all after it up to the next one: they read a net alike
// whether batch norm and activation are the layer's own or layers of their own.
type block struct {
	trainer.Block
	parameters int64 // of all its layers
}

// blocks returns the blocks in the order of Architecture.All.
func blocks(a *trainer.Architecture, cost trainer.Cost) []block {
	parameters := map[string]int64{} // by layer
	for _, l := range cost.Layers {
		parameters[l.Layer] = l.Parameters
	}
	var all []block
	for _, b := range trainer.Blocks(a) {
		own := block{Block: b}
		for l := range b.Path() {
			own.parameters += parameters[l.Name]
		}
		all = append(all, own)
	}
	return all
}

// rectified says whether the block's activation is of the ReLU family.
func (b block) rectified() bool {
	switch b.PathActivation() {
	case trainer.ReLU, trainer.LeakyReLU, trainer.ELU:
		return true
	}
	return false
}
