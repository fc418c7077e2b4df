package features

import (
	"math"

	"probewise/trainer"
)

// lossCap keeps a poor run's loss from dominating (FOREST.md: heavy tails wreck a linear model).
const lossCap = 3

// CurrentAccuracy is the feature of a probe that holds the accuracy reached so far.
const CurrentAccuracy = "validation_accuracy"

// addCurve adds the learning curve up to the end of the probe. A diverged run stands at chance with the capped loss.
func (v *Vector) addCurve(records []trainer.EpochRecord, classes int, diverged bool) {
	chance := 1 / float64(classes)
	end, previous := curvePoint{chance, lossCap, chance, lossCap}, curvePoint{chance, lossCap, chance, lossCap}
	sum := 0.0
	if n := len(records); n > 0 && !diverged {
		end = point(records[n-1], chance)
		previous = end
		if n > 1 {
			previous = point(records[n-2], chance)
		}
	}
	for _, r := range records {
		if r.Whole() {
			sum += capped(r.TrainLoss)
		}
	}
	v.group = LastAccuracy
	v.append(CurrentAccuracy, end.validationAccuracy, true)
	v.group = LearningCurve
	reached := max(end.validationAccuracy, end.trainAccuracy)
	v.append("reached_accuracy", reached, true)
	v.append("logit_reached_accuracy", logit(reached), true)
	v.add("validation_loss", end.validationLoss)
	v.add("train_accuracy", end.trainAccuracy)
	v.add("train_loss", end.trainLoss)
	v.add("validation_accuracy_change", end.validationAccuracy-previous.validationAccuracy)
	v.add("accuracy_gap", end.trainAccuracy-end.validationAccuracy)
	v.add("sum_train_loss", sum)
	if diverged {
		v.add("diverged", 1)
	} else {
		v.add("diverged", 0)
	}
}

// logit is ln(p/(1−p)), of at least 0.005 and at most 0.995.
func logit(p float64) float64 {
	p = min(max(p, 0.005), 0.995)
	return math.Log(p / (1 - p))
}

type curvePoint struct{ validationAccuracy, validationLoss, trainAccuracy, trainLoss float64 }

func point(r trainer.EpochRecord, chance float64) curvePoint {
	known := func(n trainer.Number) float64 {
		if !n.Known() {
			return chance
		}
		return float64(n)
	}
	return curvePoint{known(r.ValidationAccuracy), capped(r.ValidationLoss), known(r.TrainAccuracy), capped(r.TrainLoss)}
}

func capped(n trainer.Number) float64 {
	if !n.Known() {
		return lossCap
	}
	return min(float64(n), lossCap)
}

// addStatistics adds a few aggregates by position: means of logarithms over the first two and the last two layers with
// weights, their change since initialisation, dead units, and the ratio of the gradient's norm in the first and last
// layer. Logarithms, since the statistics span many powers of ten.
func (v *Vector) addStatistics(records []trainer.EpochRecord, diverged bool) {
	v.group = OfStatistics
	var end, start []trainer.LayerStatistics
	if n := len(records); n > 0 && !diverged {
		start, end = records[0].Layers, records[n-1].Layers
	}
	lower, higher := firstTwo(end), lastTwo(end)
	for _, s := range fewStatistics {
		low, high := meanLog(lower, s.of), meanLog(higher, s.of)
		v.add(s.name+"_lower", low)
		v.add(s.name+"_higher", high)
		if s.change {
			v.add(s.name+"_lower_change", low-meanLog(firstTwo(start), s.of))
			v.add(s.name+"_higher_change", high-meanLog(lastTwo(start), s.of))
		}
	}
	dead, zeros := 0.0, math.NaN()
	if len(end) > 0 {
		zeros = 0
		for _, l := range end {
			dead = max(dead, float64(l.DeadUnits))
			zeros += float64(l.Activations.ShareZero) / float64(len(end))
		}
	}
	v.add("dead_units", dead)
	v.add("zero_activations", zeros)
	ratio := math.NaN()
	if n := len(end); n > 1 {
		ratio = logOf(end[0].Gradients.L2Norm) - logOf(end[n-1].Gradients.L2Norm)
	}
	v.add("log_gradient_ratio", ratio)
}

var fewStatistics = []struct {
	name   string
	change bool
	of     func(trainer.LayerStatistics) trainer.Number
}{
	{"log_weight_variance", true, func(l trainer.LayerStatistics) trainer.Number { return l.Weights.Variance }},
	{"log_weight_max", false, func(l trainer.LayerStatistics) trainer.Number { return l.Weights.MaxAbs }},
	{"log_activation_variance", true, func(l trainer.LayerStatistics) trainer.Number { return l.Activations.Variance }},
	{"log_activation_max", false, func(l trainer.LayerStatistics) trainer.Number { return l.Activations.MaxAbs }},
	{"log_gradient_norm", true, func(l trainer.LayerStatistics) trainer.Number { return l.Gradients.L2Norm }},
}

func firstTwo(l []trainer.LayerStatistics) []trainer.LayerStatistics { return l[:min(2, len(l))] }
func lastTwo(l []trainer.LayerStatistics) []trainer.LayerStatistics  { return l[max(len(l)-2, 0):] }

func meanLog(layers []trainer.LayerStatistics, of func(trainer.LayerStatistics) trainer.Number) float64 {
	sum := 0.0
	for _, l := range layers {
		sum += logOf(of(l))
	}
	return sum / float64(len(layers)) // NaN where there are none
}

func logOf(n trainer.Number) float64 {
	if !n.Known() {
		return math.NaN()
	}
	return math.Log10(max(float64(n), 1e-12))
}
