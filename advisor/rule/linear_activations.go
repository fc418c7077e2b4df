package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const maxLinear = 0.5 // share of the hidden layers

var linearActivations = Rule{
	Name:  "linear-activations",
	Group: Cause,
	Title: "Hidden layers without an activation",
	Finds: fmt.Sprintf("More than %g of the hidden layers have no activation on the way to the next one; projections of "+
		"residual blocks do not count.", maxLinear),
	Source:   "Layers without an activation between them are one linear map.",
	Proposes: "relu in them, initialised after He.",
	Run: func(p *Pass) {
		var linear []string
		n := 0
		for _, b := range knob.Hidden(&p.Architecture, "") {
			if b.Shortcut {
				continue
			}
			if n++; b.PathActivation() == trainer.Linear {
				linear = append(linear, b.Layer().Name)
			}
		}
		share := float64(len(linear)) / float64(max(n, 1))
		if share <= maxLinear {
			return
		}
		d := structural(linear[0], "linear_share", share, maxLinear, advisor.Medium)
		d = explain(d, above, figure.List(linear)+" together can do no more than a linear layer")
		p.Report(d)
		p.Propose(proposal(advisor.Stabilise, "Use relu in "+figure.List(linear)+", initialised after He", d,
			"Each layer should add something of its own.", knob.Each(linear, rectify), knob.Each(linear, knob.HeInitialise)))
	},
}

// rectify gives a layer relu of its own.
func rectify(_ *trainer.Architecture, b trainer.Block) {
	if b.PathActivation() == trainer.Linear {
		b.Layer().Activation = trainer.ReLU
	}
}
