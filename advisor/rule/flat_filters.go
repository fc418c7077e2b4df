package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
)

const minFilterRatio = 1 // of the filters of the last and the first stage

var flatFilters = Rule{
	Name:  "flat-filters",
	Group: Architecture,
	Title: "Filters do not grow towards the top",
	Finds: fmt.Sprintf("The last stage of conv layers has at most %d times the filters of the first. A stage ends at "+
		"a pool or before a stride above 1; the thirds of a single stage of %d or more conv layers count as stages.",
		minFilterRatio, knob.MinStageConvs),
	Source: "Salit: let filters grow towards the top. The shipped past runs: flat ones end lower with probability .63 " +
		"and .62; twice the last stage's filters over the first's gain 3.9 ± .6 points.",
	Proposes: fmt.Sprintf("Filters that grow ×1.5 to ×2 from stage to stage in multiples of 8, as many as %g times the "+
		"multiply-adds allow; the lower stages may shrink.", knob.MaxLadderGrowth),
	Run: func(p *Pass) {
		a := p.Architecture
		all := knob.Stages(&a)
		if len(all) < 2 {
			return
		}
		filters := knob.StageFilters(&a, all)
		top := len(all) - 1
		ratio := float64(filters[top]) / float64(filters[0])
		if ratio > minFilterRatio {
			return
		}
		d := structural(all[top][0], "filter_ratio", ratio, minFilterRatio, advisor.Medium)
		meaning := "filters do not grow from the first stage to the last"
		if ratio < minFilterRatio {
			meaning = "filters fall from the first stage to the last"
		}
		d = explain(d, notAbove, meaning)
		p.Report(d)
		rising := knob.LadderUp(a, all)
		if rising == nil {
			return
		}
		var steps []string
		for i, stage := range all {
			for _, name := range stage {
				steps = append(steps, fmt.Sprintf("%s %d", name, rising[i]))
			}
		}
		p.Propose(proposal(advisor.Reshape, "Ladder the filters up: "+figure.List(steps), d,
			"Higher layers should tell more patterns apart where the images are smaller.", knob.Filtered(all, rising)))
	},
}
