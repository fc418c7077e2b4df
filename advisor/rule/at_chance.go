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
	usualValidation = 1000 // images, where their number is not known
	grown           = 2.0  // growth of a layer's weight norm that shows steps too large
	unmoved         = 0.01 // relative change of every weight norm that shows steps too small
	usualFactor     = 3.0  // distance from the usual learning rate that tells
	maxPenalty      = 1e-4
	trains          = 0.1 // training accuracy above chance from which the net does learn
)

var atChance = Rule{
	Name:  "at-chance",
	Group: Health,
	Title: "The net has learnt nothing",
	Finds: fmt.Sprintf("Validation accuracy after the probe is not above chance p, the share of the largest class, by "+
		"two standard errors √(p(1−p)/n) of n validation images (%s where their number is not known), nor is the mean "+
		"recall of k classes above 1/k by two of its own, and training accuracy is below p + %g: a batch norm whose "+
		"running statistics lag is at chance in validation alone. It says where the last records have the same accuracy: "+
		"then every image gets the same class.", figure.Count(usualValidation), trains),
	Source: "The standard error of a share.",
	Proposes: fmt.Sprintf("relu and He's initialiser; a learning rate ×0.1 where weight norms have grown ×%g or it is "+
		"%g times the usual one, ×10 where no weight norm has moved by %g or it is as far below; L1 and L2 of at most %g.",
		grown, usualFactor, unmoved, maxPenalty),
	Breaks:   true,
	Explains: []string{"class-never-predicted", "uneven-classes"},
	Run: func(p *Pass) {
		last, ok := p.last()
		chance := p.chance(last)
		threshold := chance + 2*math.Sqrt(chance*(1-chance)/float64(p.validationImages(last)))
		if !ok || p.Outcome.Diverged || last.Epoch < 1 || !(float64(last.ValidationAccuracy) <= threshold) ||
			float64(last.TrainAccuracy) >= chance+trains || recalls(last.ValidationByClass) {
			return
		}
		d := measured("", "validation_accuracy", float64(last.ValidationAccuracy), threshold, last.Epoch, advisor.High)
		meaning := "the net guesses"
		if p.oneClass() {
			meaning = "the net gives every image the same class, or the labels do not fit the images"
		}
		d = explain(d, notAbove, meaning)
		p.Report(d)
		p.proposeReLU(d, "Gradients should reach the first layer.")
		all := knob.Hidden(&p.Architecture, "")
		p.proposeHe(d, knob.Names(all), "Signals should keep their scale from layer to layer.")
		switch rate := p.Architecture.Training.Optimizer.LearningRate; p.pace(last) {
		case tooFast:
			p.proposeLowerRate(d, 0.1,
				"Steps were too large: weights have grown, units have died, or the rate is above the usual.")
		case tooSlow:
			rate = knob.Scaled(rate, 10)
			p.Propose(proposal(advisor.Stabilise, fmt.Sprintf("Raise the learning rate to %g", rate), d,
				"Steps were too small: the weights have hardly moved, or the rate is below the usual.",
				knob.RateAtLeast(rate)))
		}
		title := fmt.Sprintf("Lower L1 and L2 to at most %g", maxPenalty)
		p.Propose(proposal(advisor.Stabilise, title, d, "Penalties should not outweigh the loss.",
			knob.Each(knob.Names(all), knob.PenaltyAtMost(maxPenalty))))
	},
}

// recalls says whether the mean recall of the classes is above that of a guess by two standard errors: a net that is
// trained to tell rare classes may be right less often than one that never answers them.
func recalls(s *trainer.ClassScores) bool {
	if s == nil {
		return false
	}
	classes, variance := 0.0, 0.0
	for _, n := range s.Images {
		if n > 0 {
			classes++
			variance += 1 / float64(n)
		}
	}
	guess := 1 / classes
	return float64(s.BalancedAccuracy) > guess+2*math.Sqrt(guess*(1-guess)*variance)/classes
}

// oneClass says whether validation accuracy has stayed the same over the last three records.
func (p *Pass) oneClass() bool {
	n := len(p.Records)
	if n < 3 {
		return false
	}
	last := p.Records[n-1].ValidationAccuracy
	return p.Records[n-2].ValidationAccuracy == last && p.Records[n-3].ValidationAccuracy == last
}

// pace says whether a learning rate is too high or too low.
type pace int

const (
	unclear pace = iota
	tooFast
	tooSlow
)

// pace judges by the weights since initialisation and by dead units; where they do not tell, by the usual learning
// rate, 1e-2 for sgd and 1e-3 for the others.
func (p *Pass) pace(last trainer.EpochRecord) pace {
	moved := 0.0 // most of all layers
	for _, l := range last.Layers {
		start := advisor.Quantity{Statistic: trainer.StatisticNamed("weight_l2_norm")}.Measure(p.Records, l.Layer)
		if growth := float64(l.Weights.L2Norm / start); growth > grown || float64(l.DeadUnits) > nearlyAll {
			return tooFast
		} else if start > 0 {
			moved = max(moved, math.Abs(growth-1))
		}
	}
	usual := 1e-3
	if p.Architecture.Training.Optimizer.Type == trainer.SGD {
		usual = 1e-2
	}
	rate := p.Architecture.Training.Optimizer.LearningRate
	_, gradient := smallestGradient(last.Layers)
	switch {
	case rate > usualFactor*usual:
		return tooFast
	case rate < usual/usualFactor, moved > 0 && moved < unmoved && gradient >= minGradient:
		return tooSlow
	}
	return unclear
}
