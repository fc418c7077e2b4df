package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxShare    = 0.6     // of the parameters
	manyWeights = 100_000 // parameters below which a dense layer is not wide
	minWidth    = 32      // that a layer is narrowed to
)

var wideDense = Rule{
	Name:  "wide-dense",
	Group: Architecture,
	Title: "One dense layer holds most of the parameters",
	Finds: fmt.Sprintf("A dense layer holds more than %g of the parameters, and more than %s.", maxShare,
		figure.Count(manyWeights)),
	Source: "Salit: many filters, not many dense units; the share is ours. In the shipped past runs such nets end " +
		"higher than others, and twice the dense units gain 2.1 ± .6 points: narrowing saves parameters, not errors.",
	Proposes: fmt.Sprintf("Dropout after it where there is none; to narrow it, to %d units at least.", minWidth),
	Run: func(p *Pass) {
		a := &p.Architecture
		for _, b := range trainer.Blocks(a) {
			l := *b.Layer()
			parameters := parametersOf(p.Cost, l.Name)
			if l.Type != trainer.Dense || !isWide(parameters, p.Cost.Parameters) {
				continue
			}
			d := structural(l.Name, "parameter_share", float64(parameters)/float64(p.Cost.Parameters), maxShare, advisor.Low)
			d = explain(d, above, fmt.Sprintf("one dense layer holds %d of %d parameters", parameters, p.Cost.Parameters))
			p.Report(d)
			if !knob.Regularised(b) && l.Name != trainer.Blocks(a)[len(trainer.Blocks(a))-1].Layer().Name {
				rate := dropoutRate(a, l.Name)
				p.Propose(proposal(advisor.Regularise, "Add dropout "+figure.Measured(rate)+" after "+l.Name, d,
					"The gap between training and validation should narrow.",
					knob.Each([]string{l.Name}, knob.Alone(knob.DropOut(rate)))))
			}
			p.proposeNarrow(d, b)
			return
		}
	},
}

// isWide says whether a dense layer with the parameters is wide in a net with total.
func isWide(parameters, total int64) bool {
	return parameters > manyWeights && float64(parameters) > maxShare*float64(total)
}

// parametersOf returns the parameters of the layer.
func parametersOf(c trainer.Cost, layer string) int64 {
	for _, l := range c.Layers {
		if l.Layer == layer {
			return l.Parameters
		}
	}
	return 0
}

// proposeNarrow halves the layer's units until it is no longer wide, down to minWidth and twice the classes.
func (p *Pass) proposeNarrow(d advisor.Diagnosis, b trainer.Block) {
	l := *b.Layer()
	least := max(minWidth, knob.MinUnits(p.Architecture.Classes))
	var edits []knob.Edit
	for units := (l.Units/2 + 7) / 8 * 8; units >= least && units < l.Units; units = (units/2 + 7) / 8 * 8 {
		edits = []knob.Edit{knob.Each([]string{l.Name}, knob.UnitsAtMost(units)), knob.LadderDown(falling)}
		cost := knob.After(p.Architecture, edits...).Cost()
		if units == least || !isWide(parametersOf(cost, l.Name), cost.Parameters) {
			title := fmt.Sprintf("Narrow %s to %d units", l.Name, units)
			p.Propose(proposal(advisor.Reshape, title, d, "Parameters should fall with little loss of accuracy.", edits...))
			return
		}
	}
}
