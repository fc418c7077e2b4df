package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxDenseRatio = 1    // of a hidden dense layer's units and those before
	falling       = 0.75 // the same in proposals
)

var ascendingDense = Rule{
	Name:   "ascending-dense",
	Group:  Architecture,
	Title:  "A dense layer is wider than the one before it",
	Finds:  fmt.Sprintf("A hidden dense layer has more than %d times the units of the one before.", maxDenseRatio),
	Source: "Salit: let the widths of dense layers fall. Past runs here show no effect.",
	Proposes: fmt.Sprintf("Falling widths: the first as wide as the widest was, up to %d units and with no more "+
		"parameters in all; each wider than %g of the one before gets half of that one's units, at least twice the classes.",
		maxUnits, falling),
	Run: func(p *Pass) {
		a := p.Architecture
		worst, ratio, before := "", 0.0, 0
		for _, b := range knob.Chain(&a, trainer.Dense) {
			l := *b.Layer()
			if r := float64(l.Units) / float64(before); before > 0 && r > ratio {
				worst, ratio = l.Name, r
			}
			before = l.Units
		}
		if ratio <= maxDenseRatio {
			return
		}
		d := structural(worst, "unit_ratio", ratio, maxDenseRatio, advisor.Low)
		d = explain(d, above, "it is wider than the dense layer before it")
		p.Report(d)
		p.proposeDense("Ladder the dense widths down", d, falling, nil)
	},
}

// proposeDense asks for falling widths (see denseLadder), after the dense layers in gone are taken away.
func (p *Pass) proposeDense(what string, d advisor.Diagnosis, limit float64, gone []string) {
	edits := denseLadder(p.Architecture, limit, gone)
	revised := knob.After(p.Architecture, edits...)
	p.Propose(proposal(advisor.Reshape, what+": "+figure.List(denseWidths(&revised)), d,
		"Fewer weights should be spent where they overfit first.", edits...))
}
