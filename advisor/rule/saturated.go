package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxSaturating = 0   // hidden layers with sigmoid or softmax
	tanhVariance  = 0.6 // of tanh outputs, which are 1 at most
)

var saturated = Rule{
	Name:  "saturated",
	Group: Cause,
	Title: "Hidden layers with an activation that saturates",
	Finds: fmt.Sprintf("More than %d hidden layers with sigmoid or softmax, whose slope is small nearly everywhere; or "+
		"tanh whose outputs have a variance above %g, so that they stand at their ends of −1 and 1.",
		maxSaturating, tanhVariance),
	Source: "Glorot & Bengio 2010. The shipped past runs: sigmoid .70 and .93 (of 2 and 4 runs) " +
		"end lower; tanh that does not saturate does no harm there.",
	Proposes: "relu in their place, initialised after He, then batch norm on all hidden layers.",
	Explains: []string{"vanishing-gradient", "at-chance", "learns-too-slowly"},
	Run: func(p *Pass) {
		var flat []string
		for _, name := range knob.Saturating(&p.Architecture) {
			if b, _ := p.layer(name); b.PathActivation() != trainer.Tanh {
				flat = append(flat, name)
			}
		}
		var d advisor.Diagnosis
		if len(flat) > maxSaturating {
			b, _ := p.layer(flat[0])
			d = structural(flat[0], "saturating_layers", float64(len(flat)), maxSaturating, advisor.Medium)
			d = explain(d, above, fmt.Sprintf("%s passes little gradient on to the layers below", b.PathActivation()))
		} else if stuck, epoch := p.stuckTanh(); stuck.Layer != "" {
			d = measured(stuck.Layer, "activation_variance", float64(stuck.Activations.Variance), tanhVariance, epoch,
				advisor.Medium)
			d = explain(d, above, "tanh stands at its ends, where it passes no gradient on")
		} else {
			return
		}
		p.Report(d)
		p.proposeReLU(d, "Gradients should reach the first layer.")
		p.proposeSettings(d, "Outputs should stay where the slope is steep.", "batch-norm all")
	},
}

// stuckTanh returns the hidden tanh layer with the greatest variance of outputs above tanhVariance.
func (p *Pass) stuckTanh() (worst trainer.LayerStatistics, epoch float64) {
	last, _ := p.last()
	hidden := knob.Names(knob.Hidden(&p.Architecture, ""))
	for _, l := range last.Layers {
		b, ok := p.layer(l.Layer)
		if ok && b.Activation() == trainer.Tanh && slices.Contains(hidden, l.Layer) &&
			l.Activations.Variance > max(tanhVariance, worst.Activations.Variance) {
			worst = l
		}
	}
	return worst, last.Epoch
}
