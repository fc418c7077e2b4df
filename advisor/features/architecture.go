package features

import (
	"math"

	"probewise/trainer"
)

// addSizes adds depth, widths, ladders and cost.
func (v *Vector) addSizes(a trainer.Architecture, cost trainer.Cost, all []block) {
	var filters, units []float64 // of conv layers, and of dense layers but the last
	var pools, largest float64
	var denseParameters int64
	for _, b := range all {
		if b.Layer().Type == trainer.Conv {
			filters = append(filters, float64(b.Layer().Filters))
			continue
		}
		units = append(units, float64(b.Layer().Units))
		denseParameters += b.parameters
		largest = max(largest, float64(b.parameters))
	}
	for l := range a.All() {
		if l.Type == trainer.MaxPool || l.Type == trainer.AvgPool {
			pools++
		}
	}
	if len(units) > 0 {
		units = units[:len(units)-1]
	}
	v.add("log_parameters", math.Log(float64(cost.Parameters)))
	v.add("log_multiply_adds", math.Log(float64(cost.MultiplyAdds)))
	v.add("flops_per_parameter", math.Log(float64(cost.TrainingFLOPs)/float64(cost.Parameters)))
	v.add("conv_layers", float64(len(filters)))
	v.add("dense_layers", float64(len(units)+1))
	v.add("pools", pools)
	v.add("dense_share", float64(denseParameters)/float64(cost.Parameters))
	v.add("largest_dense_share", largest/float64(cost.Parameters))
	v.add("log_first_filters", math.Log(first(filters)))
	v.add("log_last_filters", math.Log(last(filters)))
	v.add("filter_ladder", math.Log(last(filters)/first(filters)))
	v.add("log_first_units", math.Log(first(units)))
	v.add("log_narrowest_units", math.Log(smallest(units)))
	v.add("unit_ladder", math.Log(last(units)/first(units)))
}

// addRegularisers adds dropout, penalties, batch norm, activations and initialisers.
func (v *Vector) addRegularisers(a trainer.Architecture, all []block) {
	dropConv, dropDense := dropouts(a)
	var l1, l2, normed, normedHigh, high, rectified, he float64
	total := float64(len(all))
	for i, b := range all {
		l1, l2 = max(l1, b.Layer().L1), max(l2, b.Layer().L2)
		higher := trainer.InUpperHalf(i, len(all))
		if higher {
			high++
		}
		if b.PathBatchNorm() {
			normed++
			if higher {
				normedHigh++
			}
		}
		if b.rectified() {
			rectified++
		}
		if b.Layer().Initializer == trainer.HeNormal || b.Layer().Initializer == trainer.HeUniform {
			he++
		}
	}
	v.add("dropout_conv", dropConv)
	v.add("dropout_dense", dropDense)
	v.add("log_l1", math.Log10(l1+1e-7))
	v.add("log_l2", math.Log10(l2+1e-6))
	v.add("batch_norm_share", normed/total)
	v.add("batch_norm_share_higher", normedHigh/max(high, 1))
	v.add("rectified_share", rectified/total)
	v.add("he_share", he/total)
}

// dropouts returns the highest dropout rates before and after the first flatten or dense layer.
func dropouts(a trainer.Architecture) (conv, dense float64) {
	flat := false
	for l := range a.All() {
		switch l.Type {
		case trainer.Dense, trainer.Flatten:
			flat = true
		case trainer.Dropout, trainer.SpatialDropout:
			if flat {
				dense = max(dense, l.Rate)
			} else {
				conv = max(conv, l.Rate)
			}
		}
	}
	return conv, dense
}

func (v *Vector) addTraining(t trainer.Training) {
	o := t.Optimizer
	v.add("log_learning_rate", math.Log10(o.LearningRate))
	v.add("adaptive", flag(o.Type != trainer.SGD))
	v.add("rmsprop", flag(o.Type == trainer.RMSprop))
	v.add("momentum", o.Momentum)
	v.add("log_batch_size", math.Log2(float64(t.BatchSize)))
	v.add("decaying_rate", flag(t.Schedule.Type != trainer.Constant))
	v.add("clipped", flag(t.ClipNorm > 0))
}

func first(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return x[0]
}

func last(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return x[len(x)-1]
}

func smallest(x []float64) float64 {
	low := math.NaN()
	for _, v := range x {
		if math.IsNaN(low) || v < low {
			low = v
		}
	}
	return low
}
