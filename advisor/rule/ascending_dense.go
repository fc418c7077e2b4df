package rule

import (
	"probewise/advisor"
	"probewise/trainer"
)

const mostDenseRatio = 1 // of a hidden dense layer's units and those before

var ascendingDense = Rule{
	Name:  "ascending-dense",
	Group: Architecture,
	Doc: "A hidden dense layer is wider than the one before (Salit: ladder dense widths down). Proposes falling widths: the first as wide as the widest was, " +
		"up to 512 and while it does not hold most of the parameters; each wider than the one before gets half of that one's units, at least twice the classes.",
	Run: func(p *Pass) {
		a := p.Architecture
		worst, ratio, before := "", 0.0, 0
		for _, b := range hidden(&a, trainer.Dense) {
			l := a.Layers[b.at]
			if r := float64(l.Units) / float64(before); before > 0 && r > ratio {
				worst, ratio = l.Name, r
			}
			before = l.Units
		}
		if ratio <= mostDenseRatio {
			return
		}
		d := structural(worst, "unit_ratio", ratio, mostDenseRatio, advisor.Medium)
		d = explain(d, above, "it is wider than the dense layer before it")
		p.Report(d)
		p.proposeDense("Ladder the dense widths down", d, mostDenseRatio, nil)
	},
}

// proposeDense asks for falling widths (see ladderDown), after the dense layers in gone are taken away.
func (p *Pass) proposeDense(what string, d advisor.Diagnosis, limit float64, gone []string) {
	first := p.Architecture.Layers[hidden(&p.Architecture, trainer.Dense)[0].at].Name
	edits := []edit{removed(gone), widened(first, firstWidth(p.Architecture)), ladderDown(limit)}
	revised := p.Architecture
	revised.Layers = append([]trainer.Layer(nil), revised.Layers...)
	for _, e := range edits {
		e(&revised)
	}
	p.Propose(proposal(advisor.Reshape, what+": "+list(denseWidths(&revised)), d,
		"Fewer weights should be spent where they overfit first.", edits...))
}
