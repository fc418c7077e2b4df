package knob

import (
	"slices"

	"probewise/trainer"
)

// thirds is the number of parts of a single stage that count as stages.
const thirds = 3

// MinStageConvs is the number of conv layers from which the thirds of a single stage count as stages.
const MinStageConvs = thirds

// Stages returns the names of the hidden conv layers by stage. A stage ends at a pool or before a stride above 1; the
// projections of residual blocks belong to the stage of the body. Where there is a single stage, of three or more conv
// layers, its thirds count as stages.
func Stages(a *trainer.Architecture) [][]string {
	all := stages(a)
	if len(all) != 1 || len(all[0]) < thirds {
		return all
	}
	parts := make([][]string, thirds)
	for i, name := range all[0] {
		third := i * thirds / len(all[0])
		parts[third] = append(parts[third], name)
	}
	return parts
}

func stages(a *trainer.Architecture) [][]string {
	var all [][]string
	convs, beside := map[string]trainer.Block{}, map[string]bool{} // beside a body: in a shortcut
	for _, b := range Hidden(a, trainer.Conv) {
		convs[b.Layer().Name] = b
	}
	open := false
	for l := range a.All() {
		b, conv := convs[l.Name]
		switch {
		case conv:
			if !open || l.Stride[0]*l.Stride[1] > 1 && !b.Shortcut {
				all = append(all, nil)
			}
			all[len(all)-1] = append(all[len(all)-1], l.Name)
			open = true
		case l.IsPool() && !beside[l.Name]:
			open = false
		}
		for _, s := range l.Shortcut {
			beside[s.Name] = true
		}
	}
	return all
}

// StageFilters returns the most filters of each stage.
func StageFilters(a *trainer.Architecture, stages [][]string) []int {
	most := make([]int, len(stages))
	for i, stage := range stages {
		for _, name := range stage {
			if b, ok := Find(a, name); ok {
				most[i] = max(most[i], b.Layer().Filters)
			}
		}
	}
	return most
}

// Filtered gives each stage its number of filters.
func Filtered(stages [][]string, filters []int) Edit {
	return func(a *trainer.Architecture) {
		for i, stage := range stages {
			Each(stage, func(_ *trainer.Architecture, b trainer.Block) { b.Layer().Filters = filters[i] })(a)
		}
	}
}

// trunk is the part of a net before its head, with the shapes between its own layers; those inside residual blocks are
// not among them.
type trunk struct {
	a      *trainer.Architecture
	shapes []trainer.Shape // the input's, then the output's of each of a.Layers
	head   int             // index of flatten or a global pool, -1 where there is none
}

// trunkOf looks at a net whose shapes fit.
func trunkOf(a *trainer.Architecture) (trunk, bool) {
	all, err := a.Shapes()
	if err != nil {
		return trunk{}, false
	}
	t := trunk{a: a, shapes: []trainer.Shape{{C: a.Input[2], H: a.Input[0], W: a.Input[1]}}, head: -1}
	at := 0
	for i, l := range a.Layers {
		t.shapes = append(t.shapes, all[at])
		if t.head < 0 && !t.shapes[i].Flat && all[at].Flat {
			t.head = i
		}
		at++
		for range inside(l) {
			at++
		}
	}
	return t, true
}

// inside lists the layers inside a residual block.
func inside(l trainer.Layer) []trainer.Layer {
	all := slices.Concat(l.Body, l.Shortcut)
	for _, inner := range all {
		all = append(all, inside(inner)...)
	}
	return all
}

// Head returns the layer that turns images into features, flatten or a global pool, with the shape in front of it.
func Head(a *trainer.Architecture) (head trainer.Layer, before trainer.Shape, ok bool) {
	t, ok := trunkOf(a)
	if !ok || t.head < 0 {
		return head, before, false
	}
	return a.Layers[t.head], t.before(t.head), true
}

// before is the shape in front of layer i of the net's own.
func (t trunk) before(i int) trainer.Shape { return t.shapes[i] }

// after is the shape behind it.
func (t trunk) after(i int) trainer.Shape { return t.shapes[i+1] }

// convs returns the hidden conv blocks of the trunk that are in no residual block.
func (t trunk) convs() []trainer.Block {
	return slices.DeleteFunc(Chain(t.a, trainer.Conv), func(b trainer.Block) bool { return t.head >= 0 && b.At > t.head })
}

// indexOf is the place of one of the net's own layers, -1 where there is none of the name.
func indexOf(a *trainer.Architecture, name string) int {
	return slices.IndexFunc(a.Layers, func(l trainer.Layer) bool { return l.Name == name })
}

// isWindow says whether the layer is a pool that moves a window, not a global one.
func isWindow(l trainer.Layer) bool { return l.Type == trainer.MaxPool || l.Type == trainer.AvgPool }

// MaxPool halves height and width.
func MaxPool(name string) trainer.Layer {
	two := [2]int{2, 2}
	return trainer.Layer{Type: trainer.MaxPool, Name: name, Size: two, Stride: two, Padding: trainer.Valid}
}

// like is a layer of the type in the style of a block: with its initialiser, penalties, batch norm and activation, as
// the layer's own.
func like(b trainer.Block, t trainer.LayerType, name string) trainer.Layer {
	l := *b.Layer()
	l.Type, l.Name, l.Bias = t, name, true
	l.Activation, l.NegativeSlope = trainer.ReLU, 0
	for next := range b.Path() {
		if on := next.Activation; on != trainer.Linear && on != "" && on != trainer.Softmax {
			l.Activation, l.NegativeSlope = on, next.NegativeSlope
			break
		}
	}
	notNormed(&l)
	if b.PathBatchNorm() {
		l.BatchNorm, l.Momentum, l.Epsilon = true, trainer.BatchNormMomentum, trainer.BatchNormEpsilon
	}
	return l
}

// convLike is a convolution of stride 1 with padding in the style of a conv block.
func convLike(b trainer.Block, name string, filters int) trainer.Layer {
	l := like(b, trainer.Conv, name)
	l.Filters, l.Stride, l.Padding = filters, [2]int{1, 1}, trainer.Same
	return l
}

// denseLike is a dense layer in the style of a block, conv or dense.
func denseLike(b trainer.Block, name string, units int) trainer.Layer {
	l := like(b, trainer.Dense, name)
	l.Filters, l.Kernel, l.Stride, l.Padding, l.Units = 0, [2]int{}, [2]int{}, "", units
	return l
}
