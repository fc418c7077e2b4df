package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	highRate    = 3    // times the usual rate
	farHighRate = 10   // the same, without any other sign
	stalled     = 0.05 // share of the training loss that an epoch takes off
	wildUpdate  = 0.5  // of a layer's weights by one update
)

var rateTooHigh = Rule{
	Name:  "rate-too-high",
	Group: Cause,
	Title: "The learning rate is too high",
	Finds: fmt.Sprintf("A rate (with rmsprop's momentum: rate/(1 − momentum)) of at least %d times the optimizer's usual "+
		"one in a net that diverges, guesses, or whose last epoch took less than %g of the training loss off; a rate "+
		"above the usual one where an update moved a layer by more than %g of its size, without strong penalties; or, "+
		"mild, any rate from %d times the usual one on.", highRate, stalled, wildUpdate, farHighRate),
	Source: "The shipped past runs: where one of the first two holds, they end lower with probability .86 and .94; the " +
		"last alone says little.",
	Proposes: "A tenth and a third of the rate, the usual rate, and a cosine schedule.",
	Explains: []string{"diverged", "at-chance", "dead-relu", "exploding-gradient", "vanishing-gradient",
		"high-activation-variance", "validation-apart", "under-capacity"},
	Run: func(p *Pass) {
		last, ok := p.last()
		rate, fall := p.relativeRate(), p.fall()
		slow := fall.Known() && fall < stalled && last.TrainAccuracy < learnt
		broken := p.Outcome.Diverged || ok && (!last.TrainLoss.Known() || last.Epoch >= 1 && p.guesses(last))
		wild, epoch := p.wildest()
		var d advisor.Diagnosis
		var meaning string
		switch {
		case !ok && !p.Outcome.Diverged:
			return
		case rate >= highRate && (broken || slow):
			d = measured("", "relative_rate", rate, highRate, p.end(last), advisor.Medium)
			meaning = "the net does not learn"
			if !broken {
				meaning = "the last epoch took only " + figure.Measured(100*fall) + " % of the loss off"
			}
		case rate >= 1 && float64(wild.UpdateRatio) > wildUpdate && !p.penalised(): // penalties leave little to move
			d = measured(wild.Layer, "update_ratio", float64(wild.UpdateRatio), wildUpdate, epoch, advisor.Medium)
			meaning = "one update replaced much of the layer"
		case rate >= farHighRate:
			d = measured("", "relative_rate", rate, farHighRate, p.end(last), advisor.Low)
			meaning = "few nets end well at such a rate"
		default:
			return
		}
		o := p.Architecture.Training.Optimizer
		meaning += fmt.Sprintf("; the learning rate %g is %s times the usual one of %s", o.LearningRate,
			figure.Measured(rate), o.Type)
		d = explain(d, notBelow, meaning)
		p.Report(d)
		p.proposeSettings(d, "Smaller steps should follow the gradient.",
			"learning-rate ×0.1", "learning-rate ×0.3", "learning-rate usual", "schedule cosine")
	},
}

// end is the epoch of the last record, or that in which the run diverged.
func (p *Pass) end(last trainer.EpochRecord) float64 {
	if p.Outcome.Diverged {
		return float64(p.Outcome.DivergedEpoch)
	}
	return last.Epoch
}

// wildest returns the layer whose weights an update moved most, of all records, and the record's epoch.
func (p *Pass) wildest() (worst trainer.LayerStatistics, epoch float64) {
	for _, r := range p.Records {
		for _, l := range r.Layers {
			if l.UpdateRatio > worst.UpdateRatio {
				worst, epoch = l, r.Epoch
			}
		}
	}
	return worst, epoch
}
