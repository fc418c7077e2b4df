package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func vanishingGradientFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	sigmoid := parse(t, saturating, "")
	gradients := func(scale, norm trainer.Number) func(float64, *trainer.LayerStatistics) {
		return func(_ float64, l *trainer.LayerStatistics) {
			l.Gradients = trainer.Statistics{Variance: scale * scale, MaxAbs: 4 * scale, L2Norm: norm}
		}
	}
	const (
		heAll = "Initialise conv1, conv2 and dense1 after He | conv1.Initializer glorot_uniform→he_uniform, " +
			"conv2.Initializer glorot_uniform→he_uniform, dense1.Initializer glorot_uniform→he_uniform"
		normed = "Add batch norm to conv2 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001"
	)
	return []fixture{
		{"vanishing-gradient", "small everywhere", probed(t, sigmoid, of("conv1", gradients(5e-8, 4e-7))),
			[]want{{"conv1", "gradient_rms", 5e-8, 1e-7, null, 3, advisor.High}},
			[]string{"Use relu in conv1, dense1 and dense2, initialised after He | conv1.Initializer " +
				"glorot_uniform→he_uniform, conv1.Activation sigmoid→relu, dense1.Initializer glorot_normal→he_normal, " +
				"activation1.Activation tanh→relu, dense2.Initializer glorot_uniform→he_uniform, dense2.Activation sigmoid→relu",
				"Add batch norm to dense1 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"vanishing-gradient", "ratio",
			probed(t, plain, of("conv1", gradients(5e-7, 5e-6)), of("dense2", gradients(1e-3, 0.01))),
			[]want{{"conv1", "gradient_norm_ratio", 5e-4, 1e-3, null, 3, advisor.High}}, []string{heAll, normed}},
		{"vanishing-gradient", "ratio small, gradients are not",
			probed(t, plain, of("conv1", gradients(1e-4, 2e-4)), of("dense2", gradients(1, 0.5))), nil, nil},
		{"vanishing-gradient", "small because all is learnt",
			probed(t, plain, of("conv1", gradients(5e-8, 4e-7)),
				at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy = 0.995 })), nil, nil},
		{"vanishing-gradient", "just above",
			probed(t, plain, of("conv1", gradients(1.1e-7, 1e-6)), of("dense2", gradients(1e-4, 5e-4))), nil, nil},
	}
}
