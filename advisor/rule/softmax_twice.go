package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const maxSoftmax = 1 // at the output

var softmaxTwice = Rule{
	Name:  "softmax-twice",
	Group: Cause,
	Title: "Softmax twice at the output",
	Finds: fmt.Sprintf("More than %d softmax at the output: as the last layer's activation and as activation layers "+
		"after it.", maxSoftmax),
	Source: "The softmax of probabilities is at most e/(e + n − 1) for n classes, .23 for ten: the net can never be " +
		"sure. Seen on short trainings; no shipped past run has it.",
	Proposes: "To take all but one away.",
	Explains: []string{"learns-too-slowly", "at-chance"},
	Run: func(p *Pass) {
		blocks := trainer.Blocks(&p.Architecture)
		if len(blocks) == 0 {
			return
		}
		output := blocks[len(blocks)-1]
		n := 0
		for l := range output.Path() {
			if l.Activation == trainer.Softmax {
				n++
			}
		}
		if n <= maxSoftmax {
			return
		}
		name := output.Layer().Name
		d := structural(name, "softmax_layers", float64(n), maxSoftmax, advisor.Medium)
		d = explain(d, above, "the second one cannot give any class a high probability")
		p.Report(d)
		p.Propose(proposal(advisor.Stabilise, "Take the second softmax away from "+name, d,
			"The output should be able to be sure.", knob.Each([]string{name}, onlySoftmax)))
	},
}

// onlySoftmax takes softmax away from the layers after the block's, where it has one itself, or else from all but the
// first of them.
func onlySoftmax(_ *trainer.Architecture, b trainer.Block) {
	layers, seen := *b.List, b.Layer().Activation == trainer.Softmax
	rest := slices.DeleteFunc(slices.Clone(layers[b.At+1:b.End]), func(l trainer.Layer) bool {
		again := l.Type == trainer.Activate && l.Activation == trainer.Softmax && seen
		seen = seen || l.Activation == trainer.Softmax
		return again
	})
	*b.List = slices.Concat(layers[:b.At+1], rest, layers[b.End:])
}
