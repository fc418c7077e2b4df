package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// The usual learning rates: Keras' default of adam, rmsprop and adamw; those of sgd that small CNNs bear.
const (
	usualAdaptive = 1e-3
	usualPlain    = 0.1  // sgd without momentum
	usualMomentum = 0.02 // sgd with momentum, which makes steps 1/(1−0.9) times as long
	usualNormed   = 0.05 // sgd with momentum in a net with batch norm
)

const (
	usualMomentumShare = 0.9
	usualDecay         = 0.004 // Keras' default of adamw
)

// usualRate is the learning rate that the optimizer is usually given in the net.
func usualRate(a trainer.Architecture, o trainer.Optimizer) float64 {
	switch {
	case o.Type != trainer.SGD:
		return usualAdaptive
	case o.Momentum == 0:
		return usualPlain
	case normed(a):
		return usualNormed
	}
	return usualMomentum
}

// UsualRate is the learning rate that the net's optimizer is usually given.
func UsualRate(a trainer.Architecture) float64 { return usualRate(a, a.Training.Optimizer) }

// usualOptimizer is the optimizer with its usual constants.
func usualOptimizer(a trainer.Architecture, t trainer.OptimizerType) trainer.Optimizer {
	o := trainer.Optimizer{Type: t}
	switch t {
	case trainer.SGD:
		o.Momentum = usualMomentumShare
	case trainer.RMSprop:
		o.Rho, o.Epsilon = 0.9, 1e-7
	case trainer.Adam, trainer.AdamW:
		o.Beta1, o.Beta2, o.Epsilon = 0.9, 0.999, 1e-7
		if t == trainer.AdamW {
			o.WeightDecay = usualDecay
		}
	}
	o.LearningRate = usualRate(a, o)
	return o
}

var optimizer = Knob{
	Name:  "optimizer",
	Title: "Optimizer",
	Does:  "Turns gradients into updates. Each comes with its usual learning rate and constants.",
	Range: fmt.Sprintf("sgd, rmsprop, adam, adamw: to adam, rmsprop or adamw (weight decay %g) at %g, to sgd with "+
		"momentum %g at %g, in a net with batch norm at %g.",
		usualDecay, usualAdaptive, usualMomentumShare, usualMomentum, usualNormed),
	Costs: "Memory: adam and adamw keep two values per parameter, rmsprop one, sgd with momentum one, plain sgd none.",
	When: "To adam where plain sgd learns slowly or layers need steps of different size; to sgd with momentum where a " +
		"well-conditioned net (batch norm) is trained for long.",
	Theme: advisor.Retune,
	Settings: settings("optimizer", advisor.Retune, func(a trainer.Architecture, l *list) {
		for _, t := range []trainer.OptimizerType{trainer.Adam, trainer.SGD, trainer.RMSprop, trainer.AdamW} {
			if t == a.Training.Optimizer.Type {
				continue // its rate and constants are other knobs
			}
			o := usualOptimizer(a, t)
			more := ""
			switch t {
			case trainer.SGD:
				more = fmt.Sprintf(" with momentum %g", o.Momentum)
			case trainer.AdamW:
				more = fmt.Sprintf(" with weight decay %g", o.WeightDecay)
			}
			l.add(string(t), fmt.Sprintf("Train with %s%s at a learning rate of %g instead of %s", t, more, o.LearningRate,
				a.Training.Optimizer.Type), optimized(o))
		}
	}),
	differs: trainingDiffers(func(t trainer.Training) trainer.OptimizerType { return t.Optimizer.Type }),
}

// optimized sets the optimizer, unless it is of the type already.
func optimized(o trainer.Optimizer) Edit {
	return onTraining(func(t *trainer.Training) {
		if t.Optimizer.Type != o.Type {
			t.Optimizer = o
		}
	})
}

var momentum = Knob{
	Name:  "momentum",
	Title: "Momentum",
	Does:  "Keeps a share of the last update, so that steps add up where gradients agree.",
	Range: fmt.Sprintf("0 to below 1, of sgd and rmsprop; of sgd %g, with or without Nesterov's form; 0.",
		usualMomentumShare),
	Costs:    "Memory: one value per parameter. Steps become up to 1/(1 − momentum) times as long.",
	When:     "On where plain sgd learns slowly; off where the loss swings.",
	Theme:    advisor.Retune,
	Settings: settings("momentum", advisor.Retune, momenta),
	differs: func(base, revised trainer.Architecture) bool {
		was, is := base.Training.Optimizer, revised.Training.Optimizer
		return hasMomentum(was) && hasMomentum(is) && (was.Momentum != is.Momentum || was.Nesterov != is.Nesterov)
	},
}

// hasMomentum says whether momentum counts for the optimizer.
func hasMomentum(o trainer.Optimizer) bool { return o.Type == trainer.SGD || o.Type == trainer.RMSprop }

func momenta(a trainer.Architecture, l *list) {
	o := a.Training.Optimizer
	set := func(share float64, nesterov bool) Edit {
		return onTraining(func(t *trainer.Training) {
			if t.Optimizer.Type == o.Type {
				t.Optimizer.Momentum, t.Optimizer.Nesterov = share, nesterov
			}
		})
	}
	if o.Type == trainer.SGD {
		m := fmt.Sprintf("%g", usualMomentumShare)
		plain := fmt.Sprintf("Train sgd with momentum %s instead of %g", m, o.Momentum)
		if o.Nesterov && o.Momentum == usualMomentumShare {
			plain = fmt.Sprintf("Train sgd with plain momentum of %s instead of Nesterov's", m)
		}
		l.add(m, plain, set(usualMomentumShare, false))
		l.add(m+" nesterov", fmt.Sprintf("Train sgd with Nesterov's momentum of %s", m), set(usualMomentumShare, true))
	}
	if o.Momentum > 0 {
		l.add("off", fmt.Sprintf("Train %s without momentum (%g so far)", o.Type, o.Momentum), set(0, false))
	}
}

// decays are the sizes of adamw's weight decay, besides off.
var decays = []float64{0.1, 10}

var weightDecay = Knob{
	Name:  "weight-decay",
	Title: "Weight decay",
	Does:  "Shrinks every weight a little with every step, apart from the gradients (adamw alone).",
	Range: fmt.Sprintf("0 to 1; times %s, 0.", numbers(decays)),
	Costs: "Nothing.",
	When: "More where training accuracy runs ahead of validation accuracy, less where weights shrink while the net " +
		"learns little.",
	Theme: advisor.Regularise,
	Settings: settings("weight-decay", advisor.Regularise, func(a trainer.Architecture, l *list) {
		o := a.Training.Optimizer
		if o.Type != trainer.AdamW {
			return
		}
		set := func(to float64) Edit {
			return onTraining(func(t *trainer.Training) {
				if t.Optimizer.Type == trainer.AdamW {
					t.Optimizer.WeightDecay = to
				}
			})
		}
		for _, f := range decays {
			to := Scaled(o.WeightDecay, f)
			l.add(fmt.Sprintf("×%g", f), fmt.Sprintf("Change the weight decay from %g to %g", o.WeightDecay, to), set(to))
		}
		l.add("off", fmt.Sprintf("Train without weight decay (%g so far)", o.WeightDecay), set(0))
		if o.WeightDecay == 0 {
			l.add("on", fmt.Sprintf("Use a weight decay of %g", usualDecay), set(usualDecay))
		}
	}),
	differs: trainingDiffers(func(t trainer.Training) float64 { return t.Optimizer.WeightDecay }),
}

// normed says whether any hidden layer has batch norm.
func normed(a trainer.Architecture) bool {
	for _, b := range Hidden(&a, "") {
		if b.PathBatchNorm() {
			return true
		}
	}
	return false
}

// numbers joins numbers as in a sentence.
func numbers(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = figure.Setting(v)
	}
	return figure.List(words)
}
