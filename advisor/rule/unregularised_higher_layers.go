package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxUnregularised = 0.5 // share of the higher layers
	denseDropout     = 0.25
	wideDropout      = 0.5 // after dense layers of wideUnits or more
	wideUnits        = 256
)

var unregularisedHigherLayers = Rule{
	Name:  "unregularised-higher-layers",
	Group: Architecture,
	Title: "Higher layers without regularisation",
	Finds: fmt.Sprintf(
		"More than %g of the higher half of the hidden layers have neither L1, L2, batch norm nor dropout.",
		maxUnregularised),
	Source: "Salit: higher layers run to extreme values and are the ones to regularise. Past runs here end " +
		"neither lower nor higher without; batch norm on them gains 7.9 ± 2.2 points.",
	Proposes: fmt.Sprintf("Three alternatives, never two techniques on a layer: the paper's mix (batch norm on conv, "+
		"dropout of %g after the first dense layer, %g from %d units on, L2 %g on the other dense ones), "+
		"L2 %g alone, batch norm alone.", denseDropout, wideDropout, wideUnits, mildL2, mildL2),
	Run: func(p *Pass) {
		a := &p.Architecture
		top := trainer.UpperHidden(trainer.Blocks(a))
		free := knob.Unregularised(top)
		share := float64(len(free)) / float64(max(len(top), 1))
		if share <= maxUnregularised {
			return
		}
		layers := knob.Names(free)
		d := structural(layers[0], "unregularised_share", share, maxUnregularised, advisor.Low)
		d = explain(d, above, "of the higher layers, "+figure.List(layers)+" lack any regularisation")
		p.Report(d)
		p.proposeMix(d, layers)
		p.proposeL2(d, layers, "The gap between training and validation should narrow.")
		p.Propose(proposal(advisor.Regularise, "Add batch norm to "+figure.List(layers), d,
			"Activations of the higher layers should stay narrow.", knob.Each(layers, knob.Alone(knob.Normalise))))
	},
}

// proposeMix asks for one technique a layer, after Salit's best model.
func (p *Pass) proposeMix(d advisor.Diagnosis, layers []string) {
	a := &p.Architecture
	var conv, dense []string
	for _, name := range layers {
		if b, _ := knob.Find(a, name); b.Layer().Type == trainer.Conv {
			conv = append(conv, name)
		} else {
			dense = append(dense, name)
		}
	}
	if len(dense) == 0 || len(conv)+len(dense) < 2 {
		return // the same as one of the others
	}
	var steps []string
	if len(conv) > 0 {
		steps = append(steps, "batch norm to "+figure.List(conv))
	}
	rate := dropoutRate(a, dense[0])
	steps = append(steps, "dropout "+figure.Measured(rate)+" after "+dense[0])
	if len(dense) > 1 {
		steps = append(steps, l2Title("", dense[1:]))
	}
	p.Propose(proposal(advisor.Regularise, "Add "+figure.List(steps), d,
		"Higher layers should stay calm and the gap between training and validation narrow.",
		knob.Each(conv, knob.Alone(knob.Normalise)), knob.Each(dense[:1], knob.Alone(knob.DropOut(rate))),
		knob.Each(dense[1:], knob.Alone(knob.Penalise(mildL2)))))
}

// dropoutRate suits the width of the dense layer.
func dropoutRate(a *trainer.Architecture, layer string) float64 {
	if b, ok := knob.Find(a, layer); ok && b.Layer().Units >= wideUnits {
		return wideDropout
	}
	return denseDropout
}
