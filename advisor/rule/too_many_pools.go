package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	smallMap    = 3  // height or width before flatten
	fewFlattend = 64 // values after it
)

var tooManyPools = Rule{
	Name:  "too-many-pools",
	Group: Cause,
	Title: "Pools leave too little of the image",
	Finds: fmt.Sprintf("At most %d pixels of height or width, and fewer than %d values in all, reach flatten.",
		smallMap, fewFlattend),
	Source: "The shipped past runs: there runs end lower with probability .66 and .71; one more " +
		"pool costs 3.9 ± 1.9 points.",
	Proposes: "To take the last or the first pool out, and twice the filters.",
	Explains: []string{"under-capacity"},
	Run: func(p *Pass) {
		head, in, ok := knob.Head(&p.Architecture)
		if !ok || head.Type != trainer.Flatten || min(in.H, in.W) > smallMap || in.Len() >= fewFlattend {
			return
		}
		d := structural(head.Name, "features", float64(in.Len()), fewFlattend, advisor.Medium)
		d = explain(d, below, fmt.Sprintf("%d channels of %d×%d pixels are all that is left of the image", in.C, in.H, in.W))
		p.Report(d)
		p.proposeSettings(d, "The dense layers should see more of the image.", "pools −1 last", "filters ×2",
			"pools −1 first")
	},
}
