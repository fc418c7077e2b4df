package rule

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	minGradient  = 1e-7 // root mean square of a layer's gradients
	minRatio     = 1e-3 // of the gradient norms of the first and the last layer
	minFirstNorm = 1e-4 // of the first layer's gradients, for minRatio to count
	learnt       = 0.99 // training accuracy from which small gradients mean success
)

var vanishingGradient = Rule{
	Name:  "vanishing-gradient",
	Group: Health,
	Title: "Gradients vanish",
	Finds: fmt.Sprintf("A layer's gradients are below %g (root mean square), or the first layer's gradient norm is "+
		"below %g of the last one's and below %g, while training accuracy is below %g.",
		minGradient, minRatio, minFirstNorm, learnt),
	Source:   "AutoTrainer, Zhang et al. 2021; Ioffe & Szegedy 2015 on batch norm.",
	Explains: []string{"at-chance", "learns-too-slowly"},
	Proposes: "relu in place of sigmoid, tanh and softmax with He's initialiser, and batch norm in the middle of the net.",
	Run: func(p *Pass) {
		last, ok := p.last()
		if !ok || last.TrainAccuracy >= learnt || len(last.Layers) == 0 {
			return
		}
		first := last.Layers[0]
		var d advisor.Diagnosis
		if worst, rms := smallestGradient(last.Layers); rms < minGradient {
			d = measured(worst.Layer, "gradient_rms", rms, minGradient, last.Epoch, advisor.High)
		} else if ratio := float64(last.GradientRatio()); ratio < minRatio && first.Gradients.L2Norm < minFirstNorm {
			d = measured(first.Layer, "gradient_norm_ratio", ratio, minRatio, last.Epoch, advisor.High)
		} else {
			return
		}
		d = explain(d, below, "gradients vanish before they reach it")
		p.Report(d)
		p.proposeReLU(d, "Gradients should reach the first layer.")
		p.proposeHe(d, knob.Names(knob.Hidden(&p.Architecture, "")), "Gradients should keep their scale from layer to layer.")
		p.proposeMiddleNorm(d, "Gradients should keep their scale through the middle.")
	},
}

// smallestGradient returns the layer with the smallest known root mean square of gradients, sqrt(variance + mean²).
func smallestGradient(layers []trainer.LayerStatistics) (worst trainer.LayerStatistics, rms float64) {
	rms = math.Inf(1)
	for _, l := range layers {
		if x := math.Sqrt(float64(l.Gradients.Variance + l.Gradients.Mean*l.Gradients.Mean)); x < rms {
			worst, rms = l, x
		}
	}
	return worst, rms
}

// proposeReLU asks for relu in place of sigmoid, tanh and softmax, with He's initialiser there.
func (p *Pass) proposeReLU(d advisor.Diagnosis, expect string) {
	var some []string
	for _, b := range knob.Hidden(&p.Architecture, "") {
		switch b.Activation() {
		case trainer.Sigmoid, trainer.Tanh, trainer.Softmax:
			some = append(some, b.Layer().Name)
		}
	}
	title := fmt.Sprintf("Use relu in %s, initialised after He", figure.List(some))
	p.Propose(proposal(advisor.Stabilise, title, d, expect,
		knob.Each(some, knob.Activate(trainer.ReLU, 0)), knob.Each(some, knob.HeInitialise)))
}

// proposeMiddleNorm asks for batch norm on the layer without a technique that is nearest to the middle of the hidden
// ones.
func (p *Pass) proposeMiddleNorm(d advisor.Diagnosis, expect string) {
	all := knob.Hidden(&p.Architecture, "")
	nearest, distance := "", len(all)
	for i, b := range all {
		from := max(i-len(all)/2, len(all)/2-i)
		if !knob.Regularised(b) && from < distance {
			nearest, distance = b.Layer().Name, from
		}
	}
	p.Propose(proposal(advisor.Stabilise, "Add batch norm to "+nearest, d, expect,
		knob.Each([]string{nearest}, knob.Alone(knob.Normalise))))
}
