package trainer

import (
	"iter"
)

// Block is a layer with weights and the layers after it, up to the next one with weights or the next residual block, in
// one list of layers: the net's, or the body or shortcut of a residual block. A net says the same whether batch norm
// and activation are the layer's own or layers of their own, as in Keras: in blocks the two look alike.
type Block struct {
	List     *[]Layer // edits of the list are edits of the net; they make the places below stale
	At, End  int      // the block is (*List)[At:End]
	Inner    bool     // inside a residual block
	Shortcut bool     // in its shortcut
	beyond   []*Layer // see Path
}

// Blocks returns the blocks in the order of Architecture.All: from the input to the output, a body before its shortcut.
// Layers before the first one with weights belong to none.
func Blocks(a *Architecture) []Block {
	w := blockWalk{last: -1}
	w.list(&a.Layers, false, false)
	return w.blocks
}

// blockWalk gathers blocks; last is the one that the walk came from on its way to the output, or -1.
type blockWalk struct {
	blocks []Block
	last   int
}

func (w *blockWalk) list(list *[]Layer, inner, shortcut bool) {
	open := -1 // the block of this list that the next layers follow
	for i := range *list {
		l := &(*list)[i]
		if open >= 0 && (l.HasWeights() || l.Type == Residual) {
			w.blocks[open].End = i
			open = -1
		}
		switch {
		case l.Type == Residual:
			w.list(&l.Body, true, false)
			body := w.last
			w.last = -1
			w.list(&l.Shortcut, true, true)
			w.last = body
		case l.HasWeights():
			open, w.last = len(w.blocks), len(w.blocks)
			w.blocks = append(w.blocks, Block{List: list, At: i, End: len(*list), Inner: inner, Shortcut: shortcut})
		case open < 0 && w.last >= 0:
			w.blocks[w.last].beyond = append(w.blocks[w.last].beyond, l)
		}
	}
}

// Layer is the layer with weights.
func (b Block) Layer() *Layer { return &(*b.List)[b.At] }

// Following returns the layers after it.
func (b Block) Following() []Layer { return (*b.List)[b.At+1 : b.End] }

// DirectEnd is the end, in List, of the layers directly after the one with weights: batch norm, activation, dropout.
func (b Block) DirectEnd() int {
	for i, l := range b.Following() {
		if l.Type != BatchNorm && l.Type != Activate && !l.IsDropout() {
			return b.At + 1 + i
		}
	}
	return b.End
}

// Direct returns the layers directly after the one with weights.
func (b Block) Direct() []Layer { return (*b.List)[b.At+1 : b.DirectEnd()] }

// Activation returns the block's activation: the layer's own, or else that of the first activation layer directly
// after.
func (b Block) Activation() Activation {
	if own := b.Layer().Activation; own != Linear && own != "" {
		return own
	}
	for _, l := range b.Direct() {
		if l.Type == Activate {
			return l.Activation
		}
	}
	return Linear
}

// Output is the layer whose output is the block's activations, of which statistics are kept: the last of the batch norm
// and activation layers that follow the one with weights without any other in between.
func (b Block) Output() *Layer {
	output := b.Layer()
	for i := b.At + 1; i < b.End; i++ {
		if l := &(*b.List)[i]; l.Type == BatchNorm || l.Type == Activate {
			output = l
		} else {
			break
		}
	}
	return output
}

// Path visits the layer with weights and all after it on the way to the output, up to the next one with weights, out of
// residual blocks and into bodies: what follows a sum belongs to the last block of the body.
func (b Block) Path() iter.Seq[*Layer] {
	return func(yield func(*Layer) bool) {
		for i := b.At; i < b.End; i++ {
			if !yield(&(*b.List)[i]) {
				return
			}
		}
		for _, l := range b.beyond {
			if !yield(l) {
				return
			}
		}
	}
}

// PathActivation is the first activation on the path that is not linear, also after a pool or a sum. It differs from
// Activation where anything but batch norm and dropout stands before it.
func (b Block) PathActivation() Activation {
	for l := range b.Path() {
		if l.Activation != Linear && l.Activation != "" {
			return l.Activation
		}
	}
	return Linear
}

// PathBatchNorm says whether there is a batch norm on the path.
func (b Block) PathBatchNorm() bool {
	for l := range b.Path() {
		if l.BatchNorm || l.Type == BatchNorm {
			return true
		}
	}
	return false
}

// Hidden returns all blocks but the output's, the last.
func Hidden(blocks []Block) []Block { return blocks[:max(len(blocks)-1, 0)] }
