package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	tinyFilters = 4
	fewFilters  = 8
	flattening  = 0.1 // share of the training loss that an epoch takes off
)

var underCapacity = Rule{
	Name:  "under-capacity",
	Group: Cause,
	Title: "The net is too small for the data",
	Finds: fmt.Sprintf("No conv layer has more than %d filters; or none more than %d, and the last whole epoch took less "+
		"than %g of the training loss off. Training accuracy is below %g.", tinyFilters, fewFilters, flattening, learnt),
	Source: "The shipped past runs: there runs end lower with probability .71 and .74; twice " +
		"the filters gain 2.2 ± 1.1 points, a ladder 3.9 ± .6.",
	Proposes: "Twice and four times the filters, filters that double from stage to stage, one more stage.",
	Run: func(p *Pass) {
		most := trainer.Layer{}
		for _, b := range knob.Hidden(&p.Architecture, trainer.Conv) {
			if l := *b.Layer(); l.Filters > most.Filters {
				most = l
			}
		}
		last, ok := p.last()
		fall := p.fall()
		limit := tinyFilters
		if fall < flattening {
			limit = fewFilters
		}
		if !ok || most.Filters == 0 || most.Filters > limit || last.TrainAccuracy >= learnt {
			return
		}
		d := measured(most.Name, "filters", float64(most.Filters), float64(limit), last.Epoch, advisor.Medium)
		meaning := "no conv layer has more, and training accuracy is " + figure.Measured(last.TrainAccuracy)
		if fall.Known() {
			meaning += fmt.Sprintf("; the last epoch took %s %% of the training loss off", figure.Measured(100*fall))
		}
		d = explain(d, notAbove, meaning)
		p.Report(d)
		p.proposeSettings(d, "Training accuracy should rise.", "filters ×4", "filters ×2", "filters doubling",
			"conv-layers +1 stage")
	},
}
