package knob

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	pooledSide = 4 // height and width of images that another pool may halve
	convSide   = 2 // from which a convolution sees more than the centre of its kernel
)

var convLayers = Knob{
	Name:  "conv-layers",
	Title: "Conv layers and stages",
	Does:  "Sets how many conv layers, and stages of them between pools, a net has.",
	Range: fmt.Sprintf("At least one: a stage (conv of twice the last filters, up to %d, or fewer where that "+
		"costs too much, and a pool where images are %d pixels high and wide) added at the top; the last stage removed; "+
		"the last conv layer of each stage, or of the last stage, doubled.",
		maxFilters, pooledSide),
	Costs: "Compute as the layers added; a stage with a pool makes the dense layers after flatten smaller.",
	When: "More where training accuracy stays low with healthy gradients; fewer where images have shrunk to a few " +
		"pixels or gradients vanish.",
	Theme: advisor.Reshape,
	Settings: settings("conv-layers", advisor.Reshape, func(a trainer.Architecture, l *list) {
		t, ok := trunkOf(&a)
		if !ok {
			return
		}
		addStage(t, l)
		removeStage(t, l)
		doubleConvs(t, l)
	}),
	differs: differentNames(trainer.Conv),
}

// addStage adds a conv layer and, where the images are large enough, a pool before the head.
func addStage(t trunk, l *list) {
	convs := Hidden(t.a, trainer.Conv)
	if t.head < 0 || len(convs) == 0 || !hiddenTrunk(t) {
		return
	}
	in, last := t.before(t.head), convs[len(convs)-1]
	if min(in.H, in.W) < convSide {
		return
	}
	head, pooled := t.a.Layers[t.head].Name, min(in.H, in.W) >= pooledSide
	name, pool := FreeName(*t.a, "conv"), FreeName(*t.a, "max_pool")
	stage := func(filters int) Edit {
		return func(a *trainer.Architecture) {
			at := indexOf(a, head)
			if at < 0 || Has(*a, name) {
				return
			}
			conv := convLike(last, name, filters)
			if conv.Kernel[0] < 3 || conv.Kernel[1] < 3 {
				conv.Kernel = [2]int{3, 3}
			}
			added := []trainer.Layer{conv}
			if pooled {
				added = append(added, MaxPool(pool))
			}
			insert(&a.Layers, at, added...)
		}
	}
	now := last.Layer().Filters
	filters := affordable(*t.a, []int{max(min(2*now, maxFilters), now), now, (now + 1) / 2}, stage)
	title := fmt.Sprintf("Add a conv layer of %d filters", filters)
	if pooled {
		title += " and a pool"
	}
	l.add("+1 stage", title+" before "+head, stage(filters))
}

// hiddenTrunk says whether the output layer comes after the head: no conv before it gives the classes.
func hiddenTrunk(t trunk) bool {
	blocks := trainer.Blocks(t.a)
	last := blocks[len(blocks)-1]
	return !last.Inner && last.At > t.head
}

// removeStage takes the last stage out: everything from its first conv layer, or the residual block around it, to the
// head.
func removeStage(t trunk, l *list) {
	all := stages(t.a)
	if t.head < 0 || len(all) < 2 || !hiddenTrunk(t) {
		return
	}
	last := all[len(all)-1]
	from := slices.IndexFunc(t.a.Layers, func(l trainer.Layer) bool {
		return l.Name == last[0] || slices.ContainsFunc(inside(l), func(i trainer.Layer) bool { return i.Name == last[0] })
	})
	if from < 1 || from > t.head {
		return
	}
	var names []string
	for _, layer := range t.a.Layers[from:t.head] {
		names = append(names, layer.Name)
	}
	l.add("−1 stage", "Take out the last stage: "+figure.List(names), remove(names))
}

// doubleConvs puts a copy behind the last conv layer of each stage.
func doubleConvs(t trunk, l *list) {
	twins := map[string]string{}
	var names []string
	for _, stage := range stages(t.a) {
		name := stage[len(stage)-1]
		i := slices.IndexFunc(t.convs(), func(b trainer.Block) bool { return b.Layer().Name == name })
		if i < 0 {
			continue
		}
		if out := t.after(t.convs()[i].At); min(out.H, out.W) >= convSide {
			twins[name] = FreeName(*t.a, name+"_")
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	double := func(a *trainer.Architecture, b trainer.Block) {
		if twin := twins[b.Layer().Name]; !Has(*a, twin) {
			insert(b.List, afterActivation(b), convLike(b, twin, b.Layer().Filters))
		}
	}
	last := names[len(names)-1:]
	l.add("doubled", "Add a conv layer of the same size after "+figure.List(names), Each(names, double))
	l.add("doubled last", "Add a conv layer of the same size after "+last[0], Each(last, double))
}
