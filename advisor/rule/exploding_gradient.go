package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

const (
	maxRatio    = 70  // of the gradient norms of the first and the last layer
	maxGradient = 1e4 // maximum of |g|
)

var explodingGradient = Rule{
	Name:  "exploding-gradient",
	Group: Health,
	Title: "Gradients explode",
	Finds: fmt.Sprintf(
		"A gradient above %g, or the first layer's gradient norm above %d times the last one's.", maxGradient, maxRatio),
	Source: "AutoTrainer, Zhang et al. 2021; Pascanu et al. 2013 on clipping.",
	Proposes: fmt.Sprintf(
		"A learning rate ×%g with gradients clipped at norm %d, and batch norm in the middle of the net.", calmer, clipNorm),
	Run: func(p *Pass) {
		last, ok := p.last()
		if !ok || len(last.Layers) == 0 {
			return
		}
		worst := last.Layers[0]
		for _, l := range last.Layers {
			if l.Gradients.MaxAbs > worst.Gradients.MaxAbs {
				worst = l
			}
		}
		var d advisor.Diagnosis
		first := last.Layers[0]
		if most := float64(worst.Gradients.MaxAbs); most > maxGradient {
			q := advisor.Quantity{
				Statistic: trainer.StatisticNamed("gradient_max_abs"),
				Third:     p.thirds[worst.Layer],
				Epoch:     last.Epoch,
			}
			d = measured(worst.Layer, q.Name(), most, maxGradient, last.Epoch, advisor.High)
			d.Percentile = p.standing(q, most)
		} else if ratio := last.GradientRatio(); ratio > maxRatio {
			d = measured(first.Layer, "gradient_norm_ratio", float64(ratio), maxRatio, last.Epoch, advisor.High)
		} else {
			return
		}
		d = explain(d, above, "gradients explode on their way to it")
		p.Report(d)
		p.proposeCalmer(d, "Steps should stay small enough to follow the gradient.")
		p.proposeMiddleNorm(d, "Gradients should keep their scale through the middle.")
	},
}
