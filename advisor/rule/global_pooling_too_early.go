package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	fewConvs    = 1  // before global pooling
	fewFeatures = 24 // channels
)

var globalPoolingTooEarly = Rule{
	Name:  "global-pooling-too-early",
	Group: Cause,
	Title: "Global pooling leaves too little to tell classes apart",
	Finds: fmt.Sprintf("Global pooling after at most %d conv layer, or of fewer than %d channels.", fewConvs, fewFeatures),
	Source: "The shipped past runs: there runs end lower with probability .74 and .85, none in " +
		"the best quarter; global pooling in place of flatten costs 10.5 ± 2.7 points.",
	Proposes: "flatten in its place, twice and four times the filters, one more stage of conv layers.",
	Explains: []string{"under-capacity"},
	Run: func(p *Pass) {
		head, in, ok := knob.Head(&p.Architecture)
		if !ok || head.Type == trainer.Flatten || in.H*in.W == 1 {
			return
		}
		convs := len(knob.Hidden(&p.Architecture, trainer.Conv))
		var d advisor.Diagnosis
		switch {
		case in.C < fewFeatures:
			d = structural(head.Name, "channels", float64(in.C), fewFeatures, advisor.Medium)
			d = explain(d, below, fmt.Sprintf("one number for each of %d channels is all that the classes are told by", in.C))
		case convs <= fewConvs:
			d = structural(head.Name, "conv_layers", float64(convs), fewConvs, advisor.Medium)
			d = explain(d, notAbove, "the mean over the image of what so few layers see tells little")
		default:
			return
		}
		p.Report(d)
		p.proposeSettings(d, "The dense layers should see where something is.",
			"head flatten", "conv-layers +1 stage", "filters ×2", "filters ×4")
	},
}
