package rule

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// Variances of a hidden layer's outputs: crossed by 1 of 22 sound probes (see accelerating).
const (
	maxConvVariance  = 5
	maxDenseVariance = 50
	severeFactor     = 3 // of the threshold
)

var highActivationVariance = Rule{
	Name:  "high-activation-variance",
	Group: Shape,
	Title: "Outputs of a layer vary too much",
	Finds: fmt.Sprintf("The variance of a hidden layer's outputs on 256 validation images is above the 95th "+
		"percentile of past runs at the same layer position and epoch, at least %g (conv) and %g (dense), or else above "+
		"%d and %d. Mild up to %d times the threshold.",
		maxConvVariance/2.0, maxDenseVariance/2.0, maxConvVariance, maxDenseVariance, severeFactor),
	Source: "Salit: low activation variance is among what matters most; defaults: crossed by one of 22 sound probes.",
	Proposes: fmt.Sprintf("Batch norm on higher layers without a technique; on lower ones L2, or more of it, else a "+
		"learning rate ×%g.",
		calmer),
	Run: func(p *Pass) {
		last, _ := p.last()
		var wide []advisor.Diagnosis
		for _, l := range last.Layers {
			if p.thirds[l.Layer] == trainer.OutputLayer {
				continue
			}
			q := advisor.Quantity{
				Statistic: trainer.StatisticNamed("activation_variance"),
				Third:     p.thirds[l.Layer],
				Epoch:     last.Epoch,
			}
			v := float64(l.Activations.Variance)
			usual := float64(maxConvVariance)
			if l.Type == trainer.Dense {
				usual = maxDenseVariance
			}
			threshold, percentile := p.judge(q, v, usual)
			threshold = max(threshold, usual/2) // runs that hardly learnt have little variance, and are among the past ones
			if !(v > threshold) {
				continue
			}
			severity := advisor.Low
			if v > severeFactor*threshold {
				severity = advisor.Medium
			}
			d := measured(l.Layer, q.Name(), v, threshold, last.Epoch, severity)
			d.Percentile = percentile
			d = explain(d, above, "its outputs spread wide, as in poor runs")
			p.Report(d)
			wide = append(wide, d)
		}
		const expect = "The variance of its outputs should fall."
		free := knob.Names(knob.Unregularised(trainer.UpperHidden(trainer.Blocks(&p.Architecture))))
		for _, d := range wide {
			if slices.Contains(free, d.Layer) {
				p.Propose(proposal(advisor.Regularise, "Add batch norm to "+d.Layer, d, expect,
					knob.Each([]string{d.Layer}, knob.Alone(knob.Normalise))))
			} else {
				p.proposeDamping(d, expect)
			}
		}
	},
}
