package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	minNormed    = 3   // hidden layers, for "everywhere" to mean anything
	maxNormShare = 0.9 // of the hidden layers
)

var batchNormEverywhere = Rule{
	Name:  "batch-norm-everywhere",
	Group: Architecture,
	Title: "Batch norm on nearly every layer",
	Finds: fmt.Sprintf(
		"Batch norm on more than %g of the hidden layers, of which there are %d at least. Mild: batch norm seldom does harm.",
		maxNormShare, minNormed),
	Source:   "Salit: on the higher layers, not everywhere.",
	Proposes: "To keep it on the higher half.",
	Run: func(p *Pass) {
		a := &p.Architecture
		all := knob.Hidden(a, "")
		normed := 0
		for _, b := range all {
			if slices.Contains(knob.Techniques(b, b.Following()), knob.BatchNorm) {
				normed++
			}
		}
		share := float64(normed) / float64(max(len(all), 1))
		if len(all) < minNormed || share <= maxNormShare {
			return
		}
		layers := knob.Names(trainer.LowerHidden(trainer.Blocks(a)))
		d := structural(layers[0], "batch_norm_share", share, maxNormShare, advisor.Low)
		d = explain(d, above, "batch norm on every layer ties the lower ones, "+figure.List(layers)+", to the batch")
		p.Report(d)
		p.Propose(proposal(advisor.Regularise, "Remove batch norm from "+figure.List(layers), d,
			"Lower layers should learn more freely.", knob.Each(layers, knob.Unnormalised)))
	},
}
