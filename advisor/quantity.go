package advisor

import (
	"strings"

	"probewise/trainer"
)

// Name returns the quantity's name in diagnoses: "weight_variance", "activation_variance_acceleration".
func (q Quantity) Name() string {
	if q.Acceleration {
		return q.Statistic.FullName() + acceleration
	}
	return q.Statistic.FullName()
}

// acceleration follows the statistic in the name of its acceleration.
const acceleration = "_acceleration"

// StatisticOf returns the statistic that a diagnosis is about; nil where it is about anything else.
func StatisticOf(d Diagnosis) *trainer.Statistic {
	name := strings.TrimSuffix(d.Statistic, acceleration)
	for _, s := range trainer.Catalogue() {
		if s.FullName() == name {
			return s
		}
	}
	return nil
}

// Measure returns the quantity at a layer of a run, Missing where the records do not tell.
//
// Acceleration is the second difference x₃ − 2x₂ + x₁ divided by the mean of the three, where x₁ < x₂ < x₃ are the
// statistic at the last three whole epochs up to Epoch, or, where there are fewer, at its last three quarters;
// initialisation is left out. A statistic that does not rise from record to record has acceleration 0.
func (q Quantity) Measure(records []trainer.EpochRecord, layer string) trainer.Number {
	if !q.Acceleration {
		return q.at(records, q.Epoch, layer)
	}
	for _, step := range []float64{1, 0.25} {
		x1, x2, x3 := q.at(records, q.Epoch-2*step, layer), q.at(records, q.Epoch-step, layer), q.at(records, q.Epoch, layer)
		if q.Epoch-2*step <= 0 || !(x1 + x2 + x3).Known() {
			continue
		}
		if x1 >= x2 || x2 >= x3 {
			return 0
		}
		return 3 * (x3 - 2*x2 + x1) / (x1 + x2 + x3)
	}
	return trainer.Missing
}

// at returns the plain statistic at the record of the epoch.
func (q Quantity) at(records []trainer.EpochRecord, epoch float64, layer string) trainer.Number {
	for _, r := range records {
		for _, l := range r.Layers {
			if r.Epoch == epoch && l.Layer == layer {
				return q.Statistic.At(&l)
			}
		}
	}
	return trainer.Missing
}
