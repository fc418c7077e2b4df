package features

import (
	"math"

	"probewise/advisor"
	"probewise/trainer"
)

// Version of the definitions in this package.
const Version = 1

// Vector is a list of named features.
type Vector struct {
	Names  []string
	Linear []bool // whether the forest's linear part sees the feature: the learning curve only
	Values []float64
}

func (v *Vector) add(name string, value float64) { v.append(name, value, false) }

func (v *Vector) append(name string, value float64, linear bool) {
	if math.IsInf(value, 0) {
		value = math.NaN()
	}
	v.Names = append(v.Names, name)
	v.Linear = append(v.Linear, linear)
	v.Values = append(v.Values, value)
}

// Architecture returns the features that are known before any training.
func Architecture(a trainer.Architecture) Vector {
	var v Vector
	v.addSizes(a)
	v.addRegularisers(a)
	v.addTraining(a.Training)
	return v
}

// Probe returns the features of a probe of the given number of epochs: learning curve, architecture, statistics.
// Later records are not looked at.
func Probe(a trainer.Architecture, records []trainer.EpochRecord, outcome trainer.Outcome, epochs int) Vector {
	var seen []trainer.EpochRecord
	for _, r := range records {
		if r.Epoch <= float64(epochs) {
			seen = append(seen, r)
		}
	}
	diverged := outcome.Diverged && outcome.DivergedEpoch <= epochs
	var v Vector
	v.addCurve(seen, a.Classes, diverged)
	v.addSizes(a)
	v.addRegularisers(a)
	v.addTraining(a.Training)
	v.addStatistics(seen, diverged)
	return v
}

// Covers says whether the run's records reach far enough for a probe of the given length.
func Covers(p advisor.PastRun, epochs int) bool {
	if p.Outcome.Diverged && p.Outcome.DivergedEpoch <= epochs {
		return true
	}
	for _, r := range p.Records {
		if r.Epoch == float64(epochs) {
			return true
		}
	}
	return false
}

// Target is what is predicted of a past run: its test accuracy, or chance where it diverged.
func Target(p advisor.PastRun) float64 {
	if p.Outcome.Diverged {
		return 1 / float64(p.Architecture.Classes)
	}
	return float64(p.Outcome.TestAccuracy)
}
