package advisor

import "probewise/trainer"

// DeadUnits is the statistic of activations that counts dead units.
const DeadUnits = "dead_units"

// Name returns the statistic's name in diagnoses: "weight_variance", "activation_variance_acceleration".
func (q Quantity) Name() string {
	name := q.Statistic
	if q.Statistic != DeadUnits {
		name = map[string]string{"weights": "weight_", "gradients": "gradient_", "activations": "activation_"}[q.Of] + name
	}
	if q.Acceleration {
		name += "_acceleration"
	}
	return name
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
				return q.of(l)
			}
		}
	}
	return trainer.Missing
}

func (q Quantity) of(l trainer.LayerStatistics) trainer.Number {
	if q.Of == "activations" && q.Statistic == DeadUnits {
		return l.DeadUnits
	}
	var s trainer.Statistics
	switch q.Of {
	case "weights":
		s = l.Weights
	case "gradients":
		s = l.Gradients
	case "activations":
		s = l.Activations
	default:
		return trainer.Missing
	}
	switch q.Statistic {
	case "mean":
		return s.Mean
	case "variance":
		return s.Variance
	case "max_abs":
		return s.MaxAbs
	case "share_below":
		return s.ShareBelow
	case "share_zero":
		return s.ShareZero
	case "l2_norm":
		return s.L2Norm
	}
	return trainer.Missing
}
