package rule

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	minKept  = 0.3  // product of the shares that dropout keeps
	strongL2 = 3e-3 // of a layer
	strongL1 = 1e-4
	maxDecay = 0.5 // rate × weight decay × updates of the full run
	maxCrop  = 0.2 // of the smaller side
	shrunken = 0.5 // growth of a layer's norm that is named
)

var overRegularised = Rule{
	Name:  "over-regularised",
	Group: Cause,
	Title: "Regularisation is stronger than the net bears",
	Finds: fmt.Sprintf("Dropout that keeps less than %g of the signal over all layers; L2 of %g or L1 of %g on a layer, "+
		"with the penalty's share in the loss and layers whose norm fell below %g of its start; a weight decay that takes "+
		"more than %g of the weights off in the full run (rate × decay × updates); shifts by more than %g of the image.",
		minKept, strongL2, strongL1, shrunken, maxDecay, maxCrop),
	Source: "The shipped past runs: with such dropout or penalties runs end lower with probability .71 and " +
		".68; what is beyond those runs, decay and shifts, on short trainings of nets made for it.",
	Proposes: "Each of them off, then less of it.",
	Explains: []string{"at-chance", "vanishing-gradient", "exploding-gradient", "dead-relu"},
	Run: func(p *Pass) {
		p.judgeDropout()
		p.judgePenalties()
		p.judgeDecay()
		p.judgeCrop()
	},
}

// moreLearnt is what less regularisation is expected to do.
func moreLearnt() string { return "Training accuracy should rise, and validation accuracy with it." }

func (p *Pass) judgeDropout() {
	kept, worst := 1.0, trainer.Layer{}
	for l := range p.Architecture.All() {
		if l.IsDropout() {
			kept *= 1 - l.Rate
			if l.Rate > worst.Rate {
				worst = *l
			}
		}
	}
	if !(kept < minKept) {
		return
	}
	d := structural(worst.Name, "kept_share", kept, minKept, advisor.Medium)
	meaning := fmt.Sprintf("all dropout together lets so little through; this one drops %g", worst.Rate)
	if last, ok := p.last(); ok && last.TrainAccuracy < last.ValidationAccuracy {
		d.Epoch = trainer.Number(last.Epoch)
		meaning += fmt.Sprintf(", and training accuracy as it runs is %s, validation accuracy %s",
			figure.Measured(last.TrainAccuracy), figure.Measured(last.ValidationAccuracy))
	}
	d = explain(d, below, meaning)
	p.Report(d)
	p.proposeSettings(d, moreLearnt(), "conv-dropout off", "dense-dropout off", "conv-dropout ×0.5",
		"dense-dropout ×0.5")
}

func (p *Pass) judgePenalties() {
	last, probed := p.last()
	for _, kind := range []struct {
		name   string
		strong float64
		of     func(l trainer.Layer) float64
	}{
		{"l2", strongL2, func(l trainer.Layer) float64 { return l.L2 }},
		{"l1", strongL1, func(l trainer.Layer) float64 { return l.L1 }},
	} {
		worst := trainer.Layer{}
		for l := range p.Architecture.All() {
			if l.HasWeights() && kind.of(*l) > kind.of(worst) {
				worst = *l
			}
		}
		if !(kind.of(worst) >= kind.strong) {
			continue
		}
		d := structural(worst.Name, kind.name, kind.of(worst), kind.strong, advisor.Medium)
		meaning := "so strong a penalty holds the weights down"
		if probed && len(last.Layers) > 0 {
			d.Epoch = trainer.Number(last.Epoch)
			meaning += p.penaltyShown(last)
		}
		d = explain(d, notBelow, meaning)
		p.Report(d)
		p.proposeSettings(d, moreLearnt(), kind.name+" off", kind.name+" ×0.1")
	}
}

// penalised says whether a layer has a penalty that is too strong.
func (p *Pass) penalised() bool {
	for l := range p.Architecture.All() {
		if l.HasWeights() && (l.L2 >= strongL2 || l.L1 >= strongL1) {
			return true
		}
	}
	return false
}

// penaltyShown says what the penalties do: their share in the loss, and how many layers have shrunk.
func (p *Pass) penaltyShown(last trainer.EpochRecord) string {
	penalty, shrunk := 0.0, 0
	for _, s := range last.Layers {
		b, ok := p.layer(s.Layer)
		if !ok {
			continue
		}
		penalty += penaltyOf(*b.Layer(), s.Weights)
		start := advisor.Quantity{Statistic: trainer.StatisticNamed("weight_l2_norm")}.Measure(p.Records, s.Layer)
		if s.Weights.L2Norm < shrunken*start {
			shrunk++
		}
	}
	share := penalty / (penalty + float64(last.TrainLoss))
	if math.IsNaN(share) {
		return ""
	}
	text := "; the penalties are " + figure.Measured(100*share) + " % of the loss"
	if shrunk > 0 {
		text += fmt.Sprintf(", and %s now below %g of its first norm", figure.Counted(shrunk, "layer"), shrunken)
	}
	return text
}

// penaltyOf is l2·Σw² + l1·Σ|w|. Σ|w| is taken as of normal weights, n·σ·√(2/π), where n follows from norm and
// moments.
func penaltyOf(l trainer.Layer, w trainer.Statistics) float64 {
	norm, second := float64(w.L2Norm), float64(w.Variance+w.Mean*w.Mean)
	penalty := l.L2 * norm * norm
	if l.L1 > 0 && second > 0 {
		penalty += l.L1 * norm * norm / second * math.Sqrt(second*2/math.Pi)
	}
	return penalty
}

func (p *Pass) judgeDecay() {
	o := p.Architecture.Training.Optimizer
	taken := o.LearningRate * o.WeightDecay * float64(p.updates())
	if o.Type != trainer.AdamW || !(taken > maxDecay) {
		return
	}
	d := explain(structural("", "decay_in_all", taken, maxDecay, advisor.Medium), above,
		fmt.Sprintf("a weight decay of %g at a rate of %g over %d updates takes the weights away as they are learnt",
			o.WeightDecay, o.LearningRate, p.updates()))
	p.Report(d)
	p.proposeSettings(d, moreLearnt(), "weight-decay ×0.1", "weight-decay off")
}

func (p *Pass) judgeCrop() {
	a := p.Architecture
	share := float64(a.Training.Augment.Crop) / float64(min(a.Input[0], a.Input[1]))
	if !(share > maxCrop) {
		return
	}
	d := explain(structural("", "crop_share", share, maxCrop, advisor.Medium), above,
		fmt.Sprintf("shifts by up to %d pixels move much of what is shown out of the image", a.Training.Augment.Crop))
	p.Report(d)
	p.proposeSettings(d, moreLearnt(), "crop off", "crop 4")
}
