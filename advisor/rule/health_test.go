package rule

import (
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

const (
	plainLayers = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":16,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"activation":"relu"},{"type":"dense","units":10,"activation":"softmax"}`
	// saturating has an activation as a layer of its own.
	saturating = `{"type":"conv","filters":8,"kernel":3,"activation":"sigmoid"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"initializer":"glorot_normal"},{"type":"activation","activation":"tanh"},
		{"type":"dense","units":32,"activation":"sigmoid","l2":0.001},{"type":"dense","units":10,"activation":"softmax"}`
)

func healthFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	fast := parse(t, plainLayers, `"clip_norm":0.5,"optimizer":{"type":"sgd","learning_rate":1}`)
	sigmoid := parse(t, saturating, "")
	he := parse(
		t, `{"type":"conv","filters":8,"kernel":3,"activation":"elu","initializer":"he_normal"},{"type":"flatten"},{"type":"dense","units":10}`, "")
	top := 1.5 * math.Log(10)

	broken := probed(t, plain)
	broken.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: 2}
	broken = stopped(broken, 1.25)
	early := probed(t, he)
	early.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: 1}
	early.Records = nil

	gradients := func(scale, norm trainer.Number) func(float64, *trainer.LayerStatistics) {
		return func(_ float64, l *trainer.LayerStatistics) {
			l.Gradients = trainer.Statistics{Variance: scale * scale, MaxAbs: 4 * scale, L2Norm: norm}
		}
	}
	dead := func(share trainer.Number) func(float64, *trainer.LayerStatistics) {
		return func(_ float64, l *trainer.LayerStatistics) { l.DeadUnits = share }
	}
	const (
		heAll = "Initialise conv1, conv2 and dense1 after He | conv1.Initializer glorot_uniform→he_uniform, " +
			"conv2.Initializer glorot_uniform→he_uniform, dense1.Initializer glorot_uniform→he_uniform"
		calm = "Lower the learning rate to 0.0003 and clip gradients at norm 1 | Training.Optimizer.LearningRate " +
			"0.001→0.0003, Training.ClipNorm 0→1"
		normed = "Add batch norm to conv2 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001"
	)
	all := []fixture{
		{"diverged", "outcome", broken, []want{{"", "train_loss", null, top, null, 2, advisor.High}}, []string{calm, heAll}},
		{"diverged", "before any record, initialised after He", early,
			[]want{{"", "train_loss", null, top, null, 1, advisor.High}}, []string{calm}},
		{"diverged", "loss", probed(t, fast, at(3, func(r *trainer.EpochRecord) { r.TrainLoss = 3.5 })),
			[]want{{"", "train_loss", 3.5, top, null, 3, advisor.High}},
			[]string{"Lower the learning rate to 0.3 and clip gradients at norm 1 | Training.Optimizer.LearningRate 1→0.3",
				heAll}},
		{"diverged", "loss below 1.5·ln 10", probed(t, plain, at(3, func(r *trainer.EpochRecord) { r.TrainLoss = 3.4 })), nil,
			nil},
		{"diverged", "loss high only in the first quarters",
			stopped(probed(t, plain, at(0.75, func(r *trainer.EpochRecord) { r.TrainLoss = 5 })), 0.75), nil, nil},
		{"diverged", "no probe", untrained(t, plain), nil, nil},

		{"vanishing-gradient", "small everywhere", probed(t, sigmoid, of("conv1", gradients(5e-8, 4e-7))),
			[]want{{"conv1", "gradient_rms", 5e-8, 1e-7, null, 3, advisor.High}},
			[]string{"Use relu in conv1, dense1 and dense2, initialised after He | conv1.Initializer " +
				"glorot_uniform→he_uniform, conv1.Activation sigmoid→relu, " +
				"dense1.Initializer glorot_normal→he_normal, activation1.Activation tanh→relu, dense2.Initializer " +
				"glorot_uniform→he_uniform, dense2.Activation sigmoid→relu",
				"Add batch norm to dense1 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"vanishing-gradient", "ratio",
			probed(t, plain, of("conv1", gradients(5e-7, 5e-6)), of("dense2", gradients(1e-3, 0.01))),
			[]want{{"conv1", "gradient_norm_ratio", 5e-4, 1e-3, null, 3, advisor.High}}, []string{heAll, normed}},
		{"vanishing-gradient", "ratio small, gradients are not",
			probed(t, plain, of("conv1", gradients(1e-4, 2e-4)), of("dense2", gradients(1, 0.5))), nil, nil},
		{"vanishing-gradient", "small because all is learnt", probed(t, plain, of("conv1", gradients(5e-8, 4e-7)),
			at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy = 0.995 })), nil, nil},
		{"vanishing-gradient", "just above",
			probed(t, plain, of("conv1", gradients(1.1e-7, 1e-6)), of("dense2", gradients(1e-4, 5e-4))), nil, nil},

		{"exploding-gradient", "maximum", probed(t, plain, of("conv2", gradients(5000, 9000))),
			[]want{{"conv2", "gradient_max_abs", 2e4, 1e4, null, 3, advisor.High}}, []string{calm, normed}},
		{"exploding-gradient", "maximum among past runs", among(probed(t, plain, of("conv2", gradients(5000, 9000))),
			past{40, map[string][]float64{"gradient_max_abs conv-middle 3": evenly(10)}}),
			[]want{{"conv2", "gradient_max_abs", 2e4, 1e4, 100, 3, advisor.High}}, []string{calm, normed}},
		{"exploding-gradient", "ratio", probed(t, plain, of("conv1", gradients(1, 40))),
			[]want{{"conv1", "gradient_norm_ratio", 80, 70, null, 3, advisor.High}}, []string{calm, normed}},
		{"exploding-gradient", "ratio below 70", probed(t, plain, of("conv1", gradients(1, 34))), nil, nil},
		{"exploding-gradient", "maximum below 1e4", probed(t, plain, of("conv2", gradients(2400, 30))), nil, nil},
		{"exploding-gradient", "only at initialisation", probed(t, plain, at(0, of("conv2", gradients(1e6, 30)))), nil, nil},

		{"dead-relu", "lower layer", probed(t, plain, of("conv1", dead(0.625))),
			[]want{{"conv1", "dead_units", 0.625, 0.5, null, 3, advisor.High}},
			[]string{"Use leaky_relu with slope 0.1 in conv1, initialised after He | conv1.Initializer " +
				"glorot_uniform→he_uniform, conv1.Activation relu→leaky_relu, conv1.NegativeSlope 0→0.1",
				"Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"}},
		{"dead-relu", "higher layer among past runs", among(probed(t, plain, of("dense1", dead(0.75))),
			past{40, map[string][]float64{"dead_units dense-higher 3": evenly(1)}}),
			[]want{{"dense1", "dead_units", 0.75, 0.5, 75, 3, advisor.Medium}},
			[]string{"Use leaky_relu with slope 0.1 in dense1, initialised after He | dense1.Initializer " +
				"glorot_uniform→he_uniform, dense1.Activation relu→leaky_relu, dense1.NegativeSlope 0→0.1",
				"Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"}},
		{"dead-relu", "half is not more than half", probed(t, plain, of("conv1", dead(0.5))), nil, nil},
		{"dead-relu", "zeros of another activation", probed(t, sigmoid, of("conv1", dead(1))), nil, nil},
		{"dead-relu", "unknown", probed(t, plain, of("conv1", dead(trainer.Missing))), nil, nil},
	}
	return append(all, chanceFixtures(t)...)
}

func chanceFixtures(t *testing.T) []fixture {
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
			probed(
				t, parse(
					t, `{"type":"flatten"},{"type":"dense","units":32,"activation":"sigmoid","l1":0.1,"l2":0.002},{"type":"dense","units":10}`, ""), guessing, weights(0.5)), found,
			[]string{"Use relu in dense1, initialised after He | dense1.Initializer glorot_uniform→he_uniform, " +
				"dense1.Activation sigmoid→relu",
				"Lower L1 and L2 to at most 0.001 | dense1.L1 0.1→0.001, dense1.L2 0.002→0.001"}},
		{"at-chance", "above the noise",
			probed(t, plain, guessing, at(3, func(r *trainer.EpochRecord) { r.ValidationAccuracy = 0.12 })), nil, nil},
		{"at-chance", "batch norm lags in validation",
			probed(t, plain, guessing, at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy = 0.6 })), nil, nil},
		{"at-chance", "before the first epoch ends", stopped(probed(t, sigmoid, guessing), 0.75), nil, nil},
		{"at-chance", "diverged", diverged, nil, nil},
	}
}
