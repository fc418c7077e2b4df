package gain

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/trainer"
)

// Group is a kind of columns, as model cards and ablations name them.
type Group string

// The groups.
const (
	OfNet        Group = "net"        // of the net that is foretold
	OfEdit       Group = "edit"       // how it differs from the base
	OfCurve      Group = "curve"      // of the base's probe
	OfStatistics Group = "statistics" // of the base's layers at the end of its probe
	OfTrial      Group = "trial"      // of the net, as far as it was trained
)

// Vector is what is known of a net.
type Vector struct {
	Names  []string
	Groups []Group
	Values []float64
}

func (v *Vector) add(g Group, name string, value float64) {
	if math.IsInf(value, 0) {
		value = math.NaN()
	}
	v.Names, v.Groups, v.Values = append(v.Names, name), append(v.Groups, g), append(v.Values, value)
}

// Alone describes a net by what was trained of it to the moment (0: nothing was), whatever it is an edit of.
func Alone(a trainer.Architecture, trial advisor.ProbeResult, moment float64) Vector {
	var v Vector
	v.addNet(a)
	v.addCurve(OfTrial, "trial", trial, moment)
	return v
}

// Edit describes a net beside its base: base is the probe of the net that is changed, and trial what was trained of the
// revised net, to the moment (in epochs) at which both are compared; 0: nothing was.
func Edit(base advisor.ProbeResult, revised trainer.Architecture, trial advisor.ProbeResult, moment float64) Vector {
	var v Vector
	v.addNet(revised)
	before := features.Net(base.Architecture)
	for i, c := range features.Net(revised) {
		v.add(OfEdit, "edit_"+c.Name, difference(c.Value, before[i].Value))
	}
	v.addCurve(OfCurve, "base", base, float64(base.Epochs))
	v.addStatistics(base)
	v.addCurve(OfTrial, "trial", trial, moment)
	if moment > 0 {
		was, is := at(base, moment), at(trial, moment)
		v.add(OfTrial, observed, logit(is.validation)-logit(was.validation))
		v.add(OfTrial, "observed_loss", is.validationLoss-was.validationLoss)
		v.add(OfTrial, "observed_train_loss", is.trainLoss-was.trainLoss)
	}
	return v
}

// observed is the column of the difference of logits that the trial shows.
const observed = "observed"

func (v *Vector) addNet(a trainer.Architecture) {
	for _, c := range features.Net(a) {
		v.add(OfNet, "net_"+c.Name, c.Value)
	}
}

// addCurve adds the curve of a run to the moment.
func (v *Vector) addCurve(g Group, of string, r advisor.ProbeResult, moment float64) {
	for _, m := range Moments {
		if m == 0 || m > moment {
			continue
		}
		p := at(r, m)
		v.add(g, validationColumn(of, m), logit(p.validation))
		v.add(g, fmt.Sprintf("%s_train_%g", of, m), logit(p.train))
		v.add(g, fmt.Sprintf("%s_loss_%g", of, m), p.validationLoss)
		v.add(g, fmt.Sprintf("%s_train_loss_%g", of, m), p.trainLoss)
	}
}

func validationColumn(of string, moment float64) string {
	return fmt.Sprintf("%s_validation_%g", of, moment)
}

// difference of two values, of which one that is missing (the width of dense layers where there are none) has changed
// by nothing known.
func difference(after, before float64) float64 {
	if math.IsNaN(after) || math.IsNaN(before) {
		return 0
	}
	return after - before
}

// lossCap bounds losses: heavy tails wreck linear models.
const lossCap = 3

// Observed is the difference of validation accuracy between trial and base at the moment.
func Observed(base, trial advisor.ProbeResult, moment float64) float64 {
	return at(trial, moment).validation - at(base, moment).validation
}

type point struct{ validation, train, validationLoss, trainLoss float64 }

// at is the point of the curve at the moment; a run that diverged before stands at chance.
func at(r advisor.ProbeResult, moment float64) point {
	chance := 1 / float64(r.Architecture.Classes)
	p := point{chance, chance, lossCap, lossCap}
	for _, record := range r.Records {
		if record.Epoch == moment && record.ValidationLoss.Known() {
			p = point{
				validation:     float64(record.ValidationAccuracy),
				train:          known(record.TrainAccuracy, chance),
				validationLoss: min(float64(record.ValidationLoss), lossCap),
				trainLoss:      min(known(record.TrainLoss, lossCap), lossCap),
			}
		}
	}
	return p
}

func known(n trainer.Number, otherwise float64) float64 {
	if !n.Known() {
		return otherwise
	}
	return float64(n)
}

func logit(p float64) float64 {
	p = min(max(p, 0.005), 0.995)
	return math.Log(p / (1 - p))
}

// addStatistics adds the least and greatest of the statistics over the layers, and what separates the layers near the
// input from those near the output.
func (v *Vector) addStatistics(r advisor.ProbeResult) {
	var last trainer.EpochRecord
	for _, record := range r.Records {
		if record.Epoch <= float64(r.Epochs) && len(record.Layers) > 0 {
			last = record
		}
	}
	for _, s := range features.Statistics() {
		least, greatest := features.Extremes(last.Layers, s)
		v.add(OfStatistics, "least_"+s.Feature, least)
		v.add(OfStatistics, "greatest_"+s.Feature, greatest)
	}
	ratio := last.GradientRatio()
	v.add(OfStatistics, "gradient_ratio", math.Log10(max(known(ratio, 1), 1e-12)))
}

// Moments are those, in epochs, at which trials are compared with their base; 0 is before any training.
var Moments = []float64{0, 0.25, 0.5, 1, 2, 3}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
