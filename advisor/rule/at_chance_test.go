package rule

import (
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func atChanceFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	sigmoid := parse(t, saturating, "")
	threshold := 0.1 + 2*math.Sqrt(0.1*0.9/1000) // 0.119
	guessing := func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.1, 0.11 }
	weights := func(factor trainer.Number) change {
		return func(r *trainer.EpochRecord) {
			for i := range r.Layers {
				if r.Layers[i].Weights.L2Norm = 4; r.Epoch > 0 {
					r.Layers[i].Weights.L2Norm *= factor
				}
			}
		}
	}
	uneven := []int{470, 100, 90, 80, 70, 60, 50, 40, 20, 20}
	always := []int{470, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	rareOnes := func(r *trainer.EpochRecord) { // 200 of the largest and half of the others
		confusion := make([]int, 100)
		confusion[0], confusion[1] = 200, 270
		for class := 1; class < 10; class++ {
			confusion[11*class] = uneven[class] / 2
			confusion[10*class] = uneven[class] - uneven[class]/2
		}
		r.ValidationByClass, r.ValidationAccuracy = trainer.NewClassScores(confusion, uneven), 0.465
	}
	noTraining := func(share trainer.Number) change {
		return func(r *trainer.EpochRecord) { r.TrainAccuracy = share }
	}
	const he = "Initialise conv1, conv2 and dense1 after He | conv1.Initializer glorot_uniform→he_uniform, " +
		"conv2.Initializer glorot_uniform→he_uniform, dense1.Initializer glorot_uniform→he_uniform"
	diverged := probed(t, plain, guessing)
	diverged.Outcome.Diverged = true
	found := []want{{"", "validation_accuracy", 0.11, threshold, null, 3, advisor.High}}
	return []fixture{
		{"at-chance", "weights have grown", probed(t, plain, guessing, weights(2.5)), found,
			[]string{he, "Lower the learning rate to 0.0001 | Training.Optimizer.LearningRate 0.001→0.0001"}},
		{"at-chance", "weights have hardly moved", probed(t, plain, guessing, weights(1.005)), found,
			[]string{he, "Raise the learning rate to 0.01 | Training.Optimizer.LearningRate 0.001→0.01"}},
		{"at-chance", "weights do not tell", probed(t, plain, guessing, weights(1.2)), found, []string{he}},
		{"at-chance", "rate above the usual",
			probed(t, parse(t, plainLayers, `"optimizer":{"type":"sgd","learning_rate":0.5}`), guessing, weights(1.2)), found,
			[]string{he, "Lower the learning rate to 0.05 | Training.Optimizer.LearningRate 0.5→0.05"}},
		{"at-chance", "sigmoid under a heavy penalty",
			probed(t,
				parse(t,
					`{"type":"flatten"},{"type":"dense","units":32,"activation":"sigmoid","l1":0.1,"l2":0.002},
						{"type":"dense","units":10}`, ""), guessing, weights(0.5)), found,
			[]string{"Use relu in dense1, initialised after He | dense1.Initializer glorot_uniform→he_uniform, " +
				"dense1.Activation sigmoid→relu",
				"Lower L1 and L2 to at most 0.0001 | dense1.L1 0.1→0.0001, dense1.L2 0.002→0.0001"}},
		{"at-chance", "the largest class always", probed(t, plain, told(uneven, always), weights(1.2), noTraining(0.47)),
			[]want{{"", "validation_accuracy", 0.47, 0.47 + 2*math.Sqrt(0.47*0.53/1000), null, 3, advisor.High}}, []string{he}},
		{"at-chance", "rare classes are told at the cost of the largest",
			probed(t, plain, rareOnes, weights(1.2), noTraining(0.47)), nil, nil},
		{"at-chance", "above the noise",
			probed(t, plain, guessing, at(3, func(r *trainer.EpochRecord) { r.ValidationAccuracy = 0.12 })), nil, nil},
		{"at-chance", "batch norm lags in validation",
			probed(t, plain, guessing, at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy = 0.6 })), nil, nil},
		{"at-chance", "before the first epoch ends", stopped(probed(t, sigmoid, guessing), 0.75), nil, nil},
		{"at-chance", "diverged", diverged, nil, nil},
	}
}
