package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const maxTechniques = 1

var stackedRegularisers = Rule{
	Name:  "stacked-regularisers",
	Group: Architecture,
	Title: "Several techniques of regularisation on one layer",
	Finds: fmt.Sprintf("More than %d of L1/L2, batch norm and dropout on a hidden layer; "+
		"dropout counts directly after it, not after a pool.", maxTechniques),
	Source: "Salit: not more than one such technique a layer; Li et al. 2019 on dropout with batch " +
		"norm. Past runs here show no effect.",
	Proposes: "To keep the better one: on dense layers dropout, then L2; on conv layers of the higher half batch norm, " +
		"then L2; below L2, then batch norm.",
	Run: func(p *Pass) {
		a := &p.Architecture
		var worst advisor.Diagnosis
		var steps []string
		var edits []knob.Edit
		top := knob.Names(trainer.UpperHidden(trainer.Blocks(a)))
		for _, b := range knob.Hidden(a, "") {
			l := *b.Layer()
			found := knob.Techniques(b, b.Direct())
			if len(found) <= maxTechniques {
				continue
			}
			d := structural(l.Name, "techniques", float64(len(found)), maxTechniques, advisor.Low)
			words := make([]string, len(found))
			for i, t := range found {
				words[i] = string(t)
			}
			d = explain(d, above, "it has "+figure.List(words)+" at once")
			p.Report(d)
			if len(steps) == 0 || d.Value > worst.Value {
				worst = d
			}
			keep := better(l.Type, slices.Contains(top, l.Name), found)
			steps = append(steps, fmt.Sprintf("only %s on %s", keep, l.Name))
			for _, t := range found {
				if t != keep {
					edits = append(edits, knob.Each([]string{l.Name}, knob.Without(t)))
				}
			}
		}
		if len(steps) > 0 {
			p.Propose(proposal(advisor.Regularise, "Keep "+figure.List(steps), worst,
				"Each layer should learn under one technique.", edits...))
		}
	},
}

// better returns the technique to keep.
func better(t trainer.LayerType, high bool, found []knob.Technique) knob.Technique {
	preference := []knob.Technique{knob.Penalty, knob.BatchNorm, knob.Dropout}
	if t == trainer.Dense {
		preference = []knob.Technique{knob.Dropout, knob.Penalty, knob.BatchNorm}
	} else if high {
		preference = []knob.Technique{knob.BatchNorm, knob.Penalty, knob.Dropout}
	}
	for _, t := range preference {
		if slices.Contains(found, t) {
			return t
		}
	}
	return found[0]
}
