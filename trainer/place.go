package trainer

import "slices"

// The places in a net, counted over its layers with weights, 0…n−1, in the order of Architecture.All, which is that of
// Blocks:
//
//	first two, last two      InFirstTwo, InLastTwo
//	upper half               InUpperHalf, of any n layers, with the smaller part of an odd number
//	upper, lower hidden      UpperHidden, LowerHidden, of the layers before the output; the upper part is the larger
//	depth third              DepthThird, by kind; the output is by itself
//	layer set                LayerSet: all, first two ("lower"), middle, last two ("higher"), conv, dense

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
