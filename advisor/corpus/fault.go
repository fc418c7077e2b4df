package corpus

import (
	"math/rand/v2"
	"slices"

	"probewise/trainer"
)

// faults are mistakes that users' nets have and that Sample seldom or never draws.
var faults = []func(*rand.Rand, *trainer.Architecture){
	wrongRate, wrongRate, wrongRate, // the commonest
	plainSGD,
	heavyDropout,
	heavyPenalty,
	largeBatch,
	saturating,
	bottleneck,
	fewFilters,
	descending,
	manyDense,
	noPools,
}

func wrongRate(r *rand.Rand, a *trainer.Architecture) {
	usual := map[trainer.OptimizerType]float64{trainer.SGD: 0.05}[a.Training.Optimizer.Type]
	if usual == 0 {
		usual = 1e-3
	}
	a.Training.Optimizer.LearningRate = digits(usual*pick(r, 0.01, 0.03, 0.1, 0.1, 5, 10, 20), 2)
}

func plainSGD(r *rand.Rand, a *trainer.Architecture) {
	a.Training.Optimizer = trainer.Optimizer{Type: trainer.SGD, LearningRate: logUniform(r, 5e-4, 2e-2)}
}

// heavyDropout puts dropout after each hidden layer, in place of what there is.
func heavyDropout(r *rand.Rand, a *trainer.Architecture) {
	rate := pick(r, 0.4, 0.5, 0.6, 0.7)
	var layers []trainer.Layer
	for i, l := range a.Layers {
		if l.IsDropout() {
			continue
		}
		layers = append(layers, l)
		if l.HasWeights() && i < len(a.Layers)-1 {
			layers = append(layers, trainer.Layer{Type: trainer.Dropout, Rate: rate})
		}
	}
	a.Layers = layers
}

func heavyPenalty(r *rand.Rand, a *trainer.Architecture) {
	l2 := logUniform(r, 5e-3, 5e-2)
	eachHidden(a, func(l *trainer.Layer) { l.L2 = l2 })
}

func largeBatch(r *rand.Rand, a *trainer.Architecture) { a.Training.BatchSize = pick(r, 256, 512) }

func saturating(r *rand.Rand, a *trainer.Architecture) {
	to := pick(r, trainer.Sigmoid, trainer.Tanh)
	eachHidden(a, func(l *trainer.Layer) { l.Activation, l.NegativeSlope = to, 0 })
}

// bottleneck puts a dense layer of few units before the last.
func bottleneck(r *rand.Rand, a *trainer.Architecture) {
	narrow := trainer.Layer{
		Type:        trainer.Dense,
		Units:       2 + r.IntN(5),
		Bias:        true,
		Activation:  trainer.ReLU,
		Initializer: trainer.GlorotUniform,
	}
	a.Layers = slices.Insert(a.Layers, len(a.Layers)-1, narrow)
}

func fewFilters(r *rand.Rand, a *trainer.Architecture) {
	filters := 2 + r.IntN(4)
	eachHidden(a, func(l *trainer.Layer) {
		if l.Type == trainer.Conv {
			l.Filters = filters
		}
	})
}

// descending turns the order of the filters round.
func descending(_ *rand.Rand, a *trainer.Architecture) {
	var filters []int
	for _, l := range a.Layers {
		if l.Type == trainer.Conv {
			filters = append(filters, l.Filters)
		}
	}
	slices.Sort(filters)
	for i := range a.Layers {
		if l := &a.Layers[i]; l.Type == trainer.Conv {
			l.Filters, filters = filters[len(filters)-1], filters[:len(filters)-1]
		}
	}
}

func manyDense(r *rand.Rand, a *trainer.Architecture) {
	l := trainer.Layer{
		Type:        trainer.Dense,
		Units:       pick(r, 32, 64, 128, 256),
		Bias:        true,
		Activation:  trainer.ReLU,
		Initializer: trainer.GlorotUniform,
	}
	for range 2 + r.IntN(3) {
		a.Layers = slices.Insert(a.Layers, len(a.Layers)-1, l)
	}
}

// noPools takes the pools but the global one out.
func noPools(_ *rand.Rand, a *trainer.Architecture) {
	a.Layers = slices.DeleteFunc(a.Layers, func(l trainer.Layer) bool { return l.Type == trainer.MaxPool })
}

// eachHidden changes the layers with weights but the last.
func eachHidden(a *trainer.Architecture, change func(*trainer.Layer)) {
	for i := range a.Layers[:len(a.Layers)-1] {
		if l := &a.Layers[i]; l.HasWeights() {
			change(l)
		}
	}
}
