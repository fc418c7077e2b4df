package features

import (
	"math"

	"probewise/advisor/knob"
	"probewise/trainer"
)

// Column is a property of a net that settings of knobs change.
type Column struct {
	Name  string
	Value float64
}

// Net describes a net by what the knobs change. Sizes are natural logarithms, rates and penalties decimal ones;
// shares are of the hidden layers with weights.
func Net(a trainer.Architecture) []Column {
	var all []Column
	add := func(name string, value float64) { all = append(all, Column{name, value}) }
	ofTraining(a, add)
	ofLayers(a, add)
	ofShape(a, add)
	return all
}

func ofTraining(a trainer.Architecture, add func(string, float64)) {
	t := a.Training
	o := t.Optimizer
	relative := RateOff(a)
	add("rate", relative)
	add("rate_off", math.Abs(relative))
	add("rate_off_squared", relative*relative)
	add("sgd", flag(o.Type == trainer.SGD))
	add("plain_sgd", flag(o.Type == trainer.SGD && o.Momentum == 0))
	add("rmsprop", flag(o.Type == trainer.RMSprop))
	add("adamw", flag(o.Type == trainer.AdamW))
	add("cosine", flag(t.Schedule.Type == trainer.Cosine))
	add("step_schedule", flag(t.Schedule.Type == trainer.StepDown))
	add("warmup", t.Schedule.Warmup)
	add("clipped", flag(t.ClipNorm > 0))
	add("batch", math.Log(float64(t.BatchSize)))
	add("flip", flag(t.Augment.Flip))
	add("crop", float64(t.Augment.Crop))
}

// RateOff is how many decades the learning rate is off what is usual.
func RateOff(a trainer.Architecture) float64 {
	return math.Log10(a.Training.Optimizer.LearningRate / knob.UsualRate(a))
}

func ofLayers(a trainer.Architecture, add func(string, float64)) {
	blocks := trainer.Blocks(&a)
	hidden := blocks[:max(len(blocks)-1, 0)]
	n := math.Max(float64(len(hidden)), 1)
	var l1, l2, norm, normLower, saturating, elu, rectified, he, kernel, convs float64
	for i, b := range hidden {
		l := b.Layer()
		l1, l2 = max(l1, l.L1), max(l2, l.L2)
		if b.PathBatchNorm() {
			norm += 1 / n
			if !trainer.InUpperHalf(i, len(hidden)) {
				normLower += 1 / n
			}
		}
		switch b.PathActivation() {
		case trainer.Sigmoid, trainer.Tanh, trainer.Softmax:
			saturating += 1 / n
		case trainer.ELU, trainer.SELU, trainer.LeakyReLU:
			elu += 1 / n
		case trainer.ReLU:
			rectified += 1 / n
		}
		he += flag(l.Initializer == trainer.HeUniform || l.Initializer == trainer.HeNormal) / n
		if l.Type == trainer.Conv {
			kernel += float64(l.Kernel[0] + l.Kernel[1])
			convs++
		}
	}
	convDrop, denseDrop := meanDropouts(a)
	add("l1", math.Log10(l1+1e-7))
	add("l2", math.Log10(l2+1e-6))
	add("decay", math.Log10(a.Training.Optimizer.WeightDecay+1e-6))
	add("conv_dropout", convDrop)
	add("dense_dropout", denseDrop)
	add("batch_norm", norm)
	add("batch_norm_lower", normLower)
	add("saturating", saturating)
	add("elu", elu)
	add("rectified", rectified)
	add("he", he)
	add("kernel", kernel/math.Max(2*convs, 1))
}

// meanDropouts returns the mean rate of dropout over conv layers and over hidden dense layers.
func meanDropouts(a trainer.Architecture) (conv, dense float64) {
	var convs, denses float64
	flat := false
	for l := range a.All() {
		switch {
		case l.Type == trainer.Flatten || l.Type == trainer.GlobalAvgPool || l.Type == trainer.GlobalMaxPool:
			flat = true
		case l.Type == trainer.Conv:
			convs++
		case l.Type == trainer.Dense:
			flat = true
			denses++
		case l.IsDropout() && flat:
			dense += l.Rate
		case l.IsDropout():
			conv += l.Rate
		}
	}
	return conv / math.Max(convs, 1), dense / math.Max(denses, 1) // the last dense layer may have dropout before it
}

func ofShape(a trainer.Architecture, add func(string, float64)) {
	cost := a.Cost()
	add("input", InputSize(a))
	add("parameters", math.Log(float64(cost.Parameters)))
	add("multiply_adds", math.Log(float64(cost.MultiplyAdds)))
	shapes, err := a.Shapes()
	if err != nil {
		return // of a net that was never validated
	}
	var convs, dense, pools, strides, residuals, global float64
	filters, units := math.NaN(), math.NaN()
	first, narrowest, narrowestUnits := math.NaN(), math.Inf(1), math.Inf(1)
	head := math.NaN() // values that the first dense layer gets
	before := 0.0      // units of the dense layer before
	i := 0
	in := a.Input[0] * a.Input[1] * a.Input[2]
	for l := range a.All() {
		switch l.Type {
		case trainer.Conv:
			filters = float64(l.Filters)
			if convs == 0 {
				first = filters
			}
			convs++
			narrowest = min(narrowest, filters)
			strides += flag(l.Stride != [2]int{1, 1})
		case trainer.Dense:
			if dense == 0 {
				head = float64(in)
			} else { // the last one is the output
				units = before
				narrowestUnits = min(narrowestUnits, units)
			}
			dense++
			before = float64(l.Units)
		case trainer.MaxPool, trainer.AvgPool:
			pools++
		case trainer.GlobalAvgPool, trainer.GlobalMaxPool:
			global = 1
		case trainer.Residual:
			residuals++
		}
		in = shapes[i].Len()
		i++
	}
	if math.IsInf(narrowestUnits, 1) {
		narrowestUnits = math.NaN()
	}
	if math.IsInf(narrowest, 1) {
		narrowest = math.NaN()
	}
	add("convs", convs)
	add("dense_layers", dense-1)
	add("pools", pools+strides)
	add("global_head", global)
	add("residuals", residuals)
	add("first_filters", math.Log(first))
	add("last_filters", math.Log(filters))
	add("narrowest_filters", math.Log(narrowest))
	add("last_units", math.Log(units))
	add("narrowest_units", math.Log(narrowestUnits))
	add("head", math.Log(head))
}

// InputSize is the logarithm of the number of values of an image.
func InputSize(a trainer.Architecture) float64 {
	return math.Log(float64(a.Input[0] * a.Input[1] * a.Input[2]))
}

// twice are columns of Net that addSizes, addRegularisers and addTraining have in one form or another.
var twice = map[string]bool{"sgd": true, "rmsprop": true, "clipped": true, "batch": true, "l1": true, "l2": true,
	"conv_dropout": true, "dense_dropout": true, "batch_norm": true, "rectified": true, "he": true, "input": true,
	"parameters": true, "multiply_adds": true, "convs": true, "dense_layers": true, "pools": true, "first_filters": true,
	"last_filters": true, "narrowest_units": true}

// addNet adds what else knobs change.
func (v *Vector) addNet(a trainer.Architecture) {
	for _, c := range Net(a) {
		if !twice[c.Name] {
			v.add(c.Name, c.Value)
		}
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
