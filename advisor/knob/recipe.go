package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	recipeDropout = 0.3 // after each hidden dense layer
	recipeUnits   = 128 // of the standard net's hidden dense layer
	recipeMost    = 256 // filters of a conv layer of the standard net
	recipeStages  = 5   // of it at most
	stageSide     = 6   // height and width from which images bear another stage
)

// recipeFilters are those of the standard net's first stage, tried from the front until the growth is allowed.
var recipeFilters = []int{32, 24, 16, 12, 8, 4}

// standardSizes bound the training FLOPs of a standard net, as a multiple of those before. A search with the budget of
// one full training can confirm no more than the double.
var standardSizes = []struct {
	name   string
	growth float64
}{{"standard net", maxGrowth}, {"smaller standard net", 2}}

var recipe = Knob{
	Name:  "recipe",
	Title: "Recipe",
	Does:  "Sets several knobs at once, as practitioners do when a net does not train well.",
	Range: fmt.Sprintf("usual: adam at %g, cosine, batches of %d, no L1, no L2, no dropout between conv layers, "+
		"no clipping, relu for sigmoid, tanh and softmax; the same with batch norm on all conv layers, with that and "+
		"dropout %g after hidden dense layers; and with a standard net: filters that double from up to %d, 3×3, a pool "+
		"after each stage, one hidden dense layer of %d units, without and with batch norm on conv layers, at most %g "+
		"and at most %g times as expensive to train.",
		usualAdaptive, usualBatch, recipeDropout, recipeFilters[0], recipeUnits,
		standardSizes[0].growth, standardSizes[1].growth),
	Costs: "What its parts cost; the standard net has its own size.",
	When:  "Where several things are wrong at once, so that no single change shows.",
	Theme: advisor.Rework,
	Settings: settings("recipe", advisor.Rework, func(a trainer.Architecture, l *list) {
		usual := usualTraining(a)
		convs, dense := Names(Hidden(&a, trainer.Conv)), Names(Chain(&a, trainer.Dense))
		title := usualTitle(a)
		l.add("usual", title, usual)
		if len(convs) > 0 {
			l.add("usual, batch norm", title+"; with batch norm on all conv layers", usual, Each(convs, Normalise))
			if len(dense) > 0 {
				l.add("usual, batch norm, dropout", fmt.Sprintf("%s; with batch norm on all conv layers and dropout %g after "+
					"hidden dense layers", title, recipeDropout), usual, Each(convs, Normalise), denselyDropped(dense))
			}
		}
		for _, of := range standardSizes {
			for _, norm := range []bool{false, true} {
				net, ok := standardNet(a, norm, of.growth)
				if !ok {
					continue
				}
				size, with := of.name, ""
				if norm {
					size, with = of.name+", batch norm", " and batch norm"
				}
				l.add(size, fmt.Sprintf("Build a standard net with the usual training: %s%s", outline(net), with),
					func(a *trainer.Architecture) { a.Layers = net.Clone().Layers }, usual)
			}
		}
	}),
}

// usualTitle says what the usual training sets and what it takes off.
func usualTitle(a trainer.Architecture) string {
	title := fmt.Sprintf("Use the usual training: adam at %g, cosine, batches of %d", usualAdaptive, usualBatch)
	var off []string
	for _, part := range []struct {
		has  bool
		what string
	}{
		{len(layersWith(&a, func(l trainer.Layer) bool { return l.L1 > 0 })) > 0, "L1"},
		{len(layersWith(&a, func(l trainer.Layer) bool { return l.L2 > 0 })) > 0, "L2"},
		{len(dropouts(a, false)) > 0, "dropout between conv layers"},
		{a.Training.ClipNorm > 0, "clipping"},
	} {
		if part.has {
			off = append(off, part.what)
		}
	}
	if len(off) > 0 {
		title += ", without " + figure.List(off)
	}
	if saturating := Saturating(&a); len(saturating) > 0 {
		title += ", relu in " + figure.List(saturating)
	}
	return title
}

// usualTraining takes off what slows a short training, and sets the usual optimizer, schedule and batch size.
func usualTraining(a trainer.Architecture) Edit {
	adam := usualOptimizer(a, trainer.Adam)
	var drops []string
	for _, d := range dropouts(a, false) {
		drops = append(drops, d.Name)
	}
	return Together(
		onTraining(func(t *trainer.Training) {
			t.Optimizer, t.BatchSize, t.ClipNorm = adam, usualBatch, 0
			t.Schedule = trainer.Schedule{Type: trainer.Cosine, Warmup: t.Schedule.Warmup}
		}),
		Each(layersWith(&a, func(l trainer.Layer) bool { return l.L1 > 0 || l.L2 > 0 }), unpenalised),
		remove(drops),
		Each(Saturating(&a), both(activate(trainer.ReLU), HeInitialise)),
	)
}

// denselyDropped sets dropout after each of the dense layers.
func denselyDropped(dense []string) Edit {
	return Each(dense, func(a *trainer.Architecture, b trainer.Block) {
		if !dropped(b) {
			DropOut(recipeDropout)(a, b)
			return
		}
		for l := range b.Path() {
			if l.IsDropout() {
				l.Rate = recipeDropout
			}
		}
	})
}

// standardNet is the usual small CNN for the images: with as many stages as they bear, and as many filters as the
// growth allows. Its layers take the names of those of a, as far as there are such.
func standardNet(a trainer.Architecture, norm bool, growth float64) (trainer.Architecture, bool) {
	most := int64(growth * float64(a.Cost().TrainingFLOPs))
	for _, filters := range recipeFilters {
		net := standardLayers(a, filters, norm)
		if cost := net.Cost(); cost.TrainingFLOPs > 0 && cost.TrainingFLOPs <= most {
			return net, true
		}
	}
	return a, false
}

func standardLayers(a trainer.Architecture, filters int, norm bool) trainer.Architecture {
	names := namesakes(a)
	weights := func(t trainer.LayerType) trainer.Layer {
		l := trainer.Layer{Type: t, Name: names(t), Bias: true, Initializer: trainer.HeUniform, Activation: trainer.ReLU}
		if norm && t == trainer.Conv {
			l.BatchNorm, l.Momentum, l.Epsilon = true, trainer.BatchNormMomentum, trainer.BatchNormEpsilon
		}
		return l
	}
	var layers []trainer.Layer
	side := min(a.Input[0], a.Input[1])
	for range recipeStages {
		conv := weights(trainer.Conv)
		conv.Filters, conv.Kernel, conv.Stride, conv.Padding = filters, [2]int{3, 3}, [2]int{1, 1}, trainer.Same
		layers = append(layers, conv)
		if side < pooledSide {
			break
		}
		layers = append(layers, MaxPool(names(trainer.MaxPool)))
		side /= 2
		filters = min(2*filters, recipeMost)
		if side < stageSide {
			break
		}
	}
	layers = append(layers, trainer.Layer{Type: trainer.Flatten, Name: names(trainer.Flatten)})
	dense := weights(trainer.Dense)
	dense.Units = recipeUnits
	out := weights(trainer.Dense)
	out.Units, out.Activation, out.Initializer = a.Classes, trainer.Softmax, trainer.GlorotUniform
	a.Layers = append(layers, dense, out)
	return a
}

// namesakes hands out the names of the layers of a by type, in their order, then new ones.
func namesakes(a trainer.Architecture) func(t trainer.LayerType) string {
	left, taken := map[trainer.LayerType][]string{}, map[string]bool{}
	for l := range a.All() {
		left[l.Type] = append(left[l.Type], l.Name)
		taken[l.Name] = true
	}
	return func(t trainer.LayerType) string {
		if some := left[t]; len(some) > 0 {
			left[t] = some[1:]
			return some[0]
		}
		for i := 1; ; i++ {
			if name := fmt.Sprintf("%s%d", t, i); !taken[name] {
				taken[name] = true
				return name
			}
		}
	}
}

// outline describes a net of conv stages for a title: "conv 32–64–128, dense 128".
func outline(a trainer.Architecture) string {
	conv, dense := "", ""
	for _, b := range Hidden(&a, "") {
		switch l := b.Layer(); {
		case l.Type == trainer.Dense:
			dense = fmt.Sprintf(", dense %d", l.Units)
		case conv == "":
			conv = fmt.Sprintf("conv %d", l.Filters)
		default:
			conv += fmt.Sprintf("–%d", l.Filters)
		}
	}
	return conv + dense
}
