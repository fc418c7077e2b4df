package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxGap    = 0.05 // training minus validation accuracy
	minGrowth = 0.02 // of the gap, from the first record to the last
	severeGap = 0.2
	maxSwing  = 0.05 // fall of validation accuracy since the record before, beyond which the run swings
)

var overfit = Rule{
	Name:  "overfit",
	Group: Shape,
	Title: "Training accuracy runs ahead of validation accuracy",
	Finds: fmt.Sprintf("Training accuracy (as it runs) is above validation accuracy by %g or more at the end, the gap "+
		"has grown by %g or more since the first whole epoch (in shorter probes: quarter) and still grows, while "+
		"validation accuracy is above chance + %g and has not just fallen by more than %g: that is a swing, or batch "+
		"norm that lags. Mild below %g.",
		maxGap, minGrowth, trains, maxSwing, severeGap),
	Source: "Found on 32 own probes; Salit: the gap alone is no reason to shrink a model. Past runs where it is found " +
		"end higher than others: it tells what the next gain is, not that a run is poor.",
	Proposes: "Dropout after dense layers, L2 on higher layers, flipped images; nothing smaller.",
	Run: func(p *Pass) {
		gaps, validation, epoch := p.gaps()
		last, _ := p.last()
		n := len(gaps)
		if n < 2 || gaps[n-1] < maxGap || gaps[n-1]-gaps[0] < minGrowth || gaps[n-1] <= gaps[n-2] ||
			validation[n-2]-validation[n-1] > maxSwing || validation[n-1] <= p.chance(last)+trains {
			return
		}
		severity := advisor.Low
		if gaps[n-1] >= severeGap {
			severity = advisor.Medium
		}
		d := measured("", "accuracy_gap", gaps[n-1], maxGap, epoch, severity)
		d = explain(d, above, "training accuracy runs away from validation accuracy")
		p.Report(d)
		a := &p.Architecture
		const expect = "The gap should narrow while validation accuracy rises."
		for _, b := range knob.Unregularised(knob.Chain(a, trainer.Dense)) {
			name := b.Layer().Name
			rate := dropoutRate(a, name)
			p.Propose(proposal(advisor.Regularise, "Add dropout "+figure.Measured(rate)+" after "+name, d, expect,
				knob.Each([]string{name}, knob.Alone(knob.DropOut(rate)))))
			break // one dropout at a time: more of it slows a short training
		}
		p.proposeL2(d, knob.Names(knob.Unregularised(trainer.UpperHidden(trainer.Blocks(a)))), expect)
		p.Propose(proposal(advisor.Regularise, "Flip training images left to right", d, expect, knob.Flip))
	},
}

// gaps returns training minus validation accuracy and the latter at each whole epoch, or at each quarter where there
// are fewer than two whole ones, and the epoch of the last.
func (p *Pass) gaps() (gaps, validation []float64, epoch float64) {
	for _, whole := range []bool{true, false} {
		gaps, validation = nil, nil
		for _, r := range p.Records {
			gap := r.TrainAccuracy - r.ValidationAccuracy
			if r.Epoch > 0 && gap.Known() && (r.Whole() || !whole) {
				gaps, validation, epoch = append(gaps, float64(gap)), append(validation, float64(r.ValidationAccuracy)), r.Epoch
			}
		}
		if len(gaps) > 1 {
			break
		}
	}
	return gaps, validation, epoch
}
