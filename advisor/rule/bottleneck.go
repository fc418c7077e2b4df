package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	openUnits   = 2 // times the classes, from which on a dense layer is no bottleneck
	thinFilters = 6
	farNarrower = 4 // times narrower than both neighbours
)

var bottleneck = Rule{
	Name:  "bottleneck",
	Group: Cause,
	Title: "A layer far narrower than what passes through it",
	Finds: fmt.Sprintf("A hidden dense layer with fewer units than classes, or, mild, with at most %d times as many; a "+
		"conv layer of at most %d filters between others of %d times as many or more.", openUnits, thinFilters, farNarrower),
	Source: "The shipped past runs: with a dense layer of at most twice the classes runs end lower with probability .69 " +
		"and .58, with such a conv layer .63 and .59.",
	Proposes: "To widen it to its neighbours, then twice the width of all dense or conv layers.",
	Explains: []string{"at-chance", "vanishing-gradient", "dead-relu"},
	Run: func(p *Pass) {
		const expect = "The layers after it should see more."
		a := &p.Architecture
		if l, ok := narrowest(knob.Chain(a, trainer.Dense)); ok && l.Units <= openUnits*a.Classes {
			limit, severity := openUnits*a.Classes, advisor.Low
			relation := notAbove
			if l.Units < a.Classes {
				limit, severity, relation = a.Classes, advisor.Medium, below
			}
			d := structural(l.Name, "units", float64(l.Units), float64(limit), severity)
			d = explain(d, relation, fmt.Sprintf("%d classes have to pass through its %d units", a.Classes, l.Units))
			p.Report(d)
			p.proposeSettings(d, expect, "dense-width bottleneck")
			p.proposeSettings(d, expect, "dense-width ×2", "dense-width ×4")
		}
		if l, wide, ok := thinConv(knob.Chain(a, trainer.Conv)); ok {
			d := structural(l.Name, "filters", float64(l.Filters), thinFilters, advisor.Medium)
			d = explain(d, notAbove, fmt.Sprintf("what %d filters see has to pass through its %d", wide, l.Filters))
			p.Report(d)
			p.proposeSettings(d, expect, "filters bottleneck")
			p.proposeSettings(d, expect, "filters ×2")
		}
	},
}

// narrowest is the layer with the fewest units.
func narrowest(dense []trainer.Block) (least trainer.Layer, ok bool) {
	for _, b := range dense {
		if l := *b.Layer(); !ok || l.Units < least.Units {
			least, ok = l, true
		}
	}
	return least, ok
}

// thinConv is the first conv layer that is a bottleneck, with the filters before it.
func thinConv(convs []trainer.Block) (thin trainer.Layer, before int, ok bool) {
	for i := 1; i+1 < len(convs); i++ {
		l, last, next := *convs[i].Layer(), convs[i-1].Layer().Filters, convs[i+1].Layer().Filters
		if l.Filters <= thinFilters && min(last, next) >= farNarrower*l.Filters {
			return l, last, true
		}
	}
	return thin, 0, false
}
