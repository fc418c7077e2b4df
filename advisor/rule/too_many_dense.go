package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxDense    = 3   // with the output
	fallingHalf = 0.5 // of the units before
)

var tooManyDense = Rule{
	Name:  "too-many-dense",
	Group: Architecture,
	Title: "Too many dense layers",
	Finds: fmt.Sprintf("More than %d dense layers, the output among them.", maxDense),
	Source: "Salit: two to three, neither very wide nor very narrow. In the shipped past runs one more costs " +
		"2.8 ± 1.3 points.",
	Proposes: fmt.Sprintf("To keep the first two and the output, the second with at most %g of the units of the first, "+
		"at least twice the classes.", fallingHalf),
	Run: func(p *Pass) {
		a := &p.Architecture
		dense := knob.Chain(a, trainer.Dense)
		all := trainer.Blocks(a)
		if len(all) == 0 || all[len(all)-1].Layer().Type != trainer.Dense || len(dense)+1 <= maxDense {
			return
		}
		gone := knob.Names(dense[maxDense-1:])
		d := structural(gone[0], "dense_layers", float64(len(dense)+1), maxDense, advisor.Medium)
		d = explain(d, above, "dense layers from it on add parameters and hinder training more than they help")
		p.Report(d)
		p.proposeDense(fmt.Sprintf("Trim to %d dense layers without %s", maxDense, figure.List(gone)), d, fallingHalf, gone)
	},
}
