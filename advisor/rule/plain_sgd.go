package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	minMomentum   = 0.5 // of sgd
	lowRateOfSGD  = 0.5 // of the usual rate of sgd without momentum, from which on it does without
	usualMomentum = 0.9
)

var plainSGD = Rule{
	Name:  "plain-sgd",
	Group: Cause,
	Title: "Plain SGD without momentum at a small rate",
	Finds: fmt.Sprintf("sgd with a momentum below %g and a learning rate below %g times the usual one of sgd without.",
		minMomentum, lowRateOfSGD),
	Source: "The shipped past runs: these end lower with probability .73 and .74; none is in " +
		"the best quarter.",
	Proposes: fmt.Sprintf("Momentum %g, adam, the usual rate, and three times the rate.", usualMomentum),
	Explains: []string{"learns-too-slowly"},
	Run: func(p *Pass) {
		o, rate := p.Architecture.Training.Optimizer, p.relativeRate()
		if o.Type != trainer.SGD || o.Momentum >= minMomentum || rate >= lowRateOfSGD {
			return
		}
		d := explain(structural("", "momentum", o.Momentum, minMomentum, advisor.Medium), below,
			fmt.Sprintf("steps do not add up where gradients agree, and the learning rate %g is %s times the usual one",
				o.LearningRate, figure.Measured(rate)))
		p.Report(d)
		p.proposeSettings(d, "The loss should fall faster.",
			fmt.Sprintf("momentum %g", usualMomentum), "optimizer adam", "learning-rate usual", "learning-rate ×3")
	},
}
