package features

import (
	"math"

	"probewise/trainer"
)

// lossCap keeps a poor run's loss from dominating: heavy tails wreck a linear model.
const lossCap = 3

// CurrentAccuracy is the feature of a probe that holds the accuracy reached so far.
const CurrentAccuracy = "validation_accuracy"

// ReachedAccuracy is the feature of a probe that holds the highest of training and validation accuracy so far.
const ReachedAccuracy = "reached_accuracy"

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
	v.append(ReachedAccuracy, reached, true)
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
