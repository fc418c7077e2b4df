package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

var (
	penaltyFactors = []float64{0.1, 10}
	newPenalties   = []float64{1e-4, 5e-4}
)

var l1 = Knob{
	Name:  "l1",
	Title: "L1 penalty",
	Does:  "Adds l1·Σ|w| of a layer to the loss, which drives weights to zero.",
	Range: fmt.Sprintf("0 to 1000, by layer; on all layers that have it ×%s, off.", numbers(penaltyFactors)),
	Costs: "Next to nothing.",
	When: "Off or less where the penalty has a large share in the loss, or the weights shrink while the net learns " +
		"little; more to let a layer choose among its inputs.",
	Theme: advisor.Regularise,
	Settings: settings("l1", advisor.Regularise, func(a trainer.Architecture, l *list) {
		have := layersWith(&a, func(layer trainer.Layer) bool { return layer.L1 > 0 })
		if len(have) == 0 {
			return
		}
		for _, f := range penaltyFactors {
			l.add(fmt.Sprintf("×%g", f), tenfold("L1", have, f), scaledL1(&a, have, f))
		}
		l.add("off", "Take L1 off "+figure.List(have), Each(have, func(_ *trainer.Architecture, b trainer.Block) {
			b.Layer().L1 = 0
		}))
	}),
	differs: differently(func(b trainer.Block) float64 { return b.Layer().L1 }),
}

var l2 = Knob{
	Name:  "l2",
	Title: "L2 penalty",
	Does:  "Adds l2·Σw² of a layer to the loss, which keeps weights small.",
	Range: fmt.Sprintf("0 to 1000, by layer; on all layers that have it ×%s, off; %s on all hidden layers without it, on "+
		"the dense ones, on the higher half.", numbers(penaltyFactors), numbers(newPenalties)),
	Costs: "Next to nothing.",
	When: "More where training accuracy runs ahead of validation accuracy. Off or less where the penalty has a large " +
		"share in the loss, as from 1e-3 on in short trainings.",
	Theme:    advisor.Regularise,
	Settings: settings("l2", advisor.Regularise, penalties),
	differs:  differently(func(b trainer.Block) float64 { return b.Layer().L2 }),
}

func penalties(a trainer.Architecture, l *list) {
	have := layersWith(&a, func(layer trainer.Layer) bool { return layer.L2 > 0 })
	if len(have) > 0 {
		l.add("off", "Take L2 off "+figure.List(have), penaltyOff(have))
		for _, f := range penaltyFactors {
			l.add(fmt.Sprintf("×%g", f), tenfold("L2", have, f), scaledL2(&a, have, f))
		}
	}
	for _, place := range []struct {
		name   string
		blocks []trainer.Block
	}{
		{"all", Hidden(&a, "")},
		{"dense", Hidden(&a, trainer.Dense)},
		{"higher", trainer.UpperHidden(trainer.Blocks(&a))},
	} {
		var free []string
		for _, b := range place.blocks {
			if b.Layer().L2 == 0 {
				free = append(free, b.Layer().Name)
			}
		}
		for _, value := range newPenalties {
			if len(free) > 0 {
				l.add(fmt.Sprintf("%g %s", value, place.name), fmt.Sprintf("Add L2 %g to %s", value, figure.List(free)),
					Each(free, Penalise(value)))
			}
		}
	}
}

// tenfold words one of penaltyFactors.
func tenfold(penalty string, layers []string, factor float64) string {
	if factor < 1 {
		return fmt.Sprintf("Lower %s of %s to a tenth", penalty, figure.List(layers))
	}
	return fmt.Sprintf("Raise %s of %s tenfold", penalty, figure.List(layers))
}

// layersWith names the layers with weights that are so, the output among them.
func layersWith(a *trainer.Architecture, so func(l trainer.Layer) bool) []string {
	var have []string
	for l := range a.All() {
		if l.HasWeights() && so(*l) {
			have = append(have, l.Name)
		}
	}
	return have
}

func penaltyOff(layers []string) Edit {
	return Each(layers, func(_ *trainer.Architecture, b trainer.Block) { b.Layer().L2 = 0 })
}

// scaledL1 sets the L1 of the layers to what it is in a, times the factor.
func scaledL1(a *trainer.Architecture, layers []string, factor float64) Edit {
	return valued(a, layers, func(l *trainer.Layer) *float64 { return &l.L1 }, factor)
}

// scaledL2 sets the L2 of the layers to what it is in a, times the factor.
func scaledL2(a *trainer.Architecture, layers []string, factor float64) Edit {
	return valued(a, layers, func(l *trainer.Layer) *float64 { return &l.L2 }, factor)
}

func valued(a *trainer.Architecture, layers []string, at func(l *trainer.Layer) *float64, factor float64) Edit {
	values := map[string]float64{}
	for _, name := range layers {
		values[name] = Scaled(*at(layerOf(*a, name)), factor)
	}
	return Each(layers, func(_ *trainer.Architecture, b trainer.Block) { *at(b.Layer()) = values[b.Layer().Name] })
}

// Penalise gives a layer without L2 that much of it.
func Penalise(value float64) Change {
	return func(_ *trainer.Architecture, b trainer.Block) {
		if l := b.Layer(); l.L2 == 0 {
			l.L2 = value
		}
	}
}

// PenaltyAtLeast raises the L2 of layers that have a penalty.
func PenaltyAtLeast(value float64) Change {
	return func(_ *trainer.Architecture, b trainer.Block) {
		if l := b.Layer(); l.L1 > 0 || l.L2 > 0 {
			l.L2 = max(l.L2, value)
		}
	}
}

// PenaltyAtMost lowers L1 and L2.
func PenaltyAtMost(value float64) Change {
	return func(_ *trainer.Architecture, b trainer.Block) {
		l := b.Layer()
		l.L1, l.L2 = min(l.L1, value), min(l.L2, value)
	}
}

// unpenalised takes L1 and L2 off.
func unpenalised(_ *trainer.Architecture, b trainer.Block) { b.Layer().L1, b.Layer().L2 = 0, 0 }
