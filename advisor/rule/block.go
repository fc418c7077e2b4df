package rule

import (
	"slices"

	"probewise/trainer"
)

// hidden returns all blocks but the output's, of the type; "" stands for any.
func hidden(a *trainer.Architecture, t trainer.LayerType) []trainer.Block {
	return slices.DeleteFunc(trainer.Hidden(trainer.Blocks(a)), func(b trainer.Block) bool {
		return t != "" && b.Layer().Type != t
	})
}

// chain returns the hidden blocks of the type that are in no residual block: their widths can be changed one by one.
func chain(a *trainer.Architecture, t trainer.LayerType) []trainer.Block {
	return slices.DeleteFunc(hidden(a, t), func(b trainer.Block) bool { return b.Inner })
}

// find returns the hidden or output block of the name.
func find(a *trainer.Architecture, name string) (trainer.Block, bool) {
	for _, b := range trainer.Blocks(a) {
		if b.Layer().Name == name {
			return b, true
		}
	}
	return trainer.Block{}, false
}

// names returns the blocks' names.
func names(some []trainer.Block) []string {
	all := make([]string, len(some))
	for i, b := range some {
		all[i] = b.Layer().Name
	}
	return all
}

// technique is a way of regularising a layer.
type technique string

const (
	penalty   technique = "L1/L2"
	batchNorm technique = "batch norm"
	dropout   technique = "dropout"
)

// techniques returns what regularises the block's weights, counting those of the layers after it that are given.
func techniques(b trainer.Block, after []trainer.Layer) []technique {
	l := b.Layer()
	norm, drop := l.BatchNorm, false
	for _, next := range after {
		norm = norm || next.Type == trainer.BatchNorm
		drop = drop || next.IsDropout()
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

// regularised says whether the block has any technique; dropout counts also after a pool or flatten.
func regularised(b trainer.Block) bool { return len(techniques(b, b.Following())) > 0 }

// unregularised returns the blocks without any technique.
func unregularised(some []trainer.Block) []trainer.Block {
	var free []trainer.Block
	for _, b := range some {
		if !regularised(b) {
			free = append(free, b)
		}
	}
	return free
}
