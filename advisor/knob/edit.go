package knob

import (
	"fmt"
	"math"
	"slices"

	"probewise/trainer"
)

// Edit changes an architecture, finding layers by name. Layers that are gone, or already as wanted, are left alone.
type Edit func(*trainer.Architecture)

// Change changes one block of an architecture, which may move its other layers.
type Change func(a *trainer.Architecture, b trainer.Block)

// Together makes the edits one after the other.
func Together(edits ...Edit) Edit {
	return func(a *trainer.Architecture) {
		for _, e := range edits {
			e(a)
		}
	}
}

// After returns the architecture that the edits make of a; a stays as it is.
func After(a trainer.Architecture, edits ...Edit) trainer.Architecture {
	a = a.Clone()
	Together(edits...)(&a)
	return a
}

// apart is the edit on a copy of the layers: the caller's architecture may share them with others.
func apart(e Edit) Edit {
	return func(a *trainer.Architecture) {
		*a = a.Clone()
		e(a)
	}
}

// Each makes a change to the blocks of the names that are still there.
func Each(layers []string, change Change) Edit {
	return func(a *trainer.Architecture) {
		for _, name := range layers {
			if b, ok := Find(a, name); ok {
				change(a, b)
			}
		}
	}
}

// onTraining changes the settings of the training.
func onTraining(change func(*trainer.Training)) Edit {
	return func(a *trainer.Architecture) { change(&a.Training) }
}

// Legal says whether the parser accepts the architecture.
func Legal(a trainer.Architecture) bool {
	_, err := trainer.Validate(a, trainer.Limits{})
	return err == nil
}

// Scaled returns the value, a learning rate or a penalty, times factor, at three significant digits.
func Scaled(value, factor float64) float64 {
	value *= factor
	if value <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(value))-2)
	return math.Round(value/unit) / math.Round(1/unit)
}

// Hidden returns all blocks but the output's, of the type; "" stands for any.
func Hidden(a *trainer.Architecture, t trainer.LayerType) []trainer.Block {
	return ofType(trainer.Hidden(trainer.Blocks(a)), t)
}

func ofType(blocks []trainer.Block, t trainer.LayerType) []trainer.Block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b trainer.Block) bool { return t != "" && b.Layer().Type != t })
}

// Chain returns the hidden blocks of the type that are in no residual block: their widths can be changed one by one.
func Chain(a *trainer.Architecture, t trainer.LayerType) []trainer.Block {
	return slices.DeleteFunc(Hidden(a, t), func(b trainer.Block) bool { return b.Inner })
}

// Find returns the hidden or output block of the name.
func Find(a *trainer.Architecture, name string) (trainer.Block, bool) {
	for _, b := range trainer.Blocks(a) {
		if b.Layer().Name == name {
			return b, true
		}
	}
	return trainer.Block{}, false
}

// Names returns the blocks' names.
func Names(some []trainer.Block) []string {
	all := make([]string, len(some))
	for i, b := range some {
		all[i] = b.Layer().Name
	}
	return all
}

// Has says whether a layer of the architecture has the name.
func Has(a trainer.Architecture, name string) bool { return layerOf(a, name) != nil }

// layerOf returns the layer of the name, nil where there is none.
func layerOf(a trainer.Architecture, name string) *trainer.Layer {
	for l := range a.All() {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// FreeName returns the first of kind1, kind2 … that no layer has.
func FreeName(a trainer.Architecture, kind string) string {
	for i := 1; ; i++ {
		if name := fmt.Sprintf("%s%d", kind, i); !Has(a, name) {
			return name
		}
	}
}

// remove takes the layers of the names away, out of residual blocks too.
func remove(names []string) Edit {
	var from func(list []trainer.Layer) []trainer.Layer
	from = func(list []trainer.Layer) []trainer.Layer {
		list = slices.DeleteFunc(list, func(l trainer.Layer) bool { return slices.Contains(names, l.Name) })
		for i := range list {
			list[i].Body, list[i].Shortcut = from(list[i].Body), from(list[i].Shortcut)
		}
		return list
	}
	return func(a *trainer.Architecture) { a.Layers = from(a.Layers) }
}

// insert puts layers into a list before index i.
func insert(list *[]trainer.Layer, i int, layers ...trainer.Layer) {
	*list = slices.Insert(*list, i, layers...)
}

// both makes two changes to a block, neither of which moves its layer.
func both(first, second Change) Change {
	return func(a *trainer.Architecture, b trainer.Block) {
		first(a, b)
		second(a, b)
	}
}
