package rule

import "probewise/trainer"

// block is a layer with weights, a.Layers[at], and the layers behind it up to the next one with weights, a.Layers[at+1:end].
type block struct{ at, end int }

// blocks returns the blocks from the input to the output.
func blocks(a *trainer.Architecture) []block {
	var all []block
	for i, l := range a.Layers {
		if l.HasWeights() {
			if n := len(all); n > 0 {
				all[n-1].end = i
			}
			all = append(all, block{i, len(a.Layers)})
		}
	}
	return all
}

// hidden returns all blocks but the output's, of the type; "" stands for any.
func hidden(a *trainer.Architecture, t trainer.LayerType) []block {
	all := blocks(a)
	var some []block
	for _, b := range all[:max(len(all)-1, 0)] {
		if t == "" || a.Layers[b.at].Type == t {
			some = append(some, b)
		}
	}
	return some
}

// higher returns the higher half of the hidden blocks: those that run to extreme values and are the ones to regularise
// (Salit). A net with a single hidden layer has none.
func higher(a *trainer.Architecture) []block {
	all := hidden(a, "")
	if len(all) < 2 {
		return nil
	}
	return all[len(all)/2:]
}

// lower returns the hidden blocks that are not higher ones.
func lower(a *trainer.Architecture) []block {
	all := hidden(a, "")
	return all[:len(all)-len(higher(a))]
}

// find returns the hidden or output block of the name.
func find(a *trainer.Architecture, name string) (block, bool) {
	for _, b := range blocks(a) {
		if a.Layers[b.at].Name == name {
			return b, true
		}
	}
	return block{}, false
}

// names returns the blocks' names.
func names(a *trainer.Architecture, some []block) []string {
	all := make([]string, len(some))
	for i, b := range some {
		all[i] = a.Layers[b.at].Name
	}
	return all
}

// directly returns the end of the layers directly behind the block's weights: batch norm, activation and dropout.
func (b block) directly(a *trainer.Architecture) int {
	for i := b.at + 1; i < b.end; i++ {
		switch a.Layers[i].Type {
		case trainer.BatchNorm, trainer.Activate, trainer.Dropout, trainer.SpatialDropout:
		default:
			return i
		}
	}
	return b.end
}

// activation returns the block's activation: the layer's own, or that of an activation layer directly behind it.
func (b block) activation(a *trainer.Architecture) trainer.Activation {
	if own := a.Layers[b.at].Activation; own != trainer.Linear && own != "" {
		return own
	}
	for _, l := range a.Layers[b.at+1 : b.directly(a)] {
		if l.Type == trainer.Activate {
			return l.Activation
		}
	}
	return trainer.Linear
}

// technique is a way of regularising a layer.
type technique string

const (
	penalty   technique = "L1/L2"
	batchNorm technique = "batch norm"
	dropout   technique = "dropout"
)

func isDropout(l trainer.Layer) bool {
	return l.Type == trainer.Dropout || l.Type == trainer.SpatialDropout
}

// techniques returns what regularises the block's weights, counting the layers up to end.
func (b block) techniques(a *trainer.Architecture, end int) []technique {
	l := a.Layers[b.at]
	norm, drop := l.BatchNorm, false
	for _, behind := range a.Layers[b.at+1 : end] {
		norm = norm || behind.Type == trainer.BatchNorm
		drop = drop || isDropout(behind)
	}
	var found []technique
	if l.L1 > 0 || l.L2 > 0 {
		found = append(found, penalty)
	}
	if norm {
		found = append(found, batchNorm)
	}
	if drop {
		found = append(found, dropout)
	}
	return found
}

// regularised says whether the block has any technique; dropout counts also behind a pool or flatten.
func (b block) regularised(a *trainer.Architecture) bool { return len(b.techniques(a, b.end)) > 0 }

// unregularised returns the blocks without any technique.
func unregularised(a *trainer.Architecture, some []block) []block {
	var free []block
	for _, b := range some {
		if !b.regularised(a) {
			free = append(free, b)
		}
	}
	return free
}
