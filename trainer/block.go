package trainer

import (
	"iter"
	"slices"
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

// What follows names places in a net. They are counted over its layers with weights, 0…n−1, in the order of
// Architecture.All, which is that of Blocks.

// InFirstTwo says whether layer i is one of the first two, which influence the result most (Salit).
func InFirstTwo(i int) bool { return i < 2 }

// InLastTwo says whether layer i of n is one of the last two. The output is one of them.
func InLastTwo(i, n int) bool { return i >= n-2 }

// InUpperHalf says whether layer i of n is in the upper half, which has the smaller part of an odd number.
func InUpperHalf(i, n int) bool { return 2*i >= n }

// UpperHidden returns the upper half of the hidden blocks, which has the larger part of an odd number: those that run
// to extreme values and are the ones to regularise (Salit). A net with a single hidden layer has none.
func UpperHidden(blocks []Block) []Block {
	hidden := Hidden(blocks)
	if len(hidden) < 2 {
		return nil
	}
	return hidden[len(hidden)/2:]
}

// LowerHidden returns the hidden blocks that are not among UpperHidden.
func LowerHidden(blocks []Block) []Block {
	hidden := Hidden(blocks)
	return hidden[:len(hidden)-len(UpperHidden(blocks))]
}

// DepthThird is where a layer with weights stands in its net, so that layers of different nets can be compared: its
// type, and the third of the layers with weights that it is in. The last layer, the one before softmax, is by itself.
type DepthThird string

// The thirds.
const (
	ConvLower   DepthThird = "conv-lower"
	ConvMiddle  DepthThird = "conv-middle"
	ConvHigher  DepthThird = "conv-higher"
	DenseLower  DepthThird = "dense-lower"
	DenseMiddle DepthThird = "dense-middle"
	DenseHigher DepthThird = "dense-higher"
	OutputLayer DepthThird = "output"
)

// DepthThirds returns the third of each layer with weights, by layer name.
func DepthThirds(a Architecture) map[string]DepthThird {
	blocks := Blocks(&a)
	thirds := make(map[string]DepthThird, len(blocks))
	for i, b := range blocks {
		l, third := b.Layer(), min(3*i/max(len(blocks)-1, 1), 2)
		switch {
		case i == len(blocks)-1:
			thirds[l.Name] = OutputLayer
		case l.Type == Conv:
			thirds[l.Name] = [...]DepthThird{ConvLower, ConvMiddle, ConvHigher}[third]
		default:
			thirds[l.Name] = [...]DepthThird{DenseLower, DenseMiddle, DenseHigher}[third]
		}
	}
	return thirds
}

// LayerSet is a group of a net's layers with weights that statistics are averaged over. A net of few layers has layers
// in several sets, or none in one.
type LayerSet string

// The sets.
const (
	AllLayers    LayerSet = "all"
	FirstTwo     LayerSet = "lower"
	MiddleLayers LayerSet = "middle" // those that are neither among the first two nor among the last two
	LastTwo      LayerSet = "higher"
	ConvLayers   LayerSet = "conv"
	DenseLayers  LayerSet = "dense"
)

// LayerSets lists them.
func LayerSets() []LayerSet {
	return []LayerSet{AllLayers, FirstTwo, MiddleLayers, LastTwo, ConvLayers, DenseLayers}
}

// Valid says whether s is one of LayerSets.
func (s LayerSet) Valid() bool { return slices.Contains(LayerSets(), s) }

// Has says whether layer i of n, of the type, is in the set.
func (s LayerSet) Has(i, n int, t LayerType) bool {
	switch s {
	case FirstTwo:
		return InFirstTwo(i)
	case MiddleLayers:
		return !InFirstTwo(i) && !InLastTwo(i, n)
	case LastTwo:
		return InLastTwo(i, n)
	case ConvLayers, DenseLayers:
		return string(t) == string(s)
	}
	return true
}

// HasLayersAt says whether the architecture has layers in the set.
func (a Architecture) HasLayersAt(s LayerSet) bool {
	blocks := Blocks(&a)
	for i, b := range blocks {
		if s.Has(i, len(blocks), b.Layer().Type) {
			return true
		}
	}
	return false
}

// IsPool says whether the layer is a pool, a global one included.
func (l Layer) IsPool() bool { return l.kind().pools != noPool }

// IsDropout says whether the layer drops values or whole channels.
func (l Layer) IsDropout() bool { return l.Type == Dropout || l.Type == SpatialDropout }
