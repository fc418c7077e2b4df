package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

const (
	standardUnits  = 128 // of the hidden dense layer
	standardMost   = 256 // filters of a conv layer
	standardStages = 5   // at most
	stageSide      = 6   // height and width from which images bear another stage
)

// standardFilters are those of the first stage, tried from the front until the growth is allowed.
var standardFilters = []int{32, 24, 16, 12, 8, 4}

// standardSizes bound the training FLOPs, as a multiple of those before. A search with the budget of one full training
// can confirm no more than the double.
var standardSizes = []struct {
	name   string
	growth float64
}{{"large", maxGrowth}, {"small", 2}}

var standardKnob = Knob{
	Name:  "standard-net",
	Title: "Standard net",
	Does:  "Puts the usual small CNN for such images in place of all layers, with the usual training.",
	Range: fmt.Sprintf("Filters that double from up to %d, 3×3, a pool after each stage, one hidden dense layer of %d "+
		"units, without and with batch norm on conv layers; at most %g (large) or %g times (small) as expensive to train.",
		standardFilters[0], standardUnits, standardSizes[0].growth, standardSizes[1].growth),
	Costs: "The design of the net: none of its layers stays.",
	When:  "Where the layers themselves keep the net from learning, so that no change of a part helps as much.",
	Theme: advisor.Rework,
	Settings: settings("standard-net", advisor.Rework, func(a trainer.Architecture, l *list) {
		usual := usualTraining(a)
		for _, size := range standardSizes {
			for _, norm := range []bool{false, true} {
				net, ok := standardNet(a, norm, size.growth)
				if !ok {
					continue
				}
				name, with := size.name, ""
				if norm {
					name, with = name+", batch norm", " and batch norm"
				}
				l.add(name, fmt.Sprintf("Build a standard net with the usual training: %s%s", outline(net), with),
					func(a *trainer.Architecture) { a.Layers = net.Clone().Layers }, usual)
			}
		}
	}),
}

// standardNet is the usual small CNN for the images: with as many stages as they bear, and as many filters as the
// growth allows. Its layers take the names of those of a, as far as there are such.
func standardNet(a trainer.Architecture, norm bool, growth float64) (trainer.Architecture, bool) {
	most := int64(growth * float64(a.Cost().TrainingFLOPs))
	for _, filters := range standardFilters {
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
	for range standardStages {
		conv := weights(trainer.Conv)
		conv.Filters, conv.Kernel, conv.Stride, conv.Padding = filters, [2]int{3, 3}, [2]int{1, 1}, trainer.Same
		layers = append(layers, conv)
		if side < pooledSide {
			break
		}
		layers = append(layers, MaxPool(names(trainer.MaxPool)))
		side /= 2
		filters = min(2*filters, standardMost)
		if side < stageSide {
			break
		}
	}
	layers = append(layers, trainer.Layer{Type: trainer.Flatten, Name: names(trainer.Flatten)})
	dense := weights(trainer.Dense)
	dense.Units = standardUnits
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
