package knob

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/trainer"
)

// rateFactors are the sizes of the learning rate. Rates that are 30 times too small occur: ×10 alone would fall short.
var rateFactors = []float64{0.1, 0.3, 3, 10, 30}

// farRate is how far a rate must be from the usual one, in decades, for that to be a setting of its own.
const farRate = 0.5

// LearningRate is the name of the knob.
const LearningRate = "learning-rate"

var learningRate = Knob{
	Name:  LearningRate,
	Title: "Learning rate",
	Does:  "Scales every update of the weights.",
	Range: fmt.Sprintf("1e-12 to 1000; times %s, and the usual rate of the optimizer (%g; sgd %g, with momentum %g, "+
		"with momentum and batch norm %g) where it is at least %g decades away.",
		numbers(rateFactors), usualAdaptive, usualPlain, usualMomentum, usualNormed, farRate),
	Costs: "Nothing.",
	When: "Nearly always worth a try: a rate that is far too small or too large is the commonest flaw. Lower it where " +
		"the loss jumps or diverges, raise it where the loss falls slowly.",
	Theme:    advisor.Retune,
	Settings: settings(LearningRate, advisor.Retune, rates),
	differs:  trainingDiffers(func(t trainer.Training) float64 { return t.Optimizer.LearningRate }),
}

func rates(a trainer.Architecture, l *list) {
	o := a.Training.Optimizer
	for _, f := range rateFactors {
		to := Scaled(o.LearningRate, f)
		l.add(fmt.Sprintf("×%g", f), rateTitle(o.LearningRate, to), rateOf(o.Type, to))
	}
	usual := usualRate(a, o)
	if math.Abs(math.Log10(o.LearningRate/usual)) >= farRate {
		l.add("usual", fmt.Sprintf("Use the usual learning rate of %s, %g instead of %g", o.Type, usual, o.LearningRate),
			rateOf(o.Type, usual))
	}
}

func rateTitle(from, to float64) string {
	verb := "Raise"
	if to < from {
		verb = "Lower"
	}
	return fmt.Sprintf("%s the learning rate from %g to %g", verb, from, to)
}

// rateOf sets the learning rate of the optimizer; another one has rates of its own.
func rateOf(of trainer.OptimizerType, to float64) Edit {
	return onTraining(func(t *trainer.Training) {
		if t.Optimizer.Type == of {
			t.Optimizer.LearningRate = to
		}
	})
}

// RateOf is a setting of the knob to a rate that was found for the net; size is its name, why says how it was found.
func RateOf(a trainer.Architecture, to float64, size, why string) Setting {
	l := list{knob: learningRate.Name, theme: learningRate.Theme}
	l.add(size, fmt.Sprintf("Set the learning rate to %g, %s", to, why), rateOf(a.Training.Optimizer.Type, to))
	return l.all[0]
}

// RateAtMost lowers the learning rate.
func RateAtMost(to float64) Edit {
	return onTraining(func(t *trainer.Training) { t.Optimizer.LearningRate = min(t.Optimizer.LearningRate, to) })
}

// RateAtLeast raises the learning rate.
func RateAtLeast(to float64) Edit {
	return onTraining(func(t *trainer.Training) { t.Optimizer.LearningRate = max(t.Optimizer.LearningRate, to) })
}

// clipNorm is the norm that gradients are clipped at.
const clipNorm = 1.0

var clipping = Knob{
	Name:  "clipping",
	Title: "Clipping of gradients",
	Does:  "Scales the gradients of a batch down where their global L2 norm is above a limit.",
	Range: fmt.Sprintf("0 (off) to 1e9; on at %g, off.", clipNorm),
	Costs: "Next to nothing.",
	When: "On where single batches throw the training back or gradients explode; off where the limit is far below the " +
		"usual norm, so that it makes every step small.",
	Theme: advisor.Stabilise,
	Settings: settings("clipping", advisor.Stabilise, func(a trainer.Architecture, l *list) {
		l.add("on", fmt.Sprintf("Clip gradients at norm %g", clipNorm), Clip(clipNorm))
		l.add("off", fmt.Sprintf("Do not clip gradients (at norm %g so far)", a.Training.ClipNorm),
			onTraining(func(t *trainer.Training) { t.ClipNorm = 0 }))
	}),
	differs: trainingDiffers(func(t trainer.Training) float64 { return t.ClipNorm }),
}

// Clip limits the norm of the gradients.
func Clip(norm float64) Edit {
	return onTraining(func(t *trainer.Training) {
		if t.ClipNorm == 0 || t.ClipNorm > norm {
			t.ClipNorm = norm
		}
	})
}
