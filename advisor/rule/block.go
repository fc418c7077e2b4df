package rule

import (
	"slices"

	"probewise/trainer"
)

// block is a layer with weights, (*list)[at], and the layers behind it up to the next one with weights or the next
// residual block, (*list)[at+1:end]. The list is the architecture's, or a residual block's body or shortcut.
type block struct {
	list     *[]trainer.Layer
	at, end  int
	inner    bool // inside a residual block
	shortcut bool
}

// layer is the layer with weights.
func (b block) layer() *trainer.Layer { return &(*b.list)[b.at] }

// behind returns the layers behind it.
func (b block) behind() []trainer.Layer { return (*b.list)[b.at+1 : b.end] }

// blocks returns the blocks in the order of Architecture.All: from the input to the output, a body before its shortcut.
func blocks(a *trainer.Architecture) []block { return blocksOf(&a.Layers, false, false) }

func blocksOf(list *[]trainer.Layer, inner, shortcut bool) []block {
	var all []block
	open := -1 // the block that the next layers stand behind
	for i := range *list {
		l := &(*list)[i]
		if l.HasWeights() || l.Type == trainer.Residual {
			if open >= 0 {
				all[open].end = i
			}
			open = -1
		}
		if l.HasWeights() {
			open = len(all)
			all = append(all, block{list, i, len(*list), inner, shortcut})
		}
		all = append(all, blocksOf(&l.Body, true, false)...)
		all = append(all, blocksOf(&l.Shortcut, true, true)...)
	}
	return all
}

// hidden returns all blocks but the output's, of the type; "" stands for any.
func hidden(a *trainer.Architecture, t trainer.LayerType) []block {
	all := blocks(a)
	var some []block
	for _, b := range all[:max(len(all)-1, 0)] {
		if t == "" || b.layer().Type == t {
			some = append(some, b)
		}
	}
	return some
}

// chain returns the hidden blocks of the type that are in no residual block: their widths can be changed one by one.
func chain(a *trainer.Architecture, t trainer.LayerType) []block {
	return slices.DeleteFunc(hidden(a, t), func(b block) bool { return b.inner })
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
		if b.layer().Name == name {
			return b, true
		}
	}
	return block{}, false
}

// names returns the blocks' names.
func names(some []block) []string {
	all := make([]string, len(some))
	for i, b := range some {
		all[i] = b.layer().Name
	}
	return all
}

// directly returns the end of the layers directly behind the block's weights: batch norm, activation and dropout.
func (b block) directly() int {
	for i, l := range b.behind() {
		switch l.Type {
		case trainer.BatchNorm, trainer.Activate, trainer.Dropout, trainer.SpatialDropout:
		default:
			return b.at + 1 + i
		}
	}
	return b.end
}

// activation returns the block's activation: the layer's own, or that of an activation layer directly behind it.
func (b block) activation() trainer.Activation {
	if own := b.layer().Activation; own != trainer.Linear && own != "" {
		return own
	}
	for _, l := range (*b.list)[b.at+1 : b.directly()] {
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
func (b block) techniques(end int) []technique {
	l := b.layer()
	norm, drop := l.BatchNorm, false
	for _, behind := range (*b.list)[b.at+1 : end] {
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
func (b block) regularised() bool { return len(b.techniques(b.end)) > 0 }

// unregularised returns the blocks without any technique.
func unregularised(a *trainer.Architecture, some []block) []block {
	var free []block
	for _, b := range some {
		if !b.regularised() {
			free = append(free, b)
		}
	}
	return free
}
