package main

import (
	"math"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// candidate is what was tried as a rule.
type candidate struct {
	name  string
	fires func(advisor.Case) bool
}

// candidates do not separate poor runs from good ones, or only the wrong way round. Their thresholds are those that
// come nearest to it.
var candidates = []candidate{
	{"oscillating: training loss of a quarter 5 % above the one before, after epoch 1", func(c advisor.Case) bool {
		return lateRise(c) > 0.05
	}},
	{"volatile: validation accuracy falls by 5 points after epoch 1", func(c advisor.Case) bool {
		return swing(c) > 0.05
	}},
	{"wide-distribution: kurtosis of outputs above 40", above(40, func(l trainer.LayerStatistics) trainer.Number {
		return l.Activations.Kurtosis
	})},
	{"high-weight-variance: above 0.25", above(0.25, func(l trainer.LayerStatistics) trainer.Number {
		return l.Weights.Variance
	})},
	{"large-weights: |w| above 1.5", above(1.5, func(l trainer.LayerStatistics) trainer.Number {
		return l.Weights.MaxAbs
	})},
	{"large-gradients: |g| above 0.6", above(0.6, func(l trainer.LayerStatistics) trainer.Number {
		return l.Gradients.MaxAbs
	})},
	{"high-activation-max: above 10", above(10, func(l trainer.LayerStatistics) trainer.Number {
		return l.Activations.MaxAbs
	})},
	{"noisy-gradients: gradient noise above 1.1 in half of the layers", func(c advisor.Case) bool {
		last := c.Records[len(c.Records)-1]
		noisy := 0
		for _, l := range last.Layers {
			if l.GradientNoise > 1.1 {
				noisy++
			}
		}
		return 2*noisy > len(last.Layers)
	}},
	{"penalty-share: penalties above 0.2 of the loss", func(c advisor.Case) bool {
		last := c.Records[len(c.Records)-1]
		penalty := 0.0
		for _, s := range last.Layers {
			if b, ok := knob.Find(&c.Architecture, s.Layer); ok {
				penalty += b.Layer().L2 * math.Pow(float64(s.Weights.L2Norm), 2)
			}
		}
		return penalty/(penalty+float64(last.TrainLoss)) > 0.2
	}},
	{"too-few-conv: one conv layer", func(c advisor.Case) bool {
		return len(knob.Hidden(&c.Architecture, trainer.Conv)) == 1
	}},
	{"too-many-conv: five conv layers", func(c advisor.Case) bool {
		return len(knob.Hidden(&c.Architecture, trainer.Conv)) >= 5
	}},
	{"large-map: flatten of 8 pixels or more each way", func(c advisor.Case) bool {
		head, in, ok := knob.Head(&c.Architecture)
		return ok && head.Type == trainer.Flatten && min(in.H, in.W) >= 8
	}},
	{"batch of 128", func(c advisor.Case) bool { return c.Architecture.Training.BatchSize >= 128 }},
	{"batch-norm-everywhere", func(c advisor.Case) bool {
		hidden := knob.Hidden(&c.Architecture, "")
		normed := 0
		for _, b := range hidden {
			if b.PathBatchNorm() {
				normed++
			}
		}
		return len(hidden) >= 3 && normed == len(hidden)
	}},
}

// above fires where a statistic of a layer is above the limit at the end of the probe.
func above(limit trainer.Number, of func(trainer.LayerStatistics) trainer.Number) func(advisor.Case) bool {
	return func(c advisor.Case) bool {
		for _, l := range c.Records[len(c.Records)-1].Layers {
			if of(l) > limit {
				return true
			}
		}
		return false
	}
}

// lateRise is the greatest rise of the training loss from a quarter of an epoch to the next, after epoch 1.
func lateRise(c advisor.Case) float64 {
	rise, before := 0.0, trainer.Missing
	var sum trainer.Number // of the epoch's quarters so far
	for _, r := range c.Records {
		if r.Epoch == 0 {
			continue
		}
		quarter := trainer.Number(math.Mod(4*r.Epoch-1, 4) + 1)
		own := quarter*r.TrainLoss - sum
		if sum += own; quarter == 4 {
			sum = 0
		}
		if r.Epoch > 1 {
			rise = max(rise, float64(own/before-1))
		}
		before = own
	}
	return rise
}

// swing is the greatest fall of validation accuracy from a record to the next, after epoch 1.
func swing(c advisor.Case) float64 {
	fall := trainer.Number(0)
	for i := 1; i < len(c.Records); i++ {
		if c.Records[i-1].Epoch >= 1 {
			fall = max(fall, c.Records[i-1].ValidationAccuracy-c.Records[i].ValidationAccuracy)
		}
	}
	return float64(fall)
}
