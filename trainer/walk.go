package trainer

import (
	"iter"
	"slices"
)

// All visits every layer: those of a residual block right after it, its body first, then its shortcut. What is changed
// through the pointers is changed in the architecture.
func (a Architecture) All() iter.Seq[*Layer] {
	return func(yield func(*Layer) bool) { visit(a.Layers, yield) }
}

func visit(layers []Layer, yield func(*Layer) bool) bool {
	for i := range layers {
		l := &layers[i]
		if !yield(l) || !visit(l.Body, yield) || !visit(l.Shortcut, yield) {
			return false
		}
	}
	return true
}

// Clone returns a copy that shares no layers with the architecture.
func (a Architecture) Clone() Architecture {
	a.Layers = cloneLayers(a.Layers)
	return a
}

func cloneLayers(layers []Layer) []Layer {
	layers = slices.Clone(layers)
	for i := range layers {
		layers[i].Body, layers[i].Shortcut = cloneLayers(layers[i].Body), cloneLayers(layers[i].Shortcut)
	}
	return layers
}
