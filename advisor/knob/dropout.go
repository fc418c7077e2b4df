package knob

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const maxRate = 0.7 // of dropout that is raised; more hardly trains

var (
	dropoutFactors = []float64{0.5, 1.5}
	convRates      = []float64{0.1, 0.2}
	denseRates     = []float64{0.25, 0.5}
)

var convDropout = Knob{
	Name:  "conv-dropout",
	Title: "Dropout between conv layers",
	Does:  "Sets a share of an image's values, or of its channels, to zero in training (Srivastava et al. 2014).",
	Range: fmt.Sprintf("0 to below 1: ×%s up to %g, off; off in the lower half; %s after each stage of conv layers, or "+
		"after the last alone.", numbers(dropoutFactors), maxRate, numbers(convRates)),
	Costs: "Next to nothing; the net learns more slowly.",
	When: "Off or less in short trainings, where it costs accuracy. More where training accuracy runs far ahead of " +
		"validation accuracy in a long one.",
	Theme: advisor.Regularise,
	Settings: settings("conv-dropout", advisor.Regularise, func(a trainer.Architecture, l *list) {
		drops(a, l, dropouts(a, false))
		var ends []string
		for _, stage := range Stages(&a) {
			ends = append(ends, stage[len(stage)-1])
		}
		for _, rate := range convRates {
			newDropout(&a, l, rate, "all", ends)
			newDropout(&a, l, rate, "last", ends[max(len(ends)-1, 0):])
		}
	}),
	differs: ratesDiffer(false),
}

var denseDropout = Knob{
	Name:  "dense-dropout",
	Title: "Dropout between dense layers",
	Does:  "Sets a share of the features to zero in training (Srivastava et al. 2014).",
	Range: fmt.Sprintf("0 to below 1: ×%s up to %g, off; %s after each hidden dense layer, or after the first alone.",
		numbers(dropoutFactors), maxRate, numbers(denseRates)),
	Costs: "Next to nothing; the net learns more slowly.",
	When: "More where training accuracy runs ahead of validation accuracy; less where training accuracy itself is low " +
		"and rises without it.",
	Theme: advisor.Regularise,
	Settings: settings("dense-dropout", advisor.Regularise, func(a trainer.Architecture, l *list) {
		drops(a, l, dropouts(a, true))
		dense := Names(Chain(&a, trainer.Dense))
		for _, rate := range denseRates {
			newDropout(&a, l, rate, "all", dense)
			newDropout(&a, l, rate, "first", dense[:min(len(dense), 1)])
		}
	}),
	differs: ratesDiffer(true),
}

// dropouts are the dropout layers on images, or on features.
func dropouts(a trainer.Architecture, flat bool) []trainer.Layer {
	shapes, err := a.Shapes()
	if err != nil {
		return nil
	}
	var found []trainer.Layer
	i := 0
	for l := range a.All() {
		if l.IsDropout() && shapes[i].Flat == flat {
			found = append(found, *l)
		}
		i++
	}
	return found
}

// drops adds the settings of dropout that is there.
func drops(a trainer.Architecture, l *list, have []trainer.Layer) {
	if len(have) == 0 {
		return
	}
	var names []string
	for _, d := range have {
		names = append(names, d.Name)
	}
	l.add("off", "Take out "+figure.List(names), remove(names))
	for _, f := range dropoutFactors {
		rates := map[string]float64{}
		var steps []string
		for _, d := range have {
			to := min(Scaled(d.Rate, f), max(d.Rate, maxRate))
			rates[d.Name] = to
			steps = append(steps, fmt.Sprintf("%s %g", d.Name, to))
		}
		verb := "Raise"
		if f < 1 {
			verb = "Lower"
		}
		l.add(fmt.Sprintf("×%g", f), verb+" the rates of dropout: "+figure.List(steps), rated(rates))
	}
	if lower := names[:len(names)/2]; len(lower) > 0 {
		l.add("off lower", "Take out "+figure.List(lower), remove(lower))
	}
}

// rated sets the rates of dropout layers by name.
func rated(rates map[string]float64) Edit {
	return func(a *trainer.Architecture) {
		for l := range a.All() {
			if rate, ok := rates[l.Name]; ok && l.IsDropout() {
				l.Rate = rate
			}
		}
	}
}

// newDropout adds a setting of dropout after those of the layers that have none.
func newDropout(a *trainer.Architecture, l *list, rate float64, place string, layers []string) {
	var free []string
	for _, name := range layers {
		if b, ok := Find(a, name); ok && !dropped(b) {
			free = append(free, name)
		}
	}
	if len(free) > 0 {
		l.add(fmt.Sprintf("%g %s", rate, place), fmt.Sprintf("Add dropout %g after %s", rate, figure.List(free)),
			Each(free, dropAfterPool(rate)))
	}
}

// dropped says whether dropout follows the block on the way to the next layer with weights.
func dropped(b trainer.Block) bool {
	for l := range b.Path() {
		if l.IsDropout() {
			return true
		}
	}
	return false
}

// DropOut puts dropout directly after a block that none follows.
func DropOut(rate float64) Change {
	return func(a *trainer.Architecture, b trainer.Block) {
		if !dropped(b) {
			insert(b.List, b.DirectEnd(), trainer.Layer{Type: trainer.Dropout, Name: FreeName(*a, "dropout"), Rate: rate})
		}
	}
}

// dropAfterPool puts dropout after a block that none follows, behind the pool where one stands directly after.
func dropAfterPool(rate float64) Change {
	return func(a *trainer.Architecture, b trainer.Block) {
		if dropped(b) {
			return
		}
		at := b.DirectEnd()
		if at < b.End && isWindow((*b.List)[at]) {
			at++
		}
		insert(b.List, at, trainer.Layer{Type: trainer.Dropout, Name: FreeName(*a, "dropout"), Rate: rate})
	}
}

// undropped takes the dropout directly after a layer out.
func undropped(_ *trainer.Architecture, b trainer.Block) { directly(b, trainer.Layer.IsDropout) }

// ratesDiffer says whether the rates of dropout on images, or on features, differ after any layer that both have.
func ratesDiffer(flat bool) func(base, revised trainer.Architecture) bool {
	rates := func(a trainer.Architecture) map[string]float64 {
		kept, all := map[string]bool{}, map[string]float64{}
		for _, d := range dropouts(a, flat) {
			kept[d.Name] = true
		}
		for _, b := range trainer.Blocks(&a) {
			left := 1.0
			for l := range b.Path() {
				if kept[l.Name] {
					left *= 1 - l.Rate
				}
			}
			all[b.Layer().Name] = left
		}
		return all
	}
	return func(base, revised trainer.Architecture) bool {
		before, after := rates(base), rates(revised)
		for name, left := range before {
			if now, both := after[name]; both && math.Abs(now-left) > 1e-9 {
				return true
			}
		}
		return false
	}
}
