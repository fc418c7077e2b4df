package features

import (
	"math"

	"probewise/advisor"
	"probewise/trainer"
)

// Version of the definitions in this package.
const Version = 4

// Vector is a list of named features.
type Vector struct {
	Names  []string
	Linear []bool // whether the forest's linear part sees the feature: the learning curve only
	Groups []Group
	Values []float64
	group  Group // of what is added next
}

// A Group is a kind of features.
type Group string

// The groups, in the order in which a model card takes them on.
const (
	LastAccuracy   Group = "last accuracy" // the validation accuracy at the probe's end
	LearningCurve  Group = "curve"
	OfArchitecture Group = "architecture"
	OfStatistics   Group = "statistics"
)

// Groups lists them.
func Groups() []Group { return []Group{LastAccuracy, LearningCurve, OfArchitecture, OfStatistics} }

func (v *Vector) add(name string, value float64) { v.append(name, value, false) }

func (v *Vector) append(name string, value float64, linear bool) {
	if math.IsInf(value, 0) {
		value = math.NaN()
	}
	v.Names = append(v.Names, name)
	v.Groups = append(v.Groups, v.group)
	v.Linear = append(v.Linear, linear)
	v.Values = append(v.Values, value)
}

// Architecture returns the features that are known before any training.
func Architecture(a trainer.Architecture) Vector {
	var v Vector
	v.addArchitecture(a)
	return v
}

func (v *Vector) addArchitecture(a trainer.Architecture) {
	v.group = OfArchitecture
	cost := a.Cost()
	all := blocks(&a, cost)
	v.addSizes(a, cost, all)
	v.addRegularisers(a, all)
	v.addTraining(a.Training)
	v.addNet(a)
}

// Probe returns the features of a probe of so many epochs (0: a look at the initial weights, ¼ … as records stand):
// learning curve, architecture, statistics. Later records are not looked at.
func Probe(a trainer.Architecture, records []trainer.EpochRecord, outcome trainer.Outcome, epochs float64) Vector {
	var seen []trainer.EpochRecord
	for _, r := range records {
		if r.Epoch <= epochs {
			seen = append(seen, r)
		}
	}
	diverged := divergedWithin(outcome, epochs)
	if n := len(seen); n > 0 && seen[n-1].Epoch == epochs && seen[n-1].ValidationLoss.Known() {
		diverged = false // later in the epoch
	}
	var v Vector
	v.addCurve(seen, a.Classes, diverged)
	v.addArchitecture(a)
	v.addStatistics(seen, diverged)
	return v
}

// divergedWithin says whether a run diverged in one of the epochs that so long a probe takes part in.
func divergedWithin(o trainer.Outcome, epochs float64) bool {
	return o.Diverged && float64(o.DivergedEpoch) <= max(math.Ceil(epochs), 1)
}

// HasRecordsUntil says whether the run's records hold the end of a probe of the given length and every whole epoch
// before it, or, where the run diverged within it, every whole epoch before that. Shards leave later epochs out, so the
// last one alone says nothing.
func HasRecordsUntil(p advisor.PastRun, epochs float64) bool {
	whole, end := int(epochs), epochs
	if divergedWithin(p.Outcome, epochs) {
		whole = p.Outcome.DivergedEpoch - 1
		end = float64(whole)
	}
	there := make(map[float64]bool, len(p.Records))
	for _, r := range p.Records {
		there[r.Epoch] = true
	}
	for epoch := 1; epoch <= whole; epoch++ {
		if !there[float64(epoch)] {
			return false
		}
	}
	return there[end] || end == 0 && p.Outcome.Diverged
}

// GroupOf names the architecture without its seed: repeats with another seed are one group of past runs.
func GroupOf(a trainer.Architecture) string {
	a.Training.Seed = 0
	return a.ID()
}

// Target is what is predicted of a past run: its test accuracy, or chance where it diverged.
func Target(p advisor.PastRun) float64 {
	if p.Outcome.Diverged {
		return 1 / float64(p.Architecture.Classes)
	}
	return float64(p.Outcome.TestAccuracy)
}
