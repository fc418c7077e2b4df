package gain

import (
	"math"
	"slices"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/trainer"
)

// Group is a kind of columns, as model cards and ablations name them.
type Group string

// The groups.
const (
	OfNet        Group = "net"        // of the base
	OfEdit       Group = "edit"       // how the revised net differs from it
	OfCurve      Group = "curve"      // of the base's probe
	OfStatistics Group = "statistics" // of the base's layers at the end of its probe
	OfTrial      Group = "trial"      // the revised net's curve beside the base's, as far as it was trained
)

// Vector is what is known of an edit.
type Vector struct {
	Names  []string
	Groups []Group
	Values []float64
	tried  bool // there is a trial
}

// value of a column, NaN where there is none.
func (v Vector) value(name string) float64 {
	if i := slices.Index(v.Names, name); i >= 0 {
		return v.Values[i]
	}
	return math.NaN()
}

func (v *Vector) add(g Group, name string, value float64) {
	if math.IsInf(value, 0) {
		value = math.NaN()
	}
	v.Names, v.Groups, v.Values = append(v.Names, name), append(v.Groups, g), append(v.Values, value)
}

// observed is the column of the difference of accuracy that the trial shows.
const observed = "trial_observed"

// observedLogits is that of the difference of logits.
const observedLogits = "trial_logit"

// Edit describes an edit: base is the probe of the net that is changed, and trial what was trained of the revised net,
// to the moment (in epochs) at which both are compared; 0: nothing was.
func Edit(base advisor.ProbeResult, revised trainer.Architecture, trial advisor.ProbeResult, moment float64) Vector {
	var v Vector
	before, after := columns(base.Architecture), columns(revised)
	for _, c := range before {
		v.add(OfNet, "net_"+c.name, c.value)
	}
	for i, c := range after {
		v.add(OfEdit, "edit_"+c.name, difference(c.value, before[i].value))
	}
	v.addCurve(base)
	v.addStatistics(base)
	if moment > 0 {
		v.tried = true
		v.addTrial(base, trial, moment)
	}
	return v
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

func (v *Vector) addCurve(r advisor.ProbeResult) {
	end := at(r, float64(r.Epochs))
	reached := max(end.validation, end.train)
	v.add(OfCurve, "curve_validation", logit(end.validation))
	v.add(OfCurve, "curve_reached", logit(reached))
	v.add(OfCurve, "curve_gap", end.train-end.validation)
	v.add(OfCurve, "curve_loss", end.validationLoss)
	v.add(OfCurve, "curve_train_loss", end.trainLoss)
	first := at(r, 1)
	v.add(OfCurve, "curve_first", logit(first.validation))
	v.add(OfCurve, "curve_rise", logit(end.validation)-logit(first.validation))
	v.add(OfCurve, "curve_fall", first.trainLoss-end.trainLoss)
	var jumps, n float64
	previous := math.NaN()
	for _, record := range r.Records {
		if record.Epoch >= 1 && record.Epoch <= float64(r.Epochs) && record.ValidationAccuracy.Known() {
			if now := float64(record.ValidationAccuracy); !math.IsNaN(previous) {
				jumps += math.Max(previous-now, 0)
				n++
			}
			previous = float64(record.ValidationAccuracy)
		}
	}
	v.add(OfCurve, "curve_jumps", jumps/math.Max(n, 1))
	v.add(OfCurve, "curve_diverged", flag(r.Outcome.Diverged && r.Outcome.DivergedEpoch <= r.Epochs))
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

func (v *Vector) addTrial(base, trial advisor.ProbeResult, moment float64) {
	was, is := at(base, moment), at(trial, moment)
	end := at(base, float64(base.Epochs))
	v.add(OfTrial, observed, is.validation-was.validation)
	v.add(OfTrial, observedLogits, logit(is.validation)-logit(was.validation))
	v.add(OfTrial, "trial_level", logit(is.validation))
	v.add(OfTrial, "trial_loss", is.validationLoss-was.validationLoss)
	v.add(OfTrial, "trial_train_loss", is.trainLoss-was.trainLoss)
	v.add(OfTrial, "trial_train", logit(is.train)-logit(was.train))
	v.add(OfTrial, "trial_gap", (is.train-is.validation)-(was.train-was.validation))
	v.add(OfTrial, "trial_against_end", logit(is.validation)-logit(end.validation))
	if earlier := before(moment); earlier > 0 {
		was, is := at(base, earlier), at(trial, earlier)
		v.add(OfTrial, "trial_logit_before", logit(is.validation)-logit(was.validation))
		v.add(OfTrial, "trial_train_loss_before", is.trainLoss-was.trainLoss)
	}
}

// before is the moment before which a trial is also looked at; 0: none.
func before(moment float64) float64 {
	for i, m := range Moments {
		if m == moment && i > 0 {
			return Moments[i-1]
		}
	}
	return 0
}

// Moments are those, in epochs, at which trials are compared with their base; 0 is before any training.
var Moments = []float64{0, 0.25, 0.5, 1, 2, 3}
