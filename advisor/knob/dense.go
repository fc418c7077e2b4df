package knob

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// newUnits are those of a dense layer that is added, the first that does not cost too much.
var newUnits = []int{128, 64, 32}

var denseLayers = Knob{
	Name:  "dense-layers",
	Title: "Hidden dense layers",
	Does:  "Sets how many dense layers stand between the conv layers and the output.",
	Range: fmt.Sprintf("Any number: the last one removed, all removed, one of %d units (of fewer where that costs too "+
		"much) added before the output or, where there are others, before the first.", newUnits[0]),
	Costs: "The first one after flatten holds most of a net's parameters; compute is small.",
	When: "Fewer where there are more than two, or they overfit; one more where the output reads the conv layers " +
		"directly.",
	Theme: advisor.Reshape,
	Settings: settings("dense-layers", advisor.Reshape, func(a trainer.Architecture, l *list) {
		dense := Names(Chain(&a, trainer.Dense))
		if n := len(dense); n > 0 {
			l.add("−1", "Take out "+dense[n-1], Removed(dense[n-1:]))
			l.add("none", "Take out "+figure.List(dense), Removed(dense))
		}
		addDense(a, l, dense)
	}),
	differs: differentNames(trainer.Dense),
}

// Removed takes hidden dense layers away with all that comes after them, but not out of residual blocks.
func Removed(layers []string) Edit {
	return Each(layers, func(_ *trainer.Architecture, b trainer.Block) {
		if b.Layer().Type == trainer.Dense && !b.Inner {
			*b.List = slices.Delete(*b.List, b.At, b.End)
		}
	})
}

// addDense adds the settings of one more dense layer: before the output, and before the first hidden one.
func addDense(a trainer.Architecture, l *list, dense []string) {
	hidden, blocks := Hidden(&a, ""), trainer.Blocks(&a)
	if len(hidden) == 0 || blocks[len(blocks)-1].Layer().Type != trainer.Dense {
		return
	}
	name := FreeName(a, "dense")
	style := hidden[len(hidden)-1]
	before := func(size, layer string) {
		edit := func(units int) Edit {
			return func(a *trainer.Architecture) {
				if at := indexOf(a, layer); at >= 0 && !Has(*a, name) {
					insert(&a.Layers, at, denseLike(style, name, units))
				}
			}
		}
		units := affordable(a, newUnits, edit)
		l.add(size, fmt.Sprintf("Add a dense layer of %d units before %s", units, layer), edit(units))
	}
	before("+1", blocks[len(blocks)-1].Layer().Name)
	if len(dense) > 0 {
		before("+1 first", dense[0])
	}
}

// differentNames says whether the layers of the type differ by name.
func differentNames(t trainer.LayerType) func(base, revised trainer.Architecture) bool {
	names := func(a trainer.Architecture) []string { return Names(ofType(trainer.Blocks(&a), t)) }
	return func(base, revised trainer.Architecture) bool { return !slices.Equal(names(base), names(revised)) }
}
